import type { Clock } from "./clock.ts";

/** The real clock. One of the few places that ask the machine for the time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
