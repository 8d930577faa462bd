import { statfs } from "node:fs/promises";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";

export interface DiskWatchOptions {
  /** Any folder on the disk. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: asks the system. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

const MIB = 1024 * 1024;
/**
 * Bytes reserved for the rows of live calls: a database without room for its write-ahead log (16 MiB at a time) crashes,
 * and everything waits until there is room again.
 */
const RESERVED_BYTES = 64 * MIB;
/** Bytes free before new calls are taken again: enough room that they don't come back one at a time. */
const ENOUGH_BYTES = 80 * MIB;
/** Bytes. Time for the operator: a platform at its limit fills them in some minutes. */
const SHORT_BYTES = 256 * MIB;
/** ms. A platform at its limit writes a few MiB in this time. */
const LOOK_EVERY_MS = 1000;

/** Watches the free space of a disk, so that new calls are refused before the rows of live ones can't be written. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #isLow = false;
  #isShort = false;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  get isLow(): boolean {
    return this.#isLow;
  }

  /** It soon will be low. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Resolves after the first check. */
  async start(): Promise<void> {
    await this.#look();
    if (!this.#stopped) this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { folder, log, freeBytes = freeBytesOf } = this.#options;
    let free: number;
    try {
      free = await freeBytes(folder);
    } catch (error) {
      // If the file system doesn't say, that is no reason to refuse calls.
      log.debug({ err: error }, "the free space of the data folder is not known");
      free = Number.POSITIVE_INFINITY;
    }
    this.#isShort = free < SHORT_BYTES;
    const isLow = free < (this.#isLow ? ENOUGH_BYTES : RESERVED_BYTES);
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    const freeMiB = Math.floor(free / MIB);
    if (isLow) log.error({ folder, freeMiB }, "the disk of the data folder is nearly full: new calls are refused");
    else log.warn({ folder, freeMiB }, "the disk of the data folder has room again: new calls are taken");
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
