const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back the overview looks. `ms`: from the beginning of the first step to that of the last one. */
export const RANGES = {
  day: { label: "24 hours", step: "hour", ms: 23 * HOUR_MS },
  week: { label: "7 days", step: "day", ms: 6 * DAY_MS },
  month: { label: "30 days", step: "day", ms: 29 * DAY_MS },
} as const;

export type RangeName = keyof typeof RANGES;

export const RANGE_NAMES = Object.keys(RANGES) as readonly RangeName[];

export function isRange(name: string): name is RangeName {
  return Object.hasOwn(RANGES, name);
}
