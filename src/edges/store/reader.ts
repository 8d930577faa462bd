import type { Expression, Kysely, SqlBool } from "kysely";
import { sql } from "kysely";
import type { Log } from "../../base/log.ts";
import type { StoredText } from "./format.ts";
import { openText, PLACES } from "./sealed-rows.ts";
import type { Sealer } from "./sealer.ts";
import type { CallsTable, Tables } from "./tables.ts";
import type {
  AttemptRow,
  CallCursor,
  CallFilter,
  ShownOutcome,
  CallPage,
  CallSummary,
  EndedCallRow,
  RecordingRow,
  RequestFilter,
  RequestRow,
  StoredCall,
  StoredRecording,
  UnfinishedCall,
} from "./types.ts";

const PAGE_DEFAULT = 50;
const PAGE_LIMIT = 100;
/** Unfinished calls are read in slices of this many: some MB each. */
const RECOVERY_SLICE = 200;
/** Counting stops here: people filter a list that long instead of paging through it. */
const COUNT_LIMIT = 100_000;

/** A row of the union of live and finished calls. */
type AnyCall = Omit<CallsTable, "ended_at" | "status" | "cdr"> & {
  readonly ended_at: number | null;
  readonly status: string | null;
  readonly cdr: string | null;
};

const SUMMARY = `call_sid, account, node, setup, flow, from_number, to_number, direction, custom_field, started_at, dial_to`;
/** Both tables as one; the planner pushes filters, order and limit down to each side. */
const ALL = sql.raw(
  `(select ${SUMMARY}, ended_at, status, cdr from calls union all ` +
    `select ${SUMMARY}, null::bigint, null::text, null::text from live)`,
);

/** Selects the journal's partition with the call's rows, and the one from before there were weeks. */
const ITS_WEEK = sql.raw("j.started_at in (0, c.started_at)");

/** Calls that have ended, with what the record of a call shows of its attempts. */
const ENDED = sql.raw(`(select ${SUMMARY}, ended_at, status, cdr, attempts from calls)`);

/** All reads outside the hot path. */
export class Reader {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer | null;
  readonly #log: Log;

  constructor(db: Kysely<Tables>, sealer: Sealer | null, log: Log) {
    this.#db = db;
    this.#sealer = sealer;
    this.#log = log;
  }

  async setup(hash: string): Promise<StoredText | null> {
    const query = this.#db.selectFrom("setups").select(["body", "version"]).where("hash", "=", hash);
    const row = await query.executeTakeFirst();
    if (row === undefined) return null;
    return { version: row.version, json: openText(this.#sealer, hash, PLACES.setup(), row.body) };
  }

  /** Reads from the cursor in the direction that is wanted, then sorts the page into the list's order. */
  async calls(account: string, filter: CallFilter): Promise<CallPage> {
    const { before, after, sort: wanted = "desc" } = filter;
    const direction = after === undefined ? (before === undefined ? wanted : "desc") : "asc";
    const limit = Math.min(Math.max(filter.limit ?? PAGE_DEFAULT, 1), PAGE_LIMIT);
    const rows = await this.#matching(account, filter)
      .selectAll()
      .$if(before !== undefined, (query) => query.where(beyond("<", before)))
      .$if(after !== undefined, (query) => query.where(beyond(">", after)))
      .orderBy("started_at", direction)
      .orderBy("call_sid", direction)
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit).map(summary);
    return { calls: direction === wanted ? page : page.reverse(), hasMore: rows.length > limit };
  }

  /** At most `limit` ended calls that follow `after` in time, oldest first. */
  async ended(
    account: string,
    filter: CallFilter,
    after: CallCursor | null,
    limit: number,
  ): Promise<readonly EndedCallRow[]> {
    const rows = await this.#matching(account, filter, ENDED)
      .selectAll()
      .$if(after !== null, (query) => query.where(beyond(">", after ?? undefined)))
      .orderBy("started_at")
      .orderBy("call_sid")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      ...summary(row),
      attempts: JSON.parse(row.attempts) as AttemptRow[],
    }));
  }

  async count(account: string, filter: CallFilter): Promise<number> {
    const some = this.#matching(account, filter).select("call_sid").limit(COUNT_LIMIT).as("some");
    const { n } = await this.#db
      .selectFrom(some)
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    return n;
  }

  #matching(account: string, filter: CallFilter, source = ALL) {
    const { status, from, to, number, direction, startedFrom, startedTo } = filter;
    return this.#db
      .selectFrom(sql<AnyCall>`${source}`.as("all"))
      .where("account", "=", account)
      .$if(status === "live", (query) => query.where("ended_at", "is", null))
      .$if(status !== undefined && status !== "live", (query) => query.where("status", "=", status ?? ""))
      .$if(from !== undefined, (query) => query.where("from_number", "=", from ?? ""))
      .$if(to !== undefined, (query) => query.where("to_number", "=", to ?? ""))
      .$if(number !== undefined, (query) =>
        query.where((eb) => eb.or([eb("from_number", "=", number ?? ""), eb("to_number", "=", number ?? "")])),
      )
      .$if(direction !== undefined, (query) => query.where("direction", "=", direction ?? "incoming"))
      .$if(startedFrom !== undefined, (query) => query.where("started_at", ">=", startedFrom ?? 0))
      .$if(startedTo !== undefined, (query) => query.where("started_at", "<=", startedTo ?? 0))
      .$call((query) => anyOf(query, filter))
      .$call((query) => byOutcome(query, filter));
  }

  /** One statement, so that a call that ends meanwhile is seen either before or after its end. */
  async call(account: string, callSid: string): Promise<StoredCall | null> {
    const { rows } = await sql<CallRowWithAll>`
      select c.*,
        (select array_agg(json_build_array(seq, trace)::text order by seq) from journal j
          where j.call_sid = c.call_sid and ${ITS_WEEK} and trace <> '[]') as traces,
        (select coalesce(json_agg(r order by id), '[]')::text from recordings r
          where r.call_sid = c.call_sid) as recordings
      from (
        select ${sql.raw(SUMMARY)}, ended_at, status, cdr, attempts, requests from calls
        union all
        select ${sql.raw(SUMMARY)}, null, null, null, '[]', '[]' from live) c
      where account = ${account} and call_sid = ${callSid}`.execute(this.#db);
    const row = rows[0];
    if (row === undefined) return null;
    return {
      call: summary(row),
      trace: this.#trace(callSid, row.traces ?? []),
      attempts: JSON.parse(row.attempts) as AttemptRow[],
      requests: JSON.parse(row.requests) as RequestRow[],
      recordings: (JSON.parse(row.recordings) as Tables["recordings"][]).map(recording),
    };
  }

  /** One array of every step's entries. A step that cannot be read is left out: the others still show what happened. */
  #trace(callSid: string, steps: readonly string[]): string {
    const lists = steps.flatMap((step) => {
      const [seq, text] = JSON.parse(step) as [number, string];
      if (text.startsWith("[") && text.endsWith("]")) return [text.slice(1, -1)];
      this.#log.warn({ call: callSid, seq }, "the trace of a step cannot be read and is left out");
      return [];
    });
    return `[${lists.join(",")}]`;
  }

  async recording(id: string): Promise<StoredRecording | null> {
    const row = await this.#db.selectFrom("recordings").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : { ...recording(row), callSid: row.call_sid, account: row.account };
  }

  /** The recording of each of these calls that can be played: the longest, if there are several. */
  async playable(account: string, callSids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (callSids.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom("recordings")
      .distinctOn("call_sid")
      .select(["call_sid", "id"])
      .where(sql<SqlBool>`call_sid = any(${callSids})`)
      .where("account", "=", account)
      .where("failure", "is", null)
      .orderBy("call_sid")
      .orderBy("duration_ms", "desc")
      .orderBy("id")
      .execute();
    return new Map(rows.map(({ call_sid, id }) => [call_sid, id]));
  }

  async unfinished(node: string): Promise<readonly UnfinishedCall[]> {
    const live = await this.#db
      .selectFrom("live")
      .select("call_sid")
      .where("node", "=", node)
      .orderBy("started_at")
      .orderBy("call_sid")
      .execute();
    const found: UnfinishedCall[] = [];
    for (let at = 0; at < live.length; at += RECOVERY_SLICE)
      found.push(...(await this.#slice(live.slice(at, at + RECOVERY_SLICE).map((row) => row.call_sid))));
    return found;
  }

  async #slice(callSids: readonly string[]): Promise<readonly UnfinishedCall[]> {
    const { rows } = await sql<RawUnfinished>`
      select l.call_sid as "callSid", l.account, l.setup, l.started_at as "startedAt",
        (select json_agg(json_build_array(seq, version, event) order by seq)::text
          from journal j where j.call_sid = l.call_sid) as steps,
        (select json_build_array(seq, version, leg_snapshots)::text from journal j
          where j.call_sid = l.call_sid and leg_snapshots is not null order by seq desc limit 1) as legs
      from live l where l.call_sid = any(${callSids}) order by l.started_at, l.call_sid`.execute(this.#db);
    return rows.map((row) => this.#unfinished(row));
  }

  #unfinished({ callSid, account, setup, startedAt, steps, legs }: RawUnfinished): UnfinishedCall {
    const all = JSON.parse(steps ?? "[]") as [number, number, string][];
    const newest = legs === null ? null : (JSON.parse(legs) as [number, number, string]);
    return {
      callSid,
      account,
      setup,
      startedAt,
      steps: all.map(([seq, version, event]) => ({
        seq,
        version,
        json: openText(this.#sealer, callSid, PLACES.event(seq), event),
      })),
      legSnapshots: newest && {
        version: newest[1],
        json: openText(this.#sealer, callSid, PLACES.legs(newest[0]), newest[2]),
      },
    };
  }
}

function anyOf<Q extends { where(condition: Expression<SqlBool>): Q }>(query: Q, filter: CallFilter): Q {
  const { sidsAnyOf, fromAnyOf, toAnyOf, outcomes } = filter;
  const conditions = [
    sidsAnyOf === undefined ? null : sql<SqlBool>`call_sid = any(${sidsAnyOf})`,
    fromAnyOf === undefined ? null : sql<SqlBool>`from_number = any(${fromAnyOf})`,
    toAnyOf === undefined ? null : sql<SqlBool>`to_number = any(${toAnyOf})`,
    outcomes === undefined ? null : anyOutcome(outcomes),
  ];
  return conditions.reduce((narrowed, condition) => (condition === null ? narrowed : narrowed.where(condition)), query);
}

/** Filters by what only the record and the trace say about a call; the page's limit and the account's index bound how many are read. */
function byOutcome<Q extends { where(condition: Expression<SqlBool>): Q }>(query: Q, filter: CallFilter): Q {
  const { dialCallStatus, exit, failed, recorded, cause, request, minDurationMs, maxDurationMs } = filter;
  const conditions = [
    failed === undefined ? null : FAILED,
    recorded === undefined ? null : RECORDED,
    dialCallStatus === undefined ? null : sql<SqlBool>`cdr::jsonb ->> 'dial_call_status' = ${dialCallStatus}`,
    minDurationMs === undefined ? null : sql<SqlBool>`(cdr::jsonb ->> 'duration_ms')::bigint >= ${minDurationMs}`,
    maxDurationMs === undefined ? null : sql<SqlBool>`(cdr::jsonb ->> 'duration_ms')::bigint <= ${maxDurationMs}`,
    exit === undefined ? null : exitTaken(exit),
    cause === undefined
      ? null
      : endedWith("attempts", `$[*] ? (@.outcome != "completed" && @.cause == $cause)`, { cause }),
    request === undefined ? null : endedWith("requests", requestPath(request), { ...request }),
  ];
  return conditions.reduce((narrowed, condition) => (condition === null ? narrowed : narrowed.where(condition)), query);
}

/** Records of these types without a dial status: a Connect ran and dialled nobody. */
export const FAILED = sql<SqlBool>`(status <> 'completed'
  or cdr::jsonb ->> 'call_type' in ('incomplete', 'client-hangup')
  or coalesce(cdr::jsonb ->> 'dial_call_status', 'completed') <> 'completed')`;

const RECORDED = sql<SqlBool>`exists (select 1 from recordings r where r.call_sid = "all".call_sid)`;

function anyOutcome(outcomes: readonly ShownOutcome[]): Expression<SqlBool> {
  const each = outcomes.map(({ status, direction }) => {
    const ended = status === null ? sql<SqlBool>`status is null` : sql<SqlBool>`status = ${status}`;
    return direction === undefined ? ended : sql<SqlBool>`(${ended} and direction = ${direction})`;
  });
  return each.length === 0 ? sql<SqlBool>`false` : sql<SqlBool>`(${sql.join(each, sql` or `)})`;
}

/** Calls that have ended, with an attempt or a request that fits the path. */
function endedWith(list: "attempts" | "requests", path: string, values: object): Expression<SqlBool> {
  return sql<SqlBool>`exists (select 1 from calls c where c.call_sid = "all".call_sid
    and jsonb_path_exists(c.${sql.raw(list)}::jsonb, ${path}::jsonpath, ${JSON.stringify(values)}::jsonb))`;
}

function requestPath({ url, failed, minMs }: RequestFilter): string {
  const conditions = [
    url === undefined ? [] : ["@.url == $url"],
    // A request that was broken off because its caller had left has not failed.
    failed === undefined ? [] : ['@.result != "usable"', '@.result != "abandoned"'],
    minMs === undefined ? [] : ["@.elapsedMs >= $minMs"],
  ];
  return `$[*] ? (${conditions.flat().join(" && ")})`;
}

function exitTaken(exit: string): Expression<SqlBool> {
  const entry = JSON.stringify([{ type: "exit.taken", exit }]);
  return sql<SqlBool>`exists (select 1 from journal j where j.call_sid = "all".call_sid
    and j.started_at in (0, "all".started_at) and j.trace::jsonb @> ${entry}::jsonb)`;
}

/** `steps` and `legs` are JSON: arrays of sequence number, format and text. */
interface RawUnfinished {
  readonly callSid: string;
  readonly account: string;
  readonly setup: string;
  readonly startedAt: number;
  readonly steps: string | null;
  readonly legs: string | null;
}

interface CallRowWithAll extends AnyCall {
  readonly traces: readonly string[] | null;
  readonly recordings: string;
}

function beyond(side: "<" | ">", cursor: CallCursor | undefined) {
  const { startedAt, callSid } = cursor ?? { startedAt: 0, callSid: "" };
  return sql<SqlBool>`(started_at, call_sid) ${sql.raw(side)} (${startedAt}, ${callSid})`;
}

function summary(row: Omit<AnyCall, "attempts" | "requests">): CallSummary {
  return {
    callSid: row.call_sid,
    account: row.account,
    node: row.node,
    setup: row.setup,
    flow: row.flow,
    from: row.from_number,
    to: row.to_number,
    direction: row.direction,
    customField: row.custom_field,
    dialTo: row.dial_to,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    status: row.status,
    cdr: row.cdr,
  };
}

function recording(row: Tables["recordings"]): RecordingRow {
  return {
    id: row.id,
    file: row.file,
    layout: row.layout,
    durationMs: row.duration_ms,
    failure: row.failure,
  };
}
