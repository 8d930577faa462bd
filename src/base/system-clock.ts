import type { Clock, Timer } from "./clock.ts";

/** The real time. Handed out where a process begins; everything below takes it as a {@link Clock}. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => new SystemTimer(delayMs, run),
};

/** Small, and empty once it is cancelled: whoever keeps a timer that is over keeps nothing else alive by it. */
class SystemTimer implements Timer {
  #timeout: ReturnType<typeof setTimeout> | null;

  constructor(delayMs: number, run: () => void) {
    this.#timeout = setTimeout(run, delayMs);
  }

  cancel(): void {
    if (this.#timeout === null) return;
    clearTimeout(this.#timeout);
    this.#timeout = null;
  }
}
