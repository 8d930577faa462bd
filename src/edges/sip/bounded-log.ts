import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";

/** Lines with the same message per minute; any more are counted instead. */
const MOST_PER_MINUTE = 30;
/** Different messages that are counted; every message of this stack is a constant, so there are fewer. */
const MOST_MESSAGES = 256;
const MINUTE_MS = 60_000;

interface Window {
  readonly began: number;
  written: number;
  suppressed: number;
}

/** The same log, but nothing from the network can flood it: each message is written only a few times a minute. */
export function boundedLog(log: Log, clock: Clock): Log {
  const windows = new Map<string, Window>();
  const bounded =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      const suppressed = pass(windows, message, clock.now());
      if (suppressed === null) return;
      log[level](suppressed === 0 ? fields : { ...fields, suppressed }, message);
    };
  return { debug: bounded("debug"), info: bounded("info"), warn: bounded("warn"), error: bounded("error") };
}

/** How many lines were left out before this one; null if this one is left out too. */
function pass(windows: Map<string, Window>, message: string, now: number): number | null {
  const known = windows.get(message);
  if (known !== undefined && now >= known.began && now - known.began < MINUTE_MS) {
    if (known.written++ < MOST_PER_MINUTE) return 0;
    known.suppressed++;
    return null;
  }
  if (windows.size >= MOST_MESSAGES) windows.clear();
  windows.set(message, { began: now, written: 1, suppressed: 0 });
  return known?.suppressed ?? 0;
}
