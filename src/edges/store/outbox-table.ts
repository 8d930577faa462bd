import type { Selectable } from "kysely";
import { sql } from "kysely";
import type { Pool } from "pg";
import type { AccountDb } from "./account-rows.ts";
import { openText, PLACES } from "./sealed-rows.ts";
import type { Sealer } from "./sealer.ts";
import { bigintArray, textArray } from "./sql-arrays.ts";
import type { OutboxTable } from "./tables.ts";
import type { ClaimedRow, OutboxEntry, OutboxFilter, OutboxVerdict } from "./types.ts";

/** The database's clock, in ms: leases of several machines are compared by it. */
const NOW_MS = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/**
 * Further ahead than any lease or retry (30 min): such a row was written before the database's clock was set back, and
 * would wait that much longer.
 */
const FARTHEST_MS = 35 * 60_000;

/**
 * The oldest row of each (call, order key) that is due. A claimed row is simply due again when its lease ends, so a
 * worker that dies needs no clean-up. `skip locked`: workers of several nodes never wait for each other.
 */
const CLAIM = `
  with due as (
    select id from outbox o
    where parked_at is null and (due_at <= ${NOW_MS} or due_at > ${NOW_MS} + ${FARTHEST_MS})
      and not exists (
        select 1 from outbox p
        where p.call_sid = o.call_sid and p.order_key = o.order_key and p.seq < o.seq and p.parked_at is null)
    order by due_at limit $1 for update skip locked)
  update outbox set due_at = ${NOW_MS} + $2::bigint, leased_by = $3
  from due where outbox.id = due.id
  returning outbox.id, call_sid, order_key, account, purpose, request, created_at, tries, seq, version`;

/** A postponed row also postpones its successors: otherwise every claim would look at them for nothing. */
const SETTLE = `
  with delivered as (delete from outbox where id = any($1::text[]) returning call_sid, order_key, seq),
  given_up as (
    update outbox set parked_at = ${NOW_MS}, leased_by = null, error = u.error, tries = tries + 1
    from unnest($2::text[], $3::text[]) as u(id, error) where outbox.id = u.id
    returning call_sid, order_key, seq),
  postponed as (
    update outbox o set due_at = ${NOW_MS} + u.in_ms, leased_by = null,
      tries = o.tries + case when o.id = u.id and u.error is not null then 1 else 0 end,
      error = case when o.id = u.id then coalesce(u.error, o.error) else o.error end
    from unnest($4::text[], $5::bigint[], $6::text[]) as u(id, in_ms, error) join outbox h on h.id = u.id
    where o.call_sid = h.call_sid and o.order_key = h.order_key and o.seq >= h.seq and o.parked_at is null)
  select exists (
    select 1 from (table delivered union all table given_up) g
    join outbox o on o.call_sid = g.call_sid and o.order_key = g.order_key and o.seq > g.seq) as more`;

/** By the index of what is due. What is due at once (0) waits since it was made. */
const LAG = `
  select ${NOW_MS} - greatest(due_at, created_at) as lag from outbox
  where parked_at is null and due_at <= ${NOW_MS} order by due_at limit 1`;

type Raw = Omit<Selectable<OutboxTable>, "due_at" | "leased_by" | "parked_at" | "error">;

type RawEntry = Omit<Selectable<OutboxTable>, "leased_by">;

const PAGE_DEFAULT = 50;
const PAGE_LIMIT = 100;

/**
 * The table of requests to deliver. `pool` may acknowledge a change before it is on disk: a claim or verdict lost in a
 * crash means one more delivery, which at-least-once allows. Rows arrive through the journal and are just as durable.
 */
export class OutboxQueue {
  readonly #pool: Pool;
  readonly #node: string;
  readonly #sealer: Sealer | null;

  constructor(pool: Pool, node: string, sealer: Sealer | null) {
    this.#pool = pool;
    this.#node = node;
    this.#sealer = sealer;
  }

  /** Makes rows that an earlier process of this node had leased due at once. Call only while holding the node's id. */
  async inherit(): Promise<void> {
    await this.#pool.query("update outbox set due_at = 0, leased_by = null where leased_by = $1", [this.#node]);
  }

  /** How long the most overdue delivery has been waiting, ms; 0 if none is. */
  async lagMs(): Promise<number> {
    const { rows } = await this.#pool.query<{ lag: number }>({ name: "outbox_lag", text: LAG });
    return rows[0]?.lag ?? 0;
  }

  async claim(limit: number, leaseMs: number): Promise<readonly ClaimedRow[]> {
    const { rows } = await this.#pool.query<Raw>({
      name: "outbox_claim",
      text: CLAIM,
      values: [limit, Math.round(leaseMs), this.#node],
    });
    return rows.sort((a, b) => a.seq - b.seq).map((row) => claimed(row, this.#sealer));
  }

  /** Whether rows were waiting for these. */
  async settle(verdicts: readonly OutboxVerdict[]): Promise<boolean> {
    if (verdicts.length === 0) return false;
    const done = verdicts.filter((verdict) => verdict.kind === "done");
    const parked = verdicts.filter((verdict) => verdict.kind === "parked");
    const retry = verdicts.filter((verdict) => verdict.kind === "retry" || verdict.kind === "later");
    const values = [
      textArray(done.map(({ id }) => id)),
      textArray(parked.map(({ id }) => id)),
      textArray(parked.map(({ error }) => error)),
      textArray(retry.map(({ id }) => id)),
      bigintArray(retry.map(({ inMs }) => Math.round(inMs))),
      textArray(retry.map((verdict) => (verdict.kind === "retry" ? verdict.error : null))),
    ];
    const { rows } = await this.#pool.query<{ more: boolean }>({ name: "outbox_settle", text: SETTLE, values });
    return rows[0]?.more === true;
  }

  /** Newest first. */
  async list(
    db: AccountDb,
    account: string,
    { state, before = Number.MAX_SAFE_INTEGER, limit = PAGE_DEFAULT }: OutboxFilter,
  ): Promise<readonly OutboxEntry[]> {
    const condition = state === undefined ? "true" : `parked_at is ${state === "parked" ? "not null" : "null"}`;
    const { rows } = await sql<RawEntry>`
      select id, call_sid, order_key, account, purpose, request, created_at, tries, seq, version,
        due_at, parked_at, error
      from outbox where account = ${account} and ${sql.raw(condition)} and seq < ${before}
      order by seq desc limit ${Math.min(Math.max(limit, 1), PAGE_LIMIT)}`.execute(db);
    return rows.map((row) => ({
      ...claimed(row, this.#sealer),
      seq: row.seq,
      dueAt: row.due_at,
      parkedAt: row.parked_at,
      error: row.error,
    }));
  }

  async unpark(db: AccountDb, account: string, id: string): Promise<"waits" | "waited_already" | "unknown"> {
    const { rows } = await sql<{ back: boolean }>`
      with back as (
        update outbox set parked_at = null, due_at = 0, tries = 0, created_at = ${sql.raw(NOW_MS)}
        where account = ${account} and id = ${id} and parked_at is not null returning id)
      select exists (select 1 from back) as back from outbox where account = ${account} and id = ${id}`.execute(db);
    const [row] = rows;
    if (row === undefined) return "unknown";
    return row.back ? "waits" : "waited_already";
  }
}

function claimed(row: Raw, sealer: Sealer | null): ClaimedRow {
  return {
    id: row.id,
    callSid: row.call_sid,
    order: row.order_key,
    account: row.account,
    purpose: row.purpose,
    request: openText(sealer, row.call_sid, PLACES.request(row.id), row.request),
    version: row.version,
    createdAt: row.created_at,
    tries: row.tries,
  };
}
