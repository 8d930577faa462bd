import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";

/**
 * A clock whose timers cannot bring the process down: what a timer throws (a handler of the user's, most likely) is
 * logged, and all other calls continue.
 */
export function guardedClock(clock: Clock, log: Log): Clock {
  return {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    after: (delayMs, run) =>
      clock.after(delayMs, () => {
        try {
          run();
        } catch (error) {
          const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
          log.error({ reason }, "a SIP timer failed");
        }
      }),
  };
}
