import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Result } from "../base/result.ts";
import { err } from "../base/result.ts";

/** Work that takes too long for the event loop. `decode` takes its bytes over: they are gone from the caller. */
export type Work =
  | { readonly kind: "decode"; readonly file: Uint8Array<ArrayBuffer> }
  /** With the built-in voice. */
  | { readonly kind: "speak"; readonly text: string };

/** To decode a file. A buffer that shares its memory with others (small ones do) is copied. */
export function decodeWork(file: Buffer): Work {
  const { buffer, byteOffset, byteLength } = file;
  const alone = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength;
  return { kind: "decode", file: alone ? new Uint8Array(buffer) : new Uint8Array(file) };
}

/** Whoever does such work. */
export interface Maker {
  /** Never rejects. */
  make(work: Work): Promise<Made>;
}

/** Sound of 8 kHz mono, or a predicate that says why there is none. */
export type Made = Result<Int16Array, string>;

export interface WorkshopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<WorkshopLimits>;
}

export interface WorkshopLimits {
  /** One piece of work that takes longer (ten minutes of audio take 10 s) is hopeless or hostile. */
  readonly workMs: number;
  /** Pieces that wait; what comes behind them would come too late for its call. */
  readonly waiting: number;
  /** A thread without work ends after so long: its memory, tens of MB, goes back. */
  readonly idleMs: number;
}

const LIMITS: WorkshopLimits = { workMs: 60_000, waiting: 64, idleMs: 60_000 };
/** Memory for JavaScript's own objects; samples and WebAssembly lie outside of it and are bounded by the decoders. */
const HEAP_MB = 256;
/** Sources run as TypeScript in development, as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

interface Task {
  readonly work: Work;
  settle(made: Made): void;
}

/**
 * Decodes and speaks in a thread of its own, one piece of work after the other, so that calls go on meanwhile. The
 * thread begins with the first piece, ends when it was idle for a while, and is replaced when it died or took too long.
 */
export class Workshop implements Maker {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: WorkshopLimits;
  readonly #waiting: Task[] = [];
  #worker: Worker | null = null;
  #current: Task | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor({ clock, log, limits }: WorkshopOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = { ...LIMITS, ...limits };
  }

  make(work: Work): Promise<Made> {
    if (this.#closed) return Promise.resolve(err("cannot be made ready: the platform is stopping"));
    if (this.#waiting.length >= this.#limits.waiting)
      return Promise.resolve(err("cannot be made ready: too much other audio is waiting"));
    return new Promise((settle) => {
      this.#waiting.push({ work, settle });
      if (this.#current === null) this.#next();
    });
  }

  /** Ends the thread; what is under way or waiting fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.settle(err("cannot be made ready: the platform is stopping"));
    await this.#dismiss("cannot be made ready: the platform is stopping");
  }

  #next(): void {
    this.#timer?.cancel();
    const task = this.#waiting.shift();
    if (task === undefined) {
      this.#timer = this.#clock.after(this.#limits.idleMs, () => void this.#dismiss(""));
      return;
    }
    this.#current = task;
    this.#timer = this.#clock.after(this.#limits.workMs, () => {
      this.#log.warn({ kind: task.work.kind }, "audio took too long to be made ready, its thread is replaced");
      void this.#dismiss("takes too long to be made ready");
    });
    const worker = (this.#worker ??= this.#hire());
    const { work } = task;
    worker.postMessage(work, work.kind === "decode" ? [work.file.buffer] : []);
  }

  #hire(): Worker {
    // Decoders write about broken files to standard error; the verdict says it better.
    const worker = new Worker(new URL(`./workshop-thread.${ENDING}`, import.meta.url), {
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    worker.on("message", (made: Made) => {
      if (this.#worker === worker) this.#finish(made);
    });
    worker.on("error", (error) => this.#log.error({ err: error }, "the audio thread failed"));
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#finish(err("cannot be decoded"));
    });
    return worker;
  }

  #finish(made: Made): void {
    const task = this.#current;
    if (task === null) return;
    this.#current = null;
    task.settle(made);
    if (!this.#closed) this.#next();
  }

  /** Ends the thread; the piece of work that it had fails with this predicate. */
  async #dismiss(failure: string): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#timer?.cancel();
    this.#finish(err(failure));
    await worker?.terminate();
  }
}
