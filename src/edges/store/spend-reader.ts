import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Tables } from "./tables.ts";

/** The times since when legs count, in epoch ms. */
export interface SpendSince {
  readonly now: number;
  readonly dayStart: number;
  readonly nightStart: number;
}

/** The legs of ended calls that went to one destination. */
export interface PastLegs {
  readonly destination: string;
  /** Minutes of answered legs, counting every minute that has begun, since the start of the day and of the night. */
  readonly minutesToday: number;
  readonly minutesTonight: number;
  /** How long ago each attempt of the last hour was made, ms. */
  readonly lastHourMs: readonly number[];
}

/** A call that began this long before a bound may still have legs after it: the longest that a call may last, ms. */
const LONGEST_CALL_MS = 14_400_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface LegSums {
  readonly destination: string;
  readonly minutes_today: number;
  readonly minutes_tonight: number;
  readonly last_hour: string;
}

/** What outgoing calls have cost, read once at each start, by the index of calls by account and time: one row per destination. */
export class SpendReader {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Leg 1 of a call by API is among its attempts. */
  async legsSince(account: string, since: SpendSince): Promise<readonly PastLegs[]> {
    const { now, dayStart, nightStart } = since;
    const hourStart = now - HOUR_MS;
    const earliest = Math.min(dayStart, nightStart, hourStart) - LONGEST_CALL_MS;
    const { rows } = await sql<LegSums>`
      with legs as (
        select a.destination, c.started_at + a."startedMs" as dialed_at,
          c.started_at + a."answeredMs" as answered_at, c.started_at + a."endedMs" as ended_at
        from calls c, json_to_recordset(c.attempts::json)
          as a(destination text, "startedMs" bigint, "answeredMs" bigint, "endedMs" bigint)
        where c.account = ${account} and c.started_at >= ${earliest}
      ), minutes as (
        select destination, dialed_at, answered_at,
          case when answered_at is null then 0
            else greatest(1, ceil((ended_at - answered_at) / ${MINUTE_MS}::numeric)) end as paid
        from legs
      )
      select destination,
        coalesce(sum(paid - least(paid, greatest(0, ceil((${dayStart} - answered_at) / ${MINUTE_MS}::numeric)))), 0)::float8
          as minutes_today,
        coalesce(sum(paid - least(paid, greatest(0, ceil((${nightStart} - answered_at) / ${MINUTE_MS}::numeric)))), 0)::float8
          as minutes_tonight,
        coalesce(json_agg(dialed_at) filter (where dialed_at >= ${hourStart}), '[]')::text as last_hour
      from minutes
      group by destination`.execute(this.#db);
    return rows.map((row) => pastLegs(row, now));
  }
}

function pastLegs({ destination, minutes_today, minutes_tonight, last_hour }: LegSums, now: number): PastLegs {
  const lastHourMs = (JSON.parse(last_hour) as number[]).map((at) => Math.max(0, now - at));
  return { destination, minutesToday: minutes_today, minutesTonight: minutes_tonight, lastHourMs };
}
