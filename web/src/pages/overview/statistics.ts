import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { keyOf } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import type { RangeName } from "./ranges.ts";
import { RANGES } from "./ranges.ts";

export type Statistics = Models["CallStatistics"];
export type Step = Models["CallStatisticsStep"];

/** ms after which figures are read again even if no call has ended: an hour may have begun. */
const RENEW_MS = 60_000;

export function statisticsQuery(api: PlugboardApi, account: string, range: RangeName) {
  const { step, ms } = RANGES[range];
  return queryOptions({
    queryKey: keyOf(account, "overview", range),
    queryFn: ({ signal }) => {
      const now = Date.now();
      const bounds = { since: new Date(now - ms).toISOString(), until: new Date(now).toISOString() };
      return api.calls.statistics({ step, ...bounds }, { signal });
    },
    refetchInterval: RENEW_MS,
    placeholderData: keepPreviousData,
  });
}

/** Whether the account has ever had a call. */
export function anyCallQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "overview", "any"),
    queryFn: async ({ signal }) => (await api.calls.list({ limit: 1 }, { signal })).calls.length > 0,
  });
}

/** The filters of the list of calls that find the calls of a step. */
export function stepFilters(step: Step, next: Step | undefined, statistics: Statistics) {
  const end = Date.parse(next?.at ?? statistics.until) - 1;
  return { started_from: step.at, started_to: new Date(end).toISOString() };
}

/** The filters that find the calls of all steps. */
export function rangeFilters({ since, until }: Statistics) {
  return { started_from: since, started_to: until };
}

/** What a step is called: the hour or the day in the account's time zone. */
export function stepNames({ step, timezone }: Statistics): (at: string) => string {
  const parts = step === "hour" ? HOUR : DAY;
  const format = new Intl.DateTimeFormat(undefined, { ...parts, timeZone: timezone });
  return (at) => format.format(new Date(at));
}

const HOUR = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { day: "numeric", month: "short" } as const;

/** A share in whole per cent; null: of nothing. */
export function percentOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 100);
}
