import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import type { Erasures } from "../../edges/store/erasures.ts";

export interface RecordingRemovalOptions {
  readonly store: { readonly erasures: Pick<Erasures, "filesToDelete" | "filesDeleted"> };
  readonly recordingsDir: string;
  readonly clock: Pick<Clock, "elapsed">;
  readonly log: Log;
}

/** Deletes the files of recordings whose rows were deleted. Whatever a crash leaves is deleted by the next run. */
export class RecordingRemoval {
  readonly #options: RecordingRemovalOptions;
  readonly #failures: RepeatedLine;

  constructor(options: RecordingRemovalOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#failures = new RepeatedLine(clock, (fields) => log.error(fields, "a recording could not be deleted"));
  }

  /** Deletes all files that this machine must delete, and returns how many. The next run retries those that can't be deleted. */
  async run(): Promise<number> {
    const { erasures } = this.#options.store;
    for (let count = 0; ;) {
      const files = await erasures.filesToDelete();
      const deleted = await this.#unlinkAll(files);
      await erasures.filesDeleted(deleted);
      count += deleted.length;
      if (deleted.length === 0 || deleted.length < files.length) return count;
    }
  }

  async #unlinkAll(files: readonly string[]): Promise<readonly string[]> {
    const deleted: string[] = [];
    for (const file of files) if (await this.#unlinked(file)) deleted.push(file);
    return deleted;
  }

  /** True: the file no longer exists, or never did. */
  async #unlinked(file: string): Promise<boolean> {
    try {
      await unlink(join(this.#options.recordingsDir, file));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
      this.#failures.note({ err: error, file });
      return false;
    }
  }
}
