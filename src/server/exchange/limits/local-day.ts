import { zonedDate } from "../../../core/contract/time.ts";
import type { Night } from "./dial-policy.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

/** Where an instant falls in the account's day and night. */
export interface LocalDay {
  /** Days since the epoch in local time: constant all day, even when the clocks change. */
  readonly day: number;
  /** The day on which the current night, or the last one, began. */
  readonly night: number;
  readonly isNight: boolean;
  /** When day and night began, epoch ms; an hour off if the clocks have changed since. */
  readonly dayStart: number;
  readonly nightStart: number;
  /** When the next night begins, or the current one began, epoch ms. */
  readonly tonightFrom: number;
  /** When the current or next night ends. The same as `tonightFrom` if there is no night. */
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
