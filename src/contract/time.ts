import type { Account } from "./account.ts";

/** REQ-17: a call in progress has no end yet; customers know this constant as "none". */
export const END_TIME = "1970-01-01 05:30:00";

/**
 * A zone's offset is looked up once per quarter of an hour: every change of offset since 1972 falls on a quarter hour
 * of UTC, and the look-up (4 µs) is too dear for three times in every request.
 */
const WINDOW_MS = 900_000;
/** Windows remembered per zone; about ten days. Past it the zone starts anew. */
const MAX_WINDOWS = 1000;
/** Zones remembered; the database has about 600 names. */
const MAX_ZONES = 600;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}

const zones = new Map<string, Zone>();

/**
 * `2024-09-03 11:44:54` in `timezone` (REQ-16, REQ-22, REQ-31). `ms` is epoch milliseconds, `timezone` a name that
 * {@link isTimezone} accepts; another throws a RangeError.
 */
export function formatDateTime(ms: number, timezone: string): string {
  const iso = zonedDate(ms, timezone).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

/** `Created` (REQ-14): `Tue, 03 Sep 2024 11:44:54`, or as {@link formatDateTime} where the account wants that. */
export function formatCreated(ms: number, account: Pick<Account, "timezone" | "createdFormat">): string {
  if (account.createdFormat === "documented") return formatDateTime(ms, account.timezone);
  // The UTC form of a shifted date, `Tue, 03 Sep 2024 11:44:54 GMT`, holds the zone's own clock; its GMT is not ours.
  return zonedDate(ms, account.timezone).toUTCString().slice(0, -4);
}

/** Whether `text` names a zone of the IANA database; an account must not have another. */
export function isTimezone(text: string): boolean {
  try {
    return zoneOf(text) !== null;
  } catch {
    return false;
  }
}

/** A date whose UTC fields are the zone's clock. */
export function zonedDate(ms: number, timezone: string): Date {
  return new Date(ms + offsetMs(ms, timezone));
}

function offsetMs(ms: number, timezone: string): number {
  const zone = zoneOf(timezone);
  const window = Math.floor(ms / WINDOW_MS);
  const known = zone.offsets.get(window);
  if (known !== undefined) return known;
  if (zone.offsets.size >= MAX_WINDOWS) zone.offsets.clear();
  const offset = parseOffset(zone.format.format(window * WINDOW_MS));
  zone.offsets.set(window, offset);
  return offset;
}

function zoneOf(timezone: string): Zone {
  const known = zones.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
  if (zones.size >= MAX_ZONES) zones.clear();
  const zone = { format, offsets: new Map<number, number>() };
  zones.set(timezone, zone);
  return zone;
}

/** Milliseconds of the `GMT+05:30` at the end of a formatted date; a bare `GMT` is none. */
function parseOffset(formatted: string): number {
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatted);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds] = match;
  const value = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds ?? 0);
  return (sign === "-" ? -value : value) * 1000;
}
