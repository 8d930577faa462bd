import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** ms between two wake-ups that show how late the event loop is: a fraction of the delays that would matter. */
export const LAG_PRECISION_MS = 50;
const NS_PER_MS = 1e6;
/** Least length of a measured span, ms: one bad moment must not count for the rest of the process's life. */
const SPAN_MS = 10_000;

/** Measures how late this process runs. */
export class EventLoopDelay {
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_PRECISION_MS });
  #since = performance.now();
  #lastMs = 0;

  constructor() {
    this.#lag.enable();
  }

  /** 99th percentile of the last ten seconds or more, ms. */
  get p99Ms(): number {
    // The histogram has the time from one wake-up to the next.
    const nowMs = Math.max(0, this.#lag.percentile(99) / NS_PER_MS - LAG_PRECISION_MS);
    if (performance.now() - this.#since < SPAN_MS) return Math.max(this.#lastMs, nowMs);
    this.#since = performance.now();
    this.#lastMs = nowMs;
    this.#lag.reset();
    return nowMs;
  }
}
