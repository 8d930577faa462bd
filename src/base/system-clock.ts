import type { Clock, Timer } from "./clock.ts";

/** The real time. Passed in where a process starts; everything below takes it as a {@link Clock}. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => Math.floor(performance.now()),
  after: (delayMs, run) => new SystemTimer(delayMs, run),
};

/** ms. The longest that `setTimeout` can wait; anything above fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Small, and empty once it is cancelled, so that holding on to a finished timer keeps nothing else alive. Numbers from
 * outside become timers, too: a delay that is too long for the system is waited for in parts, and NaN is 0.
 */
class SystemTimer implements Timer {
  #timeout: ReturnType<typeof setTimeout> | null;

  constructor(delayMs: number, run: () => void) {
    this.#timeout = this.#wait(Number.isNaN(delayMs) ? 0 : delayMs, run);
  }

  #wait(leftMs: number, run: () => void): ReturnType<typeof setTimeout> {
    if (leftMs <= LONGEST_TIMEOUT_MS) return setTimeout(run, leftMs);
    return setTimeout(() => {
      this.#timeout = this.#wait(leftMs - LONGEST_TIMEOUT_MS, run);
    }, LONGEST_TIMEOUT_MS);
  }

  cancel(): void {
    if (this.#timeout === null) return;
    clearTimeout(this.#timeout);
    this.#timeout = null;
  }
}
