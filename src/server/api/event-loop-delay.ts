import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** The event loop is woken this often, in ms, to see how late it is: a fraction of the delays that would matter. */
export const LAG_PRECISION_MS = 50;
const NS_PER_MS = 1e6;
/** Measured in spans of at least this, ms: one bad moment must not stay for as long as the process lives. */
const SPAN_MS = 10_000;

/** How late this process is. */
export class EventLoopDelay {
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_PRECISION_MS });
  #since = performance.now();
  #lastMs = 0;

  constructor() {
    this.#lag.enable();
  }

  /** 99th percentile of the last ten seconds or more, ms. */
  get p99Ms(): number {
    // What is measured is the time from one wake-up to the next.
    const nowMs = Math.max(0, this.#lag.percentile(99) / NS_PER_MS - LAG_PRECISION_MS);
    if (performance.now() - this.#since < SPAN_MS) return Math.max(this.#lastMs, nowMs);
    this.#since = performance.now();
    this.#lastMs = nowMs;
    this.#lag.reset();
    return nowMs;
  }
}
