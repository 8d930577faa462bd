import type { Clock } from "./clock.ts";

/** The real time. Handed out where a process begins; everything below takes it as a {@link Clock}. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
