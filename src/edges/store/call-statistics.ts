import type { RawBuilder } from "kysely";
import { sql } from "kysely";
import type { AccountDb } from "./account-rows.ts";
import { FAILED } from "./reader.ts";

/** What {@link readStatistics} counts. */
export interface StatisticsRange {
  /** Epoch ms; the range begins with the step that this time is in. */
  readonly since: number;
  /** Epoch ms; calls that began at this time do not. */
  readonly until: number;
  readonly step: StatisticsStep;
  /** IANA name: steps begin at its whole hours, or at its midnights. */
  readonly timezone: string;
}

type StatisticsStep = "hour" | "day";

/** Times in ms: half of what was measured took at most `p50`, 95 % at most `p95`. All null if nothing was measured. */
interface TimeSpread {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

/** Calls that began in one step, or in the whole range. */
export interface CallTotals {
  readonly calls: number;
  /** Calls that dialled somebody. */
  readonly dialled: number;
  /** Calls with a conversation. */
  readonly connected: number;
  /** As the filter `failed` of the list of calls. */
  readonly failed: number;
  /** From the first dialling of a call to its first answer. */
  readonly answer: TimeSpread;
  readonly requests: number;
  /** Requests without a usable answer. */
  readonly requestsFailed: number;
  readonly url: TimeSpread;
}

/** Why destinations did not answer, by cause. */
interface CauseTotals {
  readonly outcome: string;
  readonly cause: string;
  readonly attempts: number;
  readonly calls: number;
}

/** Requests to one of the customer's URLs. */
interface UrlTotals {
  readonly url: string;
  readonly requests: number;
  readonly calls: number;
  readonly invalid: number;
  readonly httpError: number;
  readonly timeout: number;
  readonly unreachable: number;
  readonly time: TimeSpread;
}

/** Figures of an account's ended calls. */
export interface CallStatistics {
  readonly total: CallTotals;
  /** Every step of the range, oldest first, those without a call too. `at`: epoch ms of its beginning. */
  readonly steps: readonly (CallTotals & { readonly at: number })[];
  readonly causes: readonly CauseTotals[];
  readonly urls: readonly UrlTotals[];
  /** Epoch ms of the oldest call that was counted, if older ones were left out; otherwise null. */
  readonly countedFrom: number | null;
}

/** Calls counted at once, the newest of the range: the database parses the lists of each, and has calls to serve. */
export const MAX_COUNTED_CALLS = 20_000;
/** Causes and URLs shown: a person reads no more. */
const MAX_GROUPS = 20;
/** Requests that a caller waits for, which have 5 s (REQ-6). Others are files, or notifications that nobody waits for. */
const WAITED_FOR = ["connect", "gather", "passthru", "greeting", "dial_whom"];
/** The leg of a caller by API, which is dialled but is no destination. */
const CALLER_LEG = 1;

/** Reads the figures of one account in one statement, by the index of calls by account and time. */
export async function readStatistics(
  db: AccountDb,
  account: string,
  range: StatisticsRange,
  limit = MAX_COUNTED_CALLS,
): Promise<CallStatistics> {
  const inRange = sql`c.account = ${account} and c.started_at >= ${epochMs(firstStep(range))} and c.started_at < ${range.until}`;
  const counted = sql`${inRange} and (c.started_at, c.call_sid) >= (select started_at, call_sid from oldest)`;
  const step = beginningOfStep(range);
  const { rows } = await sql<RawStatistics>`
    with oldest as materialized (
      (select started_at, call_sid from calls c where ${inRange}
        order by started_at desc, call_sid desc offset ${limit - 1} limit 1)
      union all (select 0, '') limit 1
    ), call as materialized (
      select ${step} as step, c.cdr::json ->> 'dial_call_status' as dial, ${FAILED} as failed from calls c where ${counted}
    ), attempt as materialized (
      select c.call_sid, ${step} as step, a.* from calls c cross join lateral ${ATTEMPTS} where ${counted} and ${IS_CALLEE}
    ), request as materialized (
      select c.call_sid, ${step} as step, r.* from calls c cross join lateral ${ALL_REQUESTS} where ${counted} and ${IS_WAITED_FOR}
    ), answer as (
      select step, min("answeredMs") - min("startedMs") as ms from attempt
      group by call_sid, step having min("answeredMs") is not null
    )
    select ${CALLS} as calls, ${ANSWERS} as answers, ${REQUESTS} as requests, ${CAUSES} as causes, ${URLS} as urls,
      ${stepsOf(range)} as steps, (select started_at from oldest) as oldest`.execute(db);
  const [raw] = rows;
  if (raw === undefined) throw new Error("an aggregate without a row");
  return statisticsOf(raw);
}

// Read straight from the table: kept in between, the lists of 20,000 calls would be written to disk.
const ATTEMPTS = sql.raw(
  `json_to_recordset(c.attempts::json)
     as a(leg integer, "startedMs" bigint, "answeredMs" bigint, outcome text, cause text)`,
);
const ALL_REQUESTS = sql.raw(
  `json_to_recordset(c.requests::json) as r(url text, purpose text, result text, "elapsedMs" bigint)`,
);
const IS_CALLEE = sql`a.leg <> ${CALLER_LEG}`;
const IS_WAITED_FOR = sql`r.purpose = any(${WAITED_FOR}) and r.result <> 'abandoned'`;

/** `calls`, `answers` and `requests`: of each step that has any, and with the step null of the whole range. */
interface RawStatistics {
  readonly calls: readonly RawCalls[];
  readonly answers: readonly RawSpread[];
  readonly requests: readonly RawRequests[];
  readonly causes: readonly CauseTotals[];
  readonly urls: readonly (Omit<UrlTotals, "time"> & TimeSpread)[];
  readonly steps: readonly number[];
  /** 0: no call was left out. */
  readonly oldest: number;
}

interface OfStep {
  readonly step: number | null;
}

interface RawCalls extends OfStep {
  readonly calls: number;
  readonly dialled: number;
  readonly connected: number;
  readonly failed: number;
}

type RawSpread = OfStep & TimeSpread;

interface RawRequests extends RawSpread {
  readonly requests: number;
  readonly failed: number;
}

/** Epoch ms at which the step of a call begins. */
function beginningOfStep({ step, timezone }: StatisticsRange) {
  return epochMs(sql`date_trunc(${step}, to_timestamp(c.started_at / 1000.0), ${timezone})`);
}

function firstStep({ since, step, timezone }: StatisticsRange) {
  return sql`date_trunc(${step}, to_timestamp(${since}::bigint / 1000.0), ${timezone})`;
}

function epochMs(instant: RawBuilder<unknown>) {
  return sql`(extract(epoch from ${instant}) * 1000)::bigint`;
}

/** Hours pass evenly; midnights are as far apart as the clocks of the zone say. */
function stepsOf(range: StatisticsRange) {
  const { until, step, timezone } = range;
  const last = sql`to_timestamp((${until}::bigint - 1) / 1000.0)`;
  if (step === "hour")
    return sql`(select json_agg(${epochMs(sql`t`)} order by t) from generate_series(${firstStep(range)}, ${last}, interval '1 hour') t)`;
  const midnights = sql`generate_series(${firstStep(range)} at time zone ${timezone}, ${last} at time zone ${timezone}, interval '1 day')`;
  return sql`(select json_agg(${epochMs(sql`t at time zone ${timezone}`)} order by t) from ${midnights} t)`;
}

const PERCENTILES = (column: string) =>
  `percentile_disc(0.5) within group (order by ${column}) as p50,
   percentile_disc(0.95) within group (order by ${column}) as p95, max(${column}) as max`;
const asList = (query: string) => sql.raw(`(select coalesce(json_agg(x), '[]') from (${query}) x)`);
const BY_STEP = "group by grouping sets ((step), ())";

const CALLS = asList(
  `select step, count(*) as calls, count(dial) as dialled, count(*) filter (where dial = 'completed') as connected,
     count(*) filter (where failed) as failed
   from call ${BY_STEP}`,
);
const ANSWERS = asList(`select step, ${PERCENTILES("ms")} from answer ${BY_STEP}`);
const REQUESTS = asList(
  `select step, count(*) as requests, count(*) filter (where result <> 'usable') as failed, ${PERCENTILES('"elapsedMs"')}
   from request ${BY_STEP}`,
);
const CAUSES = asList(
  `select outcome, cause, count(*) as attempts, count(distinct call_sid) as calls from attempt
   where outcome <> 'completed' group by outcome, cause order by calls desc, cause limit ${MAX_GROUPS}`,
);
const URLS = asList(
  `select url, count(*) as requests, count(distinct call_sid) as calls,
     count(*) filter (where result = 'invalid') as invalid, count(*) filter (where result = 'http_error') as "httpError",
     count(*) filter (where result = 'timeout') as timeout, count(*) filter (where result = 'unreachable') as unreachable,
     ${PERCENTILES('"elapsedMs"')}
   from request group by url
   order by count(*) filter (where result <> 'usable') desc, requests desc, url limit ${MAX_GROUPS}`,
);

function statisticsOf(raw: RawStatistics): CallStatistics {
  const [calls, answers, requests] = [byStep(raw.calls), byStep(raw.answers), byStep(raw.requests)];
  const totalsOf = (step: number | null): CallTotals => ({
    ...(calls.get(step) ?? NO_CALLS),
    answer: spreadOf(answers.get(step)),
    requests: requests.get(step)?.requests ?? 0,
    requestsFailed: requests.get(step)?.failed ?? 0,
    url: spreadOf(requests.get(step)),
  });
  return {
    total: totalsOf(null),
    steps: raw.steps.map((at) => ({ at, ...totalsOf(at) })),
    causes: raw.causes,
    urls: raw.urls.map(({ p50, p95, max, ...url }) => ({ ...url, time: { p50, p95, max } })),
    countedFrom: raw.oldest === 0 ? null : raw.oldest,
  };
}

const NO_CALLS = { calls: 0, dialled: 0, connected: 0, failed: 0 };

function byStep<T extends OfStep>(rows: readonly T[]): ReadonlyMap<number | null, Omit<T, "step">> {
  return new Map(rows.map(({ step, ...rest }) => [step, rest]));
}

function spreadOf(spread: TimeSpread | undefined): TimeSpread {
  const { p50, p95, max } = spread ?? { p50: null, p95: null, max: null };
  return { p50, p95, max };
}
