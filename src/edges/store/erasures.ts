import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { AccountDb } from "./account-rows.ts";
import { withinAccount } from "./account-rows.ts";
import type { AuditActor, AuditLog } from "./audit-log.ts";
import type { FeedTable } from "./feed-table.ts";
import { openText, PLACES } from "./sealed-rows.ts";
import type { Sealer } from "./sealer.ts";
import type { Tables } from "./tables.ts";
import type { CallCursor } from "./types.ts";

/** How many rows were deleted. */
export interface ErasedRows {
  readonly calls: number;
  /** Journal rows: each holds an event and its part of the trace. */
  readonly steps: number;
  /** Requests that were waiting for delivery or had been given up. */
  readonly deliveries: number;
  readonly recordings: number;
}

/** An erasure, with who requested it for the audit log. */
export interface ErasureOrder {
  readonly account: string;
  readonly callSids: readonly string[];
  readonly actor: AuditActor;
  readonly action: "call.erased" | "number.erased";
  /** Must not contain anything that is erased. */
  readonly subject: string;
  /** Epoch ms. */
  readonly at: number;
}

/** Everything stored about a call as text, unsealed, for a search. */
export interface CallTexts {
  readonly callSid: string;
  readonly startedAt: number;
  readonly texts: readonly string[];
}

interface ErasuresOptions {
  readonly db: Kysely<Tables>;
  readonly feed: Pick<FeedTable, "appendWithin" | "notePending">;
  readonly audit: Pick<AuditLog, "note">;
  readonly node: string;
  readonly sealer: Sealer | null;
}

export const NOTHING_ERASED: ErasedRows = { calls: 0, steps: 0, deliveries: 0, recordings: 0 };

/** Files returned at once. */
const FILES_AT_ONCE = 100;

/**
 * Deletes calls that have ended, with all their rows in every table. A live call is not in `calls`, so none of its rows are
 * touched. Files can't be deleted in a transaction: their names move from `recordings` to `files_to_delete`, and are deleted
 * there after the file, so that neither a file nor a name is left over after a crash.
 */
export class Erasures {
  readonly #options: ErasuresOptions;

  constructor(options: ErasuresOptions) {
    this.#options = options;
  }

  /** Erases calls of an account, with an entry in the audit log and an event for each call: all or nothing. */
  async erase(order: ErasureOrder): Promise<ErasedRows> {
    const { db, feed, audit } = this.#options;
    const { account, callSids, at, actor, action, subject } = order;
    const erased = await db.transaction().execute(async (tx) => {
      const { rows, sids } = await deleteCalls(tx, account, callSids);
      const events = sids.map((call_sid) => ({ at, type: "call.erased", data: { call_sid } }));
      await feed.appendWithin(tx, account, events);
      await audit.note(tx, { account, at, actor, action, subject, after: rows });
      return rows;
    });
    feed.notePending();
    return erased;
  }

  /** Whether a call of the account is live; null if the account has no such call. */
  isLive(account: string, callSid: string): Promise<boolean | null> {
    return withinAccount(this.#options.db, account, async (db) => {
      const { rows } = await sql<{ live: boolean }>`
        select true as live from live where account = ${account} and call_sid = ${callSid}
        union all select false from calls where account = ${account} and call_sid = ${callSid}`.execute(db);
      return rows[0]?.live ?? null;
    });
  }

  /** At most `limit` calls of the account after a cursor, oldest first, with all their texts. */
  texts(
    account: string,
    from: "live" | "calls",
    after: CallCursor | null,
    limit: number,
  ): Promise<readonly CallTexts[]> {
    return withinAccount(this.#options.db, account, async (db) => {
      const { rows } = await textsQuery(account, from, after, limit).execute(db);
      return rows.map((row) => this.#opened(row));
    });
  }

  #opened({ call_sid, started_at, own, steps, requests }: TextsRow): CallTexts {
    const { sealer } = this.#options;
    const open = (place: string, text: string): string => openText(sealer, call_sid, place, text);
    const journal = (JSON.parse(steps) as StepTexts[]).flatMap(([seq, event, trace, legs]) => [
      open(PLACES.event(seq), event),
      trace,
      legs === null ? "" : open(PLACES.legs(seq), legs),
    ]);
    const outbox = (JSON.parse(requests) as RequestTexts[]).flatMap(([id, request, error]) => [
      open(PLACES.request(id), request),
      error ?? "",
    ]);
    return { callSid: call_sid, startedAt: started_at, texts: [own, ...journal, ...outbox] };
  }

  /** Some of the files that must be deleted from this node's disk. */
  async filesToDelete(): Promise<readonly string[]> {
    const query = this.#options.db.selectFrom("files_to_delete").select("file").where("node", "=", this.#options.node);
    return (await query.orderBy("file").limit(FILES_AT_ONCE).execute()).map(({ file }) => file);
  }

  /** Notes that these files no longer exist. */
  async filesDeleted(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    await this.#options.db.deleteFrom("files_to_delete").where("file", "in", files).execute();
  }
}

const NOW_MS = sql.raw("(extract(epoch from clock_timestamp()) * 1000)::bigint");

/** Deletes ended calls of an account from every table, in one statement, so that all of them lose the same calls. */
export async function deleteCalls(
  tx: AccountDb,
  account: string,
  callSids: readonly string[],
): Promise<{ readonly rows: ErasedRows; readonly sids: readonly string[] }> {
  const { rows } = await sql<ErasedRows & { sids: readonly string[] }>`
    with gone as (
      delete from calls where account = ${account} and call_sid = any(${callSids}) returning call_sid, node),
    steps as (delete from journal j using gone g where j.call_sid = g.call_sid returning 1),
    sounds as (
      delete from recordings r using gone g where r.call_sid = g.call_sid and r.account = ${account}
      returning r.file, g.node),
    files as (
      insert into files_to_delete (file, account, node, since)
      select file, ${account}, node, ${NOW_MS} from sounds on conflict do nothing),
    owed as (delete from outbox o using gone g where o.call_sid = g.call_sid returning 1),
    keys as (delete from call_keys k using gone g where k.account = ${account} and k.call_sid = g.call_sid)
    select array(select call_sid from gone order by call_sid) as sids, (select count(*)::int from gone) as calls,
      (select count(*)::int from steps) as steps, (select count(*)::int from owed) as deliveries,
      (select count(*)::int from sounds) as recordings`.execute(tx);
  const { sids, ...counts } = rows[0] ?? { ...NOTHING_ERASED, sids: [] };
  return { rows: counts, sids };
}

/** Sequence number, event, trace and leg snapshots of a journal row. */
type StepTexts = readonly [number, string, string, string | null];
/** Id, request and error of an outbox row. */
type RequestTexts = readonly [string, string, string | null];

interface TextsRow {
  readonly call_sid: string;
  readonly started_at: number;
  readonly own: string;
  readonly steps: string;
  readonly requests: string;
}

function textsQuery(account: string, from: "live" | "calls", after: CallCursor | null, limit: number) {
  const { startedAt, callSid } = after ?? { startedAt: 0, callSid: "" };
  const ended = sql.raw(from === "calls" ? ", cdr, attempts, requests" : "");
  return sql<TextsRow>`
    select c.call_sid, c.started_at,
      concat_ws(E'\\n', from_number, to_number, dial_to, custom_field ${ended},
        (select string_agg(key, E'\\n') from call_keys k where k.account = c.account and k.call_sid = c.call_sid)) as own,
      (select coalesce(json_agg(json_build_array(seq, event, trace, leg_snapshots)), '[]')::text
        from journal j where j.call_sid = c.call_sid) as steps,
      (select coalesce(json_agg(json_build_array(id, request, error)), '[]')::text
        from outbox o where o.call_sid = c.call_sid) as requests
    from ${sql.raw(from)} c
    where account = ${account} and (started_at, call_sid) > (${startedAt}, ${callSid})
    order by started_at, call_sid limit ${limit}`;
}
