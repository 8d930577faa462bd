import type { Clock, Timer } from "../../../base/clock.ts";
import { systemClock } from "../../../base/system-clock.ts";

/** After a stall, ticks up to this age run at once; older ones are skipped (their audio would only add delay). */
const MAX_CATCH_UP_MS = 200;
/** Lateness is counted in steps of 0.1 ms up to 200 ms, for the current and the last period of 10 s. */
const STEPS_PER_MS = 10;
const STEPS = 200 * STEPS_PER_MS;
const LATENESS_PERIOD_MS = 10_000;

/** Time that never jumps: the epoch time at start plus the monotonic counter. */
export const monotonicClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  elapsed: () => systemClock.elapsed(),
  after: (delayMs, run) => systemClock.after(delayMs, run),
};

export interface Lateness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * Calls `run` every `periodMs` on an absolute schedule: a late timer never moves the next one (setInterval runs 2 % slow).
 * `run` gets the number of the tick since the start; numbers missing in between were skipped.
 */
export class Ticker {
  skipped = 0;
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #run: (tick: number) => void;
  #timer: Timer | null = null;
  #origin = 0;
  #done = 0;
  #recent = new Uint32Array(STEPS + 1);
  #earlier = new Uint32Array(STEPS + 1);
  #periodBegan = 0;

  constructor(clock: Clock, periodMs: number, run: (tick: number) => void) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#run = run;
  }

  get running(): boolean {
    return this.#timer !== null;
  }

  /** Continues counting where it stopped: no number is used twice. */
  start(): void {
    if (this.#timer !== null) return;
    this.#origin = this.#clock.now() - this.#done * this.#periodMs;
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  lateness(): Lateness {
    const counts = this.#recent.map((count, i) => count + (this.#earlier[i] ?? 0));
    const total = counts.reduce((a, b) => a + b, 0);
    return {
      p50Ms: quantile(counts, total * 0.5),
      p99Ms: quantile(counts, total * 0.99),
      maxMs: quantile(counts, total),
    };
  }

  #arm(): void {
    const due = this.#origin + (this.#done + 1) * this.#periodMs;
    this.#timer = this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.now();
    const due = Math.floor((now - this.#origin) / this.#periodMs);
    if (due > this.#done) this.#record(now, now - this.#origin - (this.#done + 1) * this.#periodMs);
    const tooOld = due - this.#done - MAX_CATCH_UP_MS / this.#periodMs;
    if (tooOld > 0) {
      this.skipped += tooOld;
      this.#done += tooOld;
    }
    while (this.#done < due && this.#timer !== null) this.#run(++this.#done);
    if (this.#timer !== null) this.#arm();
  }

  #record(now: number, lateMs: number): void {
    if (now - this.#periodBegan > LATENESS_PERIOD_MS) {
      [this.#recent, this.#earlier] = [this.#earlier.fill(0), this.#recent];
      this.#periodBegan = now;
    }
    const step = Math.min(STEPS, Math.max(0, Math.round(lateMs * STEPS_PER_MS)));
    this.#recent[step] = (this.#recent[step] ?? 0) + 1;
  }
}

function quantile(counts: Uint32Array, rank: number): number {
  let seen = 0;
  for (let step = 0; step < counts.length; step++) {
    seen += counts[step] ?? 0;
    if (seen > 0 && seen >= rank) return step / STEPS_PER_MS;
  }
  return 0;
}
