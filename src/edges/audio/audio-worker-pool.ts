import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { err } from "../../base/result.ts";
import { FairQueue } from "../http-client/fair-queue.ts";
import type { AudioJob, AudioProcessor, AudioResult } from "./audio-worker.ts";
import { AudioWorker } from "./audio-worker.ts";

/** Threads, and how many of them one account may have: one job may take a minute, and others must not wait for it. */
const THREADS = 2;
const PER_ACCOUNT = 1;
/** Jobs that may wait; any more would finish too late for their calls. */
const WAITING = 256;
const WAITING_PER_ACCOUNT = 64;

/** Several threads that share the jobs of all accounts fairly. */
export class AudioWorkerPool implements AudioProcessor {
  readonly #idle: AudioWorker[];
  readonly #workers: readonly AudioWorker[];
  readonly #queue: FairQueue;

  constructor(options: { readonly clock: Clock; readonly log: Log }) {
    this.#workers = Array.from({ length: THREADS }, () => new AudioWorker(options));
    this.#idle = [...this.#workers];
    this.#queue = new FairQueue(options.clock, {
      atOnce: THREADS,
      perAccount: PER_ACCOUNT,
      waiting: WAITING,
      waitingPerAccount: WAITING_PER_ACCOUNT,
    });
  }

  async process(job: AudioJob, account: string): Promise<AudioResult> {
    const result = await this.#queue.run({ account }, () => this.#run(job));
    return result ?? err("cannot be made ready: too much other audio is waiting");
  }

  /** Ends the threads; running and waiting jobs fail. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  async #run(job: AudioJob): Promise<AudioResult> {
    // The one used last has its code loaded; the others may end.
    const worker = this.#idle.pop();
    if (worker === undefined) return err("cannot be made ready: no thread is free");
    try {
      return await worker.process(job);
    } finally {
      this.#idle.push(worker);
    }
  }
}
