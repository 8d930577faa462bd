import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const CHUNK = Buffer.alloc(1024 * 1024);

/** A separate file system in memory; needs Linux and root. */
export class SmallDisk {
  readonly folder: string;
  readonly #filler: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#filler = join(folder, "filler");
  }

  /** Null: this machine does not let us mount anything. */
  static async mount(folder: string, mebibytes: number): Promise<SmallDisk | null> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
    await mkdir(folder, { recursive: true });
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0755`, "tmpfs", folder]);
    } catch {
      return null; // a container without the right to mount
    }
    return new SmallDisk(folder);
  }

  /** Fills the disk to the last byte. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, "a");
    try {
      for (const chunk of [CHUNK, CHUNK.subarray(0, 4096)]) await writeUntilFull(file, chunk);
    } finally {
      await file.close();
    }
  }

  free(): Promise<void> {
    return rm(this.#filler, { force: true });
  }

  async remount(option: "ro" | "rw"): Promise<void> {
    await run("mount", ["-o", `remount,${option}`, this.folder]);
  }

  async unmount(): Promise<void> {
    await run("umount", ["-l", this.folder]);
  }
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, chunk: Buffer): Promise<void> {
  try {
    for (;;) if ((await file.write(chunk)).bytesWritten < chunk.length) return;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}
