import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";

/**
 * A clock whose timers cannot crash the process: an error in a timer (most likely in a user's handler) is logged, and
 * all other calls continue.
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
