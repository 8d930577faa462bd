import type { Kysely } from "kysely";
import { sql } from "kysely";
import { DatabaseError } from "pg";
import type { AccountDb } from "./account-rows.ts";
import type { Tables } from "./tables.ts";

/** A partition of the journal: the rows of all calls that began in one week, Monday to Sunday in UTC. */
interface JournalWeek {
  readonly table: string;
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1 January 1970 was a Thursday, so the first Monday was the fifth. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** Weeks to have ready, this one included: longer than an outage of the worker could go unnoticed. */
const WEEKS_AHEAD = 3;
/** Missing weeks to make in one round; the next round makes the others. */
const WEEKS_AT_ONCE = 20;
/** The year 2100, epoch ms. A call that begins later comes from a broken clock: its rows stay where they are. */
const LAST_MS = 4_102_444_800_000;
/**
 * ms that a change of partitions waits for its locks. Steps of calls queue up behind it meanwhile, so it gives up early, and the
 * next round tries again.
 */
const LOCK_WAIT_MS = 100;
const LOCK_NOT_AVAILABLE = "55P03";

/** Rows of calls that began before the journal had weeks. Dropped once it is empty. */
const BEFORE_WEEKS = "journal_before_weeks";
/** Rows of weeks that have no partition, so that no insert ever fails for lack of one. */
const REST = "journal_rest";
const COLUMNS = "call_sid, seq, at, event, trace, leg_snapshots, version, started_at";

/**
 * The journal's partitions, one for each week in which calls began. All rows of a call are in one of them, so that its primary
 * key (call, step) keeps a step from being written twice, as it did in one table. A week is dropped as a whole
 * once no account needs its traces any more.
 *
 *   journal ─┬─ journal_before_weeks   started_at = 0
 *            ├─ journal_w_20260601     one week of calls
 *            └─ journal_rest           everything else: empty as long as weeks are made in time
 */
export class JournalWeeks {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Makes this week and the next ones, and moves their rows from the rest into them. Returns how many it made. */
  async make(nowMs: number): Promise<number> {
    const known = new Set((await this.#tables()).map(({ table }) => table));
    const ahead = Array.from({ length: WEEKS_AHEAD }, (_, i) => weekOf(nowMs + i * WEEK_MS));
    let made = 0;
    for (const week of [...ahead, ...(await this.#caught())].filter(({ table }) => !known.has(table)))
      if (await this.#unlessBusy((tx) => makeWeek(tx, week))) made += 1;
    return made;
  }

  /** Weeks that had no partition when calls began in them. */
  async #caught(): Promise<readonly JournalWeek[]> {
    const { rows } = await sql<{ week: number }>`
      select distinct (started_at - ${FIRST_MONDAY_MS}::bigint) / ${WEEK_MS}::bigint as week from ${sql.table(REST)}
      where started_at between 1 and ${LAST_MS} order by week limit ${WEEKS_AT_ONCE}`.execute(this.#db);
    return rows.map(({ week }) => weekOf(FIRST_MONDAY_MS + week * WEEK_MS));
  }

  /**
   * Drops the weeks that ended before `beforeMs`, unless one of their calls is live, and the partition from before the weeks once
   * all its rows have been deleted. Returns how many tables it dropped.
   */
  async drop(beforeMs: number): Promise<number> {
    const old = (await this.#tables()).filter(({ to }) => to <= beforeMs);
    let dropped = 0;
    for (const week of old) if (await this.#unlessBusy((tx) => dropWeek(tx, week))) dropped += 1;
    return dropped;
  }

  async #tables(): Promise<readonly JournalWeek[]> {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'journal'::regclass order by c.relname`.execute(this.#db);
    return rows.flatMap(({ name }) =>
      name === BEFORE_WEEKS ? [{ table: name, from: 0, to: 1 }] : (namedWeek(name) ?? []),
    );
  }

  /** Does the work in a transaction; false: a lock was not free, or there was nothing to do. */
  async #unlessBusy(work: (tx: AccountDb) => Promise<boolean>): Promise<boolean> {
    try {
      return await this.#db.transaction().execute(async (tx) => {
        await sql.raw(`set local lock_timeout = ${LOCK_WAIT_MS}`).execute(tx);
        return work(tx);
      });
    } catch (error) {
      if (error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE) return false;
      throw error;
    }
  }
}

function weekOf(ms: number): JournalWeek {
  const from = ms - ((ms - FIRST_MONDAY_MS) % WEEK_MS);
  const table = `journal_w_${new Date(from).toISOString().slice(0, 10).replaceAll("-", "")}`;
  return { table, from, to: from + WEEK_MS };
}

/** Null: the table is not a week. */
function namedWeek(table: string): JournalWeek | null {
  const [, year, month, day] = /^journal_w_(\d{4})(\d\d)(\d\d)$/.exec(table) ?? [];
  return day === undefined ? null : weekOf(Date.parse(`${year}-${month}-${day}T00:00:00Z`));
}

/** Attaches the table once it is filled, which locks the parent against other changes of partitions, but not against inserts. */
async function makeWeek(tx: AccountDb, { table, from, to }: JournalWeek): Promise<boolean> {
  // Two nodes may do this at the same time.
  await sql`select pg_advisory_xact_lock(hashtextextended('plugboard weeks', 0))`.execute(tx);
  const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(tx);
  if (rows[0]?.there !== false) return false;
  for (const statement of [
    `create table ${table} (like journal including defaults, primary key (call_sid, seq))`,
    `lock table ${REST} in access exclusive mode`,
    `with moved as (delete from ${REST} where started_at >= ${from} and started_at < ${to} returning ${COLUMNS})
      insert into ${table} (${COLUMNS}) select ${COLUMNS} from moved`,
    `alter table journal attach partition ${table} for values from (${from}) to (${to})`,
  ])
    await sql.raw(statement).execute(tx);
  return true;
}

async function dropWeek(tx: AccountDb, { table, from, to }: JournalWeek): Promise<boolean> {
  const isNeeded =
    table === BEFORE_WEEKS
      ? sql`select 1 from ${sql.table(table)}`
      : sql`select 1 from live where started_at >= ${from} and started_at < ${to}`;
  const { rows } = await sql<{ needed: boolean }>`select exists (${isNeeded}) as needed`.execute(tx);
  if (rows[0]?.needed !== false) return false;
  await sql.raw(`drop table if exists ${table}`).execute(tx);
  return true;
}
