import { sql } from "kysely";
import type { ClientBase, Pool } from "pg";
import type { FeedPlace, OwnEvent } from "./feed-items.ts";
import { ownItem, placesOf } from "./feed-items.ts";
import type { AccountDb } from "./account-rows.ts";
import { clientWithinAccount } from "./account-rows.ts";
import { intArray, textArray } from "./sql-arrays.ts";

export type { OwnEvent } from "./feed-items.ts";

/** One event of an account's feed, as it is stored. `seq` counts from 1 without a gap. */
export type FeedRow = { readonly seq: number } & (
  | {
      readonly kind: "entry";
      readonly callSid: string;
      /** Time of the step, epoch ms. */
      readonly at: number;
      /** The trace entries of the step as JSON, and the `seq` of the one that this event is. */
      readonly trace: string;
      readonly entry: number;
    }
  | { readonly kind: "own"; readonly event: OwnEvent }
  /** Its call was erased, or its row is damaged. `callSid` is null if it is not known. */
  | { readonly kind: "missing"; readonly callSid: string | null; readonly at: number }
);

/** Some events of a feed, in order. */
export interface FeedPage {
  /** Number of the account's newest event; 0 if there has been none yet. */
  readonly newest: number;
  /** Events up to this one were deleted by age. */
  readonly gone: number;
  /** Null, unless the events around the cursor were lost when a backup was restored: the last event before those. */
  readonly resume: number | null;
  readonly rows: readonly FeedRow[];
}

/** The result of one round of numbering. */
export interface SequencedRound {
  /** The newest number of each account that got new numbers. */
  readonly newest: ReadonlyMap<string, number>;
  /** There may be more to number. */
  readonly more: boolean;
}

const NOW_MS = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
/** Journal commits that are numbered at once: they become one row per account, which a reader parses as a whole. */
const ROUND_ROWS = 100;
/** Rows read for one page: each has at least one event, and usually many. */
const PAGE_ROWS = 100;
/** Rows deleted by one statement. */
const TRIM_ROWS = 1000;
/** An event that a reader has seen must never change, even if the server's own default would allow it. */
const DURABLE =
  "case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', true) end";

/**
 * Numbers what was committed, in the order of the rows' ids: a call's rows are committed one after the other, so that
 * its events keep their order. The lock keeps nodes from doing the same work; without it, the row locks of `delete`
 * would still give every row to only one of them. Numbers and rows are one transaction: every number that is given is
 * used.
 */
const SEQUENCE = `
  with guard as materialized (
    select pg_try_advisory_xact_lock(hashtextextended('plugboard feed', 0)) as free, ${DURABLE} as durable),
  taken as (
    delete from feed_pending p using guard
    where guard.free and p.id in (select id from feed_pending order by id limit $1)
    returning p.id, p.account, p.n, p.items),
  sums as (
    select account, sum(n)::int as n, count(*)::int as rows, string_agg(items, ',' order by id) as items
    from taken group by account),
  counted as (
    insert into feed_heads as h (account, last) select account, n from sums order by account
    on conflict (account) do update set last = h.last + excluded.last returning h.account, h.last),
  written as (
    insert into feed (account, last, n, at, items)
    select s.account, c.last, s.n, ${NOW_MS}, s.items from sums s join counted c on c.account = s.account)
  select c.account, c.last, s.rows from counted c join sums s on s.account = c.account`;

/** Head and rows in one statement: a deletion meanwhile is seen in both or in neither. */
const PAGE = `
  select h.last as newest, h.gone, f.last, f.n, f.at, f.items,
    (select r.after from feed_restores r where r.account = $1 and r.after < $2 and r.until >= $2) as resume
  from feed_heads h left join lateral (
    select last, n, at, items from feed where account = h.account and last > $2 order by last limit $3) f on true
  where h.account = $1 order by f.last`;

const STEPS = `
  select j.call_sid, j.seq, j.at, j.trace
  from unnest($1::text[], $2::int[]) as u(call_sid, seq)
  cross join lateral (
    select started_at from calls where call_sid = u.call_sid
    union all select started_at from live where call_sid = u.call_sid) c
  join journal j on j.call_sid = u.call_sid and j.seq = u.seq and j.started_at in (0, c.started_at)`;

/** Deletes the oldest rows without looking at the newer ones. */
const TRIM = `
  with oldest as (select last, at from feed where account = $1 order by last limit $3),
  old as (select max(last) as last from oldest where at < $2),
  removed as (delete from feed f using old where f.account = $1 and f.last <= old.last returning f.last, f.n)
  update feed_heads set gone = greatest(gone, r.last)
  from (select max(last) as last, count(*)::int as n, sum(n)::int as events from removed) r
  where account = $1 and r.last is not null returning r.n, r.events`;

interface PageRow {
  readonly newest: number;
  readonly gone: number;
  readonly resume: number | null;
  readonly last: number | null;
  readonly n: number;
  readonly at: number;
  readonly items: string;
}

interface StepRow {
  readonly call_sid: string;
  readonly seq: number;
  readonly at: number;
  readonly trace: string;
}

/** An event whose step has not been read yet. */
type Located = FeedPlace & { readonly number: number; readonly writtenAt: number };

/**
 * The numbered events of each account. Events are put into `feed_pending` in the transaction that causes them, which
 * locks nothing, so a call never waits here. One statement at a time then numbers what has been committed.
 *
 *   journal commit ─┐
 *   append ─────────┴─► feed_pending ── sequence ──► feed (1 … n of each account) ── page ──► readers
 */
export class FeedTable {
  readonly #pool: Pool;
  #onPending: () => void = () => undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** `listener` is called when this process has committed something that waits to be numbered; one listener at a time. */
  onPending(listener: () => void): void {
    this.#onPending = listener;
  }

  notePending(): void {
    this.#onPending();
  }

  /**
   * Adds events in order; they are durable when it resolves. With `client`, they are part of that client's transaction,
   * and exist only if it commits; then call {@link notePending}, so that readers see them soon.
   */
  async append(account: string, events: readonly OwnEvent[], client?: ClientBase): Promise<void> {
    if (events.length === 0) return;
    const text = `insert into feed_pending (account, n, items) select $1, $2, $3 from (select ${DURABLE}) d`;
    await (client ?? this.#pool).query(text, [account, events.length, events.map(ownItem).join(",")]);
    if (client === undefined) this.notePending();
  }

  /** The same within a transaction of kysely's; call {@link notePending} when it has committed. */
  async appendWithin(db: AccountDb, account: string, events: readonly OwnEvent[]): Promise<void> {
    if (events.length === 0) return;
    const items = events.map(ownItem).join(",");
    await sql`insert into feed_pending (account, n, items)
      select ${account}, ${events.length}, ${items} from (select ${sql.raw(DURABLE)}) d`.execute(db);
  }

  /** Numbers the events that are waiting. */
  async sequence(): Promise<SequencedRound> {
    const { rows } = await this.#pool.query<{ account: string; last: number; rows: number }>({
      name: "feed_sequence",
      text: SEQUENCE,
      values: [ROUND_ROWS],
    });
    const taken = rows.reduce((sum, row) => sum + row.rows, 0);
    return { newest: new Map(rows.map(({ account, last }) => [account, last])), more: taken === ROUND_ROWS };
  }

  /** The newest number of each of these accounts that has one. */
  async newest(accounts: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const text = "select account, last from feed_heads where account = any($1::text[])";
    const { rows } = await this.#pool.query<{ account: string; last: number }>({
      name: "feed_newest",
      text,
      values: [textArray(accounts)],
    });
    return new Map(rows.map(({ account, last }) => [account, last]));
  }

  /** Events after number `after`, at most `limit`, and possibly fewer even if there are more. */
  page(account: string, after: number, limit: number): Promise<FeedPage> {
    return clientWithinAccount(this.#pool, account, (client) => this.#page(client, account, after, limit));
  }

  async #page(client: ClientBase, account: string, after: number, limit: number): Promise<FeedPage> {
    const rowLimit = Math.min(limit, PAGE_ROWS);
    const { rows } = await client.query<PageRow>({
      name: "feed_page",
      text: PAGE,
      values: [account, after, rowLimit],
    });
    const located = rows
      .flatMap(locate)
      .filter(({ number }) => number > after)
      .slice(0, limit);
    const [first] = rows;
    const { newest = 0, gone = 0, resume = null } = first ?? {};
    return { newest, gone, resume, rows: await this.#withSteps(client, located) };
  }

  /** Deletes an account's events that were numbered before `before` (epoch ms of the database); at most 1,000 rows. */
  async trim(account: string, before: number): Promise<{ readonly events: number; readonly more: boolean }> {
    const { rows } = await this.#pool.query<{ n: number; events: number }>(TRIM, [account, before, TRIM_ROWS]);
    return { events: rows[0]?.events ?? 0, more: rows[0]?.n === TRIM_ROWS };
  }

  /** Every account that has a feed. */
  async accounts(): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ account: string }>("select account from feed_heads order by account");
    return rows.map(({ account }) => account);
  }

  async #withSteps(client: ClientBase, located: readonly Located[]): Promise<readonly FeedRow[]> {
    const steps = await this.#steps(client, located);
    return located.map((one): FeedRow => {
      const { number: seq, writtenAt } = one;
      if (one.kind === "own") return { kind: "own", seq, event: one.event };
      if (one.kind === "unreadable") return { kind: "missing", seq, callSid: null, at: writtenAt };
      const { callSid, entry } = one;
      const step = steps.get(`${callSid} ${one.step}`);
      if (step === undefined) return { kind: "missing", seq, callSid, at: writtenAt };
      return { kind: "entry", seq, callSid, at: step.at, trace: step.trace, entry };
    });
  }

  async #steps(client: ClientBase, located: readonly Located[]): Promise<ReadonlyMap<string, StepRow>> {
    const keys = new Map(located.flatMap((one) => (one.kind === "entry" ? [[`${one.callSid} ${one.step}`, one]] : [])));
    if (keys.size === 0) return new Map();
    const wanted = [...keys.values()];
    const { rows } = await client.query<StepRow>({
      name: "feed_steps",
      text: STEPS,
      values: [textArray(wanted.map(({ callSid }) => callSid)), intArray(wanted.map(({ step }) => step))],
    });
    return new Map(rows.map((row) => [`${row.call_sid} ${row.seq}`, row]));
  }
}

function locate({ last, n, at, items }: PageRow): readonly Located[] {
  if (last === null) return [];
  const first = last - n + 1;
  return placesOf(n, items).map((place, i) => ({ ...place, number: first + i, writtenAt: at }));
}
