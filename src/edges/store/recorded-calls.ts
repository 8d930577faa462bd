import type { Kysely, SqlBool } from "kysely";
import { sql } from "kysely";
import { withinAccount } from "./account-rows.ts";
import type { Tables } from "./tables.ts";
import type { CallCursor } from "./types.ts";

/** Selects ended calls of one flow. */
export interface RecordedRange {
  readonly flow: string;
  /** Epoch ms, inclusive. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
  /** Only this call. */
  readonly callSid?: string;
}

/** What is needed to replay one call. The texts are not validated: read them through their schemas. */
export interface RecordedRow {
  readonly callSid: string;
  readonly startedAt: number;
  /** Key for `getSetup`. */
  readonly setup: string;
  /** JSON array of the whole trace. */
  readonly trace: string;
  /** JSON array of the `digit` events; also empty if they were sealed. */
  readonly digits: string;
}

/** How a digit's event, which is stored in clear, begins. */
const DIGIT = '{"kind":"digit"%';

interface RawCall {
  readonly call_sid: string;
  readonly started_at: number;
  readonly setup: string;
  readonly trace: string | null;
  readonly digits: string | null;
}

/** Reads ended calls in pages, with everything needed to replay them; each page reads its journal rows by their key. */
export class RecordedCalls {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async count(account: string, range: RecordedRange): Promise<number> {
    return withinAccount(this.#db, account, async (db) => {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from calls c where ${inRange(account, range)}`.execute(db);
      return rows[0]?.n ?? 0;
    });
  }

  /** Oldest first. `after`: the last call of the previous page. */
  async page(
    account: string,
    range: RecordedRange,
    after: CallCursor | null,
    limit: number,
  ): Promise<readonly RecordedRow[]> {
    const { startedAt, callSid } = after ?? { startedAt: range.from, callSid: "" };
    return withinAccount(this.#db, account, async (db) => {
      const { rows } = await sql<RawCall>`
        select c.call_sid, c.started_at, c.setup, j.trace, j.digits
        from (
          select call_sid, started_at, setup from calls c
          where ${inRange(account, range)} and (started_at, call_sid) > (${startedAt}, ${callSid})
          order by started_at, call_sid limit ${limit}) c
        cross join lateral (
          select string_agg(substr(trace, 2, length(trace) - 2), ',' order by seq) filter (where trace <> '[]') as trace,
            string_agg(event, ',' order by seq) filter (where event like ${DIGIT}) as digits
          from journal where journal.call_sid = c.call_sid and journal.started_at in (0, c.started_at)) j
        order by c.started_at, c.call_sid`.execute(db);
      return rows.map(recordedRow);
    });
  }
}

function inRange(account: string, { flow, from, to, callSid }: RecordedRange) {
  const one = callSid === undefined ? sql<SqlBool>`true` : sql<SqlBool>`c.call_sid = ${callSid}`;
  return sql<SqlBool>`c.account = ${account} and c.started_at >= ${from} and c.started_at < ${to} and c.flow = ${flow} and ${one}`;
}

function recordedRow({ call_sid, started_at, setup, trace, digits }: RawCall): RecordedRow {
  return { callSid: call_sid, startedAt: started_at, setup, trace: `[${trace ?? ""}]`, digits: `[${digits ?? ""}]` };
}
