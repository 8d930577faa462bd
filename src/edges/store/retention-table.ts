import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { AccountDb } from "./account-rows.ts";
import { deleteCalls } from "./erasures.ts";
import type { Tables } from "./tables.ts";

/**
 * What deletion by age deletes. `traces`: requests, and deliveries that were given up; `journal`: events and trace entries, unless
 * they are dropped with their week.
 */
export const AGED_KINDS = ["calls", "traces", "journal", "recordings"] as const;
export type AgedKind = (typeof AGED_KINDS)[number];

/** The result of one batch. */
export interface AgedBatch {
  /** For `recordings` the number of files to delete; otherwise of calls. */
  readonly count: number;
  readonly more: boolean;
}

/** Calls of one batch: a few thousand rows of the journal, and tens of ms. */
const BATCH_CALLS = 200;

interface Place {
  readonly started_at: number;
  readonly call_sid: string;
}

/**
 * Deletes what an account has kept long enough, in batches of one short transaction each; only one node works at a time.
 * Deleted traces and recordings leave the call's record, so `retention_progress` keeps how far their deletion has come.
 */
export class RetentionTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Every account that has a call, found by the index without reading all calls. */
  async accounts(): Promise<readonly string[]> {
    const { rows } = await sql<{ account: string }>`
      with recursive known as (
        (select account from calls order by account limit 1)
        union all
        select (select account from calls c where c.account > k.account order by account limit 1)
        from known k where k.account is not null)
      select account from known where account is not null`.execute(this.#db);
    return rows.map(({ account }) => account);
  }

  /** Processes one batch of an account's calls that began before `before` (epoch ms). Null: another node is working. */
  batch(kind: AgedKind, account: string, before: number, reason: string): Promise<AgedBatch | null> {
    return this.#db.transaction().execute(async (tx) => {
      if (!(await isOurTurn(tx))) return null;
      const calls = await oldest(tx, kind, account, before);
      if (calls.length === 0) return { count: 0, more: false };
      const count = await DELETIONS[kind](tx, account, calls, reason);
      return { count, more: calls.length === BATCH_CALLS };
    });
  }
}

type Deletion = (tx: AccountDb, account: string, calls: readonly Place[], reason: string) => Promise<number>;

const DELETIONS: Readonly<Record<AgedKind, Deletion>> = {
  calls: async (tx, account, calls) => (await deleteCalls(tx, account, sidsOf(calls))).rows.calls,
  traces: deleteTraces,
  journal: deleteJournal,
  recordings: deleteRecordings,
};

async function isOurTurn(tx: AccountDb): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('plugboard retention', 0)) as free`.execute(tx);
  return rows[0]?.free === true;
}

/** The oldest expired calls; unless calls themselves are deleted, only those after the last one processed. */
async function oldest(tx: AccountDb, kind: AgedKind, account: string, before: number): Promise<readonly Place[]> {
  const done = sql`(started_at, call_sid) > (
    coalesce((select started_at from retention_progress where account = ${account} and kind = ${kind}), 0),
    coalesce((select call_sid from retention_progress where account = ${account} and kind = ${kind}), ''))`;
  const { rows } = await sql<Place>`
    select started_at, call_sid from calls
    where account = ${account} and started_at < ${before} and ${kind === "calls" ? sql`true` : done}
    order by started_at, call_sid limit ${BATCH_CALLS}`.execute(tx);
  return rows;
}

/** Also deletes journal rows from before the weeks, since no week is dropped with them. */
async function deleteTraces(tx: AccountDb, account: string, calls: readonly Place[]): Promise<number> {
  const sids = sidsOf(calls);
  await sql`delete from journal where call_sid = any(${sids}) and started_at = 0`.execute(tx);
  await sql`delete from outbox where call_sid = any(${sids}) and parked_at is not null`.execute(tx);
  await sql`update calls set requests = '[]' where call_sid = any(${sids}) and requests <> '[]'`.execute(tx);
  await noteProgress(tx, "traces", account, calls);
  return calls.length;
}

async function deleteJournal(tx: AccountDb, account: string, calls: readonly Place[]): Promise<number> {
  const [first, last] = [calls[0]?.started_at ?? 0, calls.at(-1)?.started_at ?? 0];
  await sql`delete from journal where call_sid = any(${sidsOf(calls)}) and started_at between ${first} and ${last}`.execute(
    tx,
  );
  await noteProgress(tx, "journal", account, calls);
  return calls.length;
}

/** The rows stay, and say why the file is missing. */
async function deleteRecordings(
  tx: AccountDb,
  account: string,
  calls: readonly Place[],
  reason: string,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with gone as (
      update recordings r set failure = coalesce(failure, ${reason}) from calls c
      where r.call_sid = any(${sidsOf(calls)}) and c.call_sid = r.call_sid returning r.file, c.node),
    noted as (
      insert into files_to_delete (file, account, node, since)
      select file, ${account}, node, (extract(epoch from clock_timestamp()) * 1000)::bigint from gone
      on conflict do nothing returning 1)
    select count(*)::int as count from noted`.execute(tx);
  await noteProgress(tx, "recordings", account, calls);
  return rows[0]?.count ?? 0;
}

async function noteProgress(tx: AccountDb, kind: AgedKind, account: string, calls: readonly Place[]): Promise<void> {
  const last = calls.at(-1);
  if (last === undefined) return;
  await sql`insert into retention_progress (account, kind, started_at, call_sid)
    values (${account}, ${kind}, ${last.started_at}, ${last.call_sid})
    on conflict (account, kind) do update set started_at = excluded.started_at, call_sid = excluded.call_sid`.execute(
    tx,
  );
}

function sidsOf(calls: readonly Place[]): readonly string[] {
  return calls.map(({ call_sid }) => call_sid);
}
