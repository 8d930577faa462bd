import { zonedDate } from "../../../core/contract/time.ts";
import type { Night } from "./dial-policy.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

/** Where an instant lies in the account's day and night. */
export interface LocalDay {
  /** Days since the epoch on the zone's own clock: the same all day, also on a day when that clock is changed. */
  readonly day: number;
  /** The day on whose evening the night began that is, or the last one. */
  readonly night: number;
  readonly isNight: boolean;
  /** When day and night began, epoch ms; an hour off on a day when the clock was changed since. */
  readonly dayStart: number;
  readonly nightStart: number;
  /** When the next night begins, epoch ms; of a night that is: when it began. */
  readonly tonightFrom: number;
  /** When the night ends that is, or the next one. Without a night the same as `tonightFrom`. */
  readonly tonightTo: number;
}

/** The account's day at `now` (epoch ms). */
export function localDay(now: number, timezone: string, { fromMinute, toMinute }: Night): LocalDay {
  const localMs = zonedDate(now, timezone).getTime();
  const day = Math.floor(localMs / DAY_MS);
  const dayStart = now - (localMs - day * DAY_MS);
  const minute = Math.floor((localMs - day * DAY_MS) / MINUTE_MS);
  const lengthMinutes = (toMinute - fromMinute + DAY_MINUTES) % DAY_MINUTES;
  const night = minute >= fromMinute ? day : day - 1;
  const nightStart = dayStart + (night - day) * DAY_MS + fromMinute * MINUTE_MS;
  const isNight = now < nightStart + lengthMinutes * MINUTE_MS;
  const tonightFrom = isNight ? nightStart : nightStart + DAY_MS;
  return { day, night, isNight, dayStart, nightStart, tonightFrom, tonightTo: tonightFrom + lengthMinutes * MINUTE_MS };
}
