import { z } from "zod";

/** Ten years: anything longer is a typing mistake. */
const MAX_DAYS = 3650;
/** Three years: each week of traces is a table of its own, and a query without a time reads all of them. */
export const MAX_TRACE_DAYS = 1100;

function days(fallback: number, most: number, description: string) {
  return z.number().int().min(1).max(most).default(fallback).describe(description);
}

/** `retention` of an account. */
export const retentionSchema = z.strictObject({
  calls_days: days(400, MAX_DAYS, "Days after which a call is deleted as a whole, with everything below."),
  traces_days: days(
    90,
    MAX_TRACE_DAYS,
    "Days to keep its trace, its requests with their answers, and deliveries that were given up.",
  ),
  recordings_days: days(90, MAX_DAYS, "Days to keep its recordings."),
  events_days: days(30, MAX_DAYS, "Days to keep events in the account's feed."),
});

type RetentionDocument = z.output<typeof retentionSchema>;

/** How many days an account's data are kept. */
export interface RetentionPolicy {
  readonly callsDays: number;
  readonly tracesDays: number;
  readonly recordingsDays: number;
  readonly eventsDays: number;
}

/** The policy that a workspace file's `retention` states. */
export function retentionPolicy(document: RetentionDocument): RetentionPolicy {
  return {
    callsDays: document.calls_days,
    tracesDays: document.traces_days,
    recordingsDays: document.recordings_days,
    eventsDays: document.events_days,
  };
}

/** The default, also for accounts that are no longer configured. */
export const DEFAULT_RETENTION = retentionPolicy(retentionSchema.parse({}));
