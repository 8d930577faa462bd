import { z } from "zod";

/** Ten years: longer is a typing mistake. */
const MAX_DAYS = 3650;
/** Three years: each week of traces is a table of its own, of which a query that names no time asks all. */
export const MAX_TRACE_DAYS = 1100;

function days(fallback: number, most: number, description: string) {
  return z.number().int().min(1).max(most).default(fallback).describe(description);
}

/** `retention` of an account. */
export const retentionSchema = z.strictObject({
  calls_days: days(400, MAX_DAYS, "Days after a call that it is deleted as a whole, with everything below."),
  traces_days: days(
    90,
    MAX_TRACE_DAYS,
    "Days that its trace, its requests with their answers, and deliveries that were given up are kept.",
  ),
  recordings_days: days(90, MAX_DAYS, "Days that its recordings are kept."),
  events_days: days(30, MAX_DAYS, "Days that events stay in the account's feed."),
});

type RetentionDocument = z.output<typeof retentionSchema>;

/** How long an account's data are kept, in days. */
export interface RetentionPolicy {
  readonly callsDays: number;
  readonly tracesDays: number;
  readonly recordingsDays: number;
  readonly eventsDays: number;
}

/** A document of the workspace file as the platform uses it. */
export function retentionPolicy(document: RetentionDocument): RetentionPolicy {
  return {
    callsDays: document.calls_days,
    tracesDays: document.traces_days,
    recordingsDays: document.recordings_days,
    eventsDays: document.events_days,
  };
}

/** For accounts that are no longer configured, too. */
export const DEFAULT_RETENTION = retentionPolicy(retentionSchema.parse({}));
