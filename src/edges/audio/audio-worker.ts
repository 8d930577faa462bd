import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err } from "../../base/result.ts";

/** Work that takes too long for the event loop. `decode` takes over its bytes: the caller can no longer use them. */
export type AudioJob =
  | { readonly kind: "decode"; readonly file: Uint8Array<ArrayBuffer> }
  /** Spoken by the built-in voice. */
  | { readonly kind: "speak"; readonly text: string };

/** Decodes a file. A buffer that shares its memory with others (small ones do) is copied. */
export function decodeJob(file: Buffer): AudioJob {
  const { buffer, byteOffset, byteLength } = file;
  const alone = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength;
  return { kind: "decode", file: alone ? new Uint8Array(buffer) : new Uint8Array(file) };
}

/** Does jobs. */
export interface AudioProcessor {
  /** `account`: on whose behalf; "": the platform itself. Never rejects. */
  process(job: AudioJob, account: string): Promise<AudioResult>;
}

/** Samples (8 kHz mono), or a predicate that says why there are none. */
export type AudioResult = Result<Int16Array, string>;

export interface AudioWorkerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AudioWorkerLimits>;
}

export interface AudioWorkerLimits {
  /** A job that takes longer is hopeless or hostile (ten minutes of audio take 10 s). */
  readonly workMs: number;
  /** Jobs that may wait; any more would finish too late for their calls. */
  readonly waiting: number;
  /** A thread that is idle for this long is ended, to free its memory (tens of MB). */
  readonly idleMs: number;
}

const LIMITS: AudioWorkerLimits = { workMs: 60_000, waiting: 64, idleMs: 60_000 };
/** Memory for JavaScript objects; samples and WebAssembly are not part of it and are limited by the decoders. */
const HEAP_MB = 256;
/** The sources run as TypeScript in development, and as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

interface Task {
  readonly job: AudioJob;
  settle(result: AudioResult): void;
}

/**
 * Decodes and speaks in a thread of its own, one job after the other, so that calls are not held up. The thread starts
 * with the first job, ends after being idle for a while, and is replaced if it dies or takes too long.
 */
export class AudioWorker implements AudioProcessor {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: AudioWorkerLimits;
  readonly #waiting: Task[] = [];
  #worker: Worker | null = null;
  #current: Task | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor({ clock, log, limits }: AudioWorkerOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = { ...LIMITS, ...limits };
  }

  process(job: AudioJob): Promise<AudioResult> {
    if (this.#closed) return Promise.resolve(err("cannot be made ready: the platform is stopping"));
    if (this.#waiting.length >= this.#limits.waiting)
      return Promise.resolve(err("cannot be made ready: too much other audio is waiting"));
    return new Promise((settle) => {
      this.#waiting.push({ job, settle });
      if (this.#current === null) this.#next();
    });
  }

  /** Ends the thread; running and waiting jobs fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.settle(err("cannot be made ready: the platform is stopping"));
    await this.#terminate("cannot be made ready: the platform is stopping");
  }

  #next(): void {
    this.#timer?.cancel();
    const task = this.#waiting.shift();
    if (task === undefined) {
      this.#timer = this.#clock.after(this.#limits.idleMs, () => void this.#terminate(""));
      return;
    }
    this.#current = task;
    this.#timer = this.#clock.after(this.#limits.workMs, () => {
      this.#log.warn({ kind: task.job.kind }, "audio took too long to be made ready; its thread is replaced");
      void this.#terminate("takes too long to be made ready");
    });
    const worker = (this.#worker ??= this.#spawn());
    const { job } = task;
    worker.postMessage(job, job.kind === "decode" ? [job.file.buffer] : []);
  }

  #spawn(): Worker {
    // Decoders report broken files on standard error, but the error in the result is clearer.
    const worker = new Worker(new URL(`./audio-worker-thread.${ENDING}`, import.meta.url), {
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    worker.on("message", (result: AudioResult) => {
      if (this.#worker === worker) this.#finish(result);
    });
    worker.on("error", (error) => this.#log.error({ err: error }, "the audio thread failed"));
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#finish(err("cannot be decoded"));
    });
    return worker;
  }

  #finish(result: AudioResult): void {
    const task = this.#current;
    if (task === null) return;
    this.#current = null;
    task.settle(result);
    if (!this.#closed) this.#next();
  }

  /** Ends the thread; its current job fails with this predicate. */
  async #terminate(failure: string): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#timer?.cancel();
    this.#finish(err(failure));
    await worker?.terminate();
  }
}
