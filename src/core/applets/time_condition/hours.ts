import { zonedDate } from "../../contract/time.ts";

/** One span of opening hours: minutes since midnight, on these days (0 Sunday … 6 Saturday). */
export interface Span {
  readonly days: readonly number[];
  readonly fromMin: number;
  /** Later than `fromMin`; past 1440 it runs into the next day. */
  readonly toMin: number;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
export const DAY_MIN = 1440;

/** `mon`, `mon-fri`. */
const DAY_RANGE = /^[a-z]{3}(?:-[a-z]{3})?$/;

const SPAN = /^(?:([a-z,-]+) +)?([01]?\d|2[0-4]):([0-5]\d) *- *([01]?\d|2[0-4]):([0-5]\d)$/;

/**
 * Reads `mon-fri 09:00-18:00`, `sat,sun 10:00-14:00`, `fri 22:00-02:00` (into Saturday) or `09:00-18:00` (every day).
 * Null: not one of these forms.
 */
export function readSpan(text: string): Span | null {
  const match = SPAN.exec(text.trim().toLowerCase());
  if (match === null) return null;
  const [, names, fromHour, fromMinute, toHour, toMinute] = match;
  const days = names === undefined ? [0, 1, 2, 3, 4, 5, 6] : readDays(names);
  const fromMin = minutes(fromHour, fromMinute);
  const toMin = minutes(toHour, toMinute);
  if (days === null || fromMin >= DAY_MIN || toMin > DAY_MIN || fromMin === toMin) return null;
  return { days, fromMin, toMin: toMin > fromMin ? toMin : toMin + DAY_MIN };
}

function minutes(hour: string | undefined, minute: string | undefined): number {
  return Number(hour) * 60 + Number(minute);
}

/** `mon`, `mon,wed`, `mon-fri`, `sat-mon`; null: a name that is not a day. */
function readDays(names: string): readonly number[] | null {
  const days = new Set<number>();
  for (const part of names.split(",")) {
    const from = DAYS.indexOf(part.slice(0, 3));
    const to = DAYS.indexOf(part.slice(-3));
    if (from < 0 || to < 0 || !DAY_RANGE.test(part)) return null;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days];
}

/** Whether `ms` (epoch) is in one of the spans, by the clock of `timezone`. A span includes its first minute, not its last. */
export function isOpen(spans: readonly Span[], ms: number, timezone: string): boolean {
  const clock = zonedDate(ms, timezone);
  const day = clock.getUTCDay();
  const minute = clock.getUTCHours() * 60 + clock.getUTCMinutes();
  const yesterday = (day + 6) % 7;
  return spans.some(
    ({ days, fromMin, toMin }) =>
      (days.includes(day) && minute >= fromMin && minute < toMin) ||
      (days.includes(yesterday) && minute + DAY_MIN < toMin),
  );
}
