import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import { isAlive, startStamp } from "../../edges/store/embedded/postmaster.ts";

/** A process, distinguished from a later one with the same pid by its start time; see {@link startStamp}. */
interface ProcessMark {
  readonly pid: number;
  readonly stamp: string;
}

/** The content of the lock file: the supervisor, and the processes it started. */
interface LockContent {
  readonly supervisor: ProcessMark;
  readonly children: readonly ProcessMark[];
}

const FILE = "serve.lock";
/** ms. Processes whose supervisor was killed end by themselves; after this time they are killed. */
const ORPHANS_END_MS = 10_000;
const POLL_MS = 50;

/**
 * Allows one `plugboard serve` per data folder. A lock left by a killed supervisor is taken over once the processes it had
 * started have ended: they hold the sockets and ports that the new ones need.
 */
export class DataFolderLock {
  readonly #file: string;
  readonly #children = new Map<string, ProcessMark>();
  readonly #supervisor: ProcessMark;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, supervisor: ProcessMark) {
    this.#file = file;
    this.#supervisor = supervisor;
  }

  /** Rejects with one sentence if another running `serve` uses the folder. */
  static async take(dataDir: string, log: Log): Promise<DataFolderLock> {
    const file = join(dataDir, FILE);
    const lock = new DataFolderLock(file, await markOf(process.pid));
    for (;;) {
      if (await lock.#claim()) return lock;
      const held = await readLock(file);
      if (held !== null && (await isRunning(held.supervisor)))
        throw new Error(
          `another plugboard serve (process ${held.supervisor.pid}) uses the data folder ${dataDir}: stop it, or name another folder with --data`,
        );
      await endOrphans(held?.children ?? [], log);
      await discard(file);
    }
  }

  /** Records a process started by the supervisor, replacing the earlier one with this name. */
  async started(name: string, pid: number): Promise<void> {
    this.#children.set(name, await markOf(pid));
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async release(): Promise<void> {
    await this.#writing;
    await rm(this.#file, { force: true });
  }

  /** False: another process holds the lock, or held it and was killed. */
  async #claim(): Promise<boolean> {
    const own = `${this.#file}.${process.pid}`;
    try {
      await writeFile(own, this.#content(), { mode: 0o600 });
      await link(own, this.#file);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(own, { force: true });
    }
  }

  async #write(): Promise<void> {
    const next = `${this.#file}.${process.pid}`;
    await writeFile(next, this.#content(), { mode: 0o600 });
    await rename(next, this.#file);
  }

  #content(): string {
    const content: LockContent = { supervisor: this.#supervisor, children: [...this.#children.values()] };
    return JSON.stringify(content);
  }
}

async function markOf(pid: number): Promise<ProcessMark> {
  return { pid, stamp: await startStamp(pid) };
}

async function isRunning({ pid, stamp }: ProcessMark): Promise<boolean> {
  return isAlive(pid) && (await startStamp(pid)) === stamp;
}

/** Null: the lock is missing or half-written, so no process can own it. */
async function readLock(file: string): Promise<LockContent | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as LockContent;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Renames it first, so that if two processes find the same stale lock, only one removes it. */
async function discard(file: string): Promise<void> {
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  await rm(aside, { force: true });
}

async function endOrphans(children: readonly ProcessMark[], log: Log): Promise<void> {
  const deadline = performance.now() + ORPHANS_END_MS;
  let left = children;
  for (let waited = false; ; waited = true) {
    const running = await Promise.all(left.map(isRunning));
    left = left.filter((_, index) => running[index]);
    if (left.length === 0) return;
    if (!waited) log.warn({ pids: left.map(({ pid }) => pid) }, "processes of a killed supervisor are still ending");
    if (performance.now() >= deadline) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  log.error({ pids: left.map(({ pid }) => pid) }, "processes of a killed supervisor did not end and are killed");
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
