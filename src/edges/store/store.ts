import { Kysely, PostgresDialect } from "kysely";
import type { ClientConfig } from "pg";
import { Pool } from "pg";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { ConfigurationTable } from "./configuration-table.ts";
import { CallKeys, readableError } from "./call-keys.ts";
import type { CallStatistics, StatisticsRange } from "./call-statistics.ts";
import { readStatistics } from "./call-statistics.ts";
import type { AccountDb } from "./account-rows.ts";
import { isolateAccounts, withinAccount } from "./account-rows.ts";
import { ApiKeyTable } from "./api-key-table.ts";
import { AuditLog } from "./audit-log.ts";
import { clientConfig } from "./connection.ts";
import { Erasures } from "./erasures.ts";
import { FeedTable } from "./feed-table.ts";
import type { StoredText } from "./format.ts";
import { FORMAT } from "./format.ts";
import type { Urgency } from "./journal.ts";
import { Journal } from "./journal.ts";
import { JournalWeeks } from "./journal-weeks.ts";
import { checkKey } from "./key-check.ts";
import { MemberTable } from "./member-table.ts";
import { migrate } from "./migrations.ts";
import { NODE_LOCK_KEY } from "./node-connection.ts";
import { OutboxQueue } from "./outbox-table.ts";
import { Reader } from "./reader.ts";
import { PLACES, sealRow } from "./sealed-rows.ts";
import type { Sealer } from "./sealer.ts";
import { RecordedCalls } from "./recorded-calls.ts";
import { RetentionTable } from "./retention-table.ts";
import { SpendReader } from "./spend-reader.ts";
import type { Tables } from "./tables.ts";
import type {
  CallCursor,
  CallFilter,
  CallPage,
  CallSummary,
  ClaimedRow,
  EndedCallRow,
  JournalRow,
  OutboxEntry,
  OutboxFilter,
  OutboxVerdict,
  StoredCall,
  StoredRecording,
  UnfinishedCall,
} from "./types.ts";

export { NodeTakenError } from "./node-connection.ts";

/** What `Store.open` needs besides the database. */
export interface StoreOptions {
  readonly log: Log;
  /** This node's id: calls are marked with it. One process at a time may hold it. */
  readonly node: string;
  readonly clock?: Clock;
  /** Seals what is stored; null: it is stored unsealed (tests, tools). */
  readonly sealer?: Sealer | null;
}

/** Waits for a database that is just starting, and for a predecessor's connection to close. */
const OPEN_LIMIT_MS = 10_000;
const PING_LIMIT_MS = 2_000;
/** Reads never need more at once; the embedded server allows 32 in all. */
const READ_CONNECTIONS = 4;
const OUTBOX_CONNECTIONS = 1;
/** One to number events, one to read them. */
const FEED_CONNECTIONS = 2;
/**
 * Outbox and feed fill and empty faster than the statistics are updated: a plan made while they were empty once scanned
 * the whole outbox for each of its rows, for minutes.
 */
const BY_INDEX =
  "-c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off";
/** In ms. Shorter than a lease: the statement of a process that was killed must not outlive the lease. */
const QUEUE_LIMIT_MS = 10_000;
/** A read that takes this long is a bug. */
const READ_LIMIT_MS = 30_000;
/** Setups known to be stored: one per flow version and account, so this is far more than anyone has. */
const KNOWN_SETUPS = 10_000;

/** PostgreSQL as the platform uses it. Several nodes may share one database. */
export class Store {
  /** Each account's numbered events. */
  readonly feed: FeedTable;
  /** What is configured: accounts, trunks, numbers, people, flows. */
  readonly configuration: ConfigurationTable;
  /** Keys of the HTTP API. */
  readonly keys: ApiKeyTable;
  /** Who changed what. */
  readonly audit: AuditLog;
  /** People who sign in, and their sessions. */
  readonly members: MemberTable;
  readonly #node: string;
  readonly #log: Log;
  readonly #sealer: Sealer | null;
  readonly #journal: Journal;
  readonly #pool: Pool;
  readonly #outboxPool: Pool;
  readonly #feedPool: Pool;
  readonly #db: Kysely<Tables>;
  readonly #reader: Reader;
  readonly #outbox: OutboxQueue;
  /** What calls out have cost. */
  readonly spend: SpendReader;
  /** Calls to play again. */
  readonly recordedCalls: RecordedCalls;
  /** Keys of requests that placed calls. */
  readonly callKeys: CallKeys;
  /** What erases calls on request. */
  readonly erasures: Erasures;
  /** What deletes by age. */
  readonly retention: RetentionTable;
  /** The journal's partitions. */
  readonly journalWeeks: JournalWeeks;
  #taker: ((rows: readonly ClaimedRow[]) => void) | null = null;
  readonly #knownSetups = new Set<string>();
  #closing: Promise<void> | null = null;

  private constructor(target: string | ClientConfig, options: StoreOptions) {
    const { node, log, clock = systemClock, sealer = null } = options;
    this.#node = node;
    this.#log = log;
    this.#sealer = sealer;
    this.#pool = new Pool({
      ...clientConfig(target, `reader ${node}`),
      max: READ_CONNECTIONS,
      statement_timeout: READ_LIMIT_MS,
    });
    this.#outboxPool = new Pool({
      ...clientConfig(target, `outbox ${node}`),
      max: OUTBOX_CONNECTIONS,
      statement_timeout: QUEUE_LIMIT_MS,
      options: `-c synchronous_commit=off ${BY_INDEX}`,
    });
    this.#feedPool = new Pool({
      ...clientConfig(target, `feed ${node}`),
      max: FEED_CONNECTIONS,
      statement_timeout: QUEUE_LIMIT_MS,
      options: BY_INDEX,
    });
    for (const pool of [this.#pool, this.#outboxPool, this.#feedPool])
      pool.on("error", (error) => log.warn({ err: error }, "database connection lost"));
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) });
    this.feed = new FeedTable(this.#feedPool);
    this.keys = new ApiKeyTable(this.#db);
    this.audit = new AuditLog(this.#db);
    this.members = new MemberTable(this.#db, this.audit);
    this.#reader = new Reader(this.#db, sealer, log);
    this.spend = new SpendReader(this.#db);
    this.recordedCalls = new RecordedCalls(this.#db);
    this.configuration = new ConfigurationTable(this.#pool, sealer, this.feed);
    this.#outbox = new OutboxQueue(this.#outboxPool, node, sealer);
    this.callKeys = new CallKeys(this.#pool);
    this.retention = new RetentionTable(this.#db);
    this.journalWeeks = new JournalWeeks(this.#db);
    this.erasures = new Erasures({ db: this.#db, feed: this.feed, audit: this.audit, node, sealer });
    this.#journal = new Journal({ target, node, clock, log });
  }

  /**
   * Connects, takes the node's id (an advisory lock on the journal's connection), and migrates forward. Throws if the
   * server cannot be reached within 10 s, if another process holds the id (`NodeTakenError`), if the database was
   * sealed with a secret other than the sealer's, or if its user can't switch to the role of `account-rows.ts`.
   */
  static async open(target: string | ClientConfig, options: StoreOptions): Promise<Store> {
    const store = new Store(target, options);
    try {
      await store.#journal.open(OPEN_LIMIT_MS);
      await migrate(store.#db);
      await isolateAccounts(store.#db);
      if (store.#sealer !== null) await checkKey(store.#pool, store.#sealer);
      await store.#outbox.inherit();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /**
   * Journals steps, in the given order; resolves when all are durable. Rows that wait while a commit is in flight
   * share the next one; `soon` rows wait up to 20 ms for one to share. While the database is unreachable it stays
   * pending: the journal reconnects and continues by itself. Rejects with `StoreBusyError` at once if the queue is
   * full, or with the database's error (or `KeyTakenError`) if these particular rows were refused; then nothing of this
   * `append` was written.
   */
  async append(rows: readonly JournalRow[], urgency: Urgency = "now"): Promise<void> {
    const sealer = this.#sealer;
    const stored = sealer === null ? rows : rows.map((row) => sealRow(sealer, row));
    const taken = await this.#journal.append(stored, urgency).catch((error: unknown) => {
      throw readableError(error);
    });
    if (rows.some(({ feed }) => feed !== undefined && feed.length > 0)) this.feed.notePending();
    if (taken.size > 0 && this.#taker !== null) this.#taker(takenRows(rows, taken));
  }

  /** Keeps a call setup under its hash. Putting it again does nothing, without asking the database. */
  async putSetup(hash: string, json: string): Promise<void> {
    if (this.#knownSetups.has(hash)) return;
    const text = `insert into setups (hash, body, created_at, version)
      values ($1, $2, (extract(epoch from clock_timestamp()) * 1000)::bigint, ${FORMAT})
      on conflict (hash) do nothing`;
    await this.#pool.query(text, [hash, this.#sealer?.seal(hash, PLACES.setup(), json) ?? json]);
    if (this.#knownSetups.size >= KNOWN_SETUPS) this.#knownSetups.clear();
    this.#knownSetups.add(hash);
  }

  getSetup(hash: string): Promise<StoredText | null> {
    return this.#reader.setup(hash);
  }

  /** Calls of a node (default: this one) that have no end, oldest first. */
  unfinishedCalls(node = this.#node): Promise<readonly UnfinishedCall[]> {
    return this.#reader.unfinished(node);
  }

  /** Other nodes that have unfinished calls and whose process has ended. */
  async deadNodes(): Promise<readonly string[]> {
    const text = `
      select node from (select distinct node from live) n, lateral (select ${NODE_LOCK_KEY.replace("$1", "node")} as key) k
      where node <> $1 and not exists (
        select 1 from pg_locks where locktype = 'advisory' and granted and objsubid = 1
          and database = (select oid from pg_database where datname = current_database())
          and (classid::bigint << 32) | objid::bigint = key)
      order by node`;
    const { rows } = await this.#pool.query<{ node: string }>(text, [this.#node]);
    return rows.map(({ node }) => node);
  }

  /** Makes the unfinished calls of a dead node ours, and returns them; empty if that node is alive. */
  async adoptCalls(node: string): Promise<readonly UnfinishedCall[]> {
    // The dead node's own lock keeps its successor away for the moment of the change.
    const text = `
      update live set node = $2 from (select pg_try_advisory_xact_lock(${NODE_LOCK_KEY}) as free) l
      where l.free and live.node = $1 returning call_sid`;
    const { rows } = await this.#pool.query<{ call_sid: string }>(text, [node, this.#node]);
    const adopted = new Set(rows.map((row) => row.call_sid));
    if (adopted.size === 0) return [];
    return (await this.#reader.unfinished(this.#node)).filter(({ callSid }) => adopted.has(callSid));
  }

  /**
   * Runs statements as one account, in one transaction: rows of others are neither seen nor changed. Everything that
   * the API reads or changes in an account goes through here.
   */
  withinAccount<T>(account: string, work: (db: AccountDb) => Promise<T>): Promise<T> {
    return withinAccount(this.#db, account, work);
  }

  /** Runs statements of the platform itself, which belong to no account, in one transaction. */
  asPlatform<T>(work: (db: AccountDb) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(work);
  }

  /** One page, newest first. */
  async listCalls(account: string, filter: CallFilter = {}): Promise<readonly CallSummary[]> {
    return (await this.pageOfCalls(account, filter)).calls;
  }

  /** The same page, and whether there are more. */
  pageOfCalls(account: string, filter: CallFilter = {}): Promise<CallPage> {
    return this.#read(account, (reader) => reader.calls(account, filter));
  }

  /** At most `limit` ended calls that follow `after` in time, oldest first; `limit` and cursors of the filter do not count. */
  endedCalls(
    account: string,
    filter: CallFilter,
    after: CallCursor | null,
    limit: number,
  ): Promise<readonly EndedCallRow[]> {
    return this.#read(account, (reader) => reader.ended(account, filter, after, limit));
  }

  /** Id of the recording of each of these calls that can be played, by call: the longest, if there are several. */
  playableRecordings(account: string, callSids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#read(account, (reader) => reader.playable(account, callSids));
  }

  /** How many calls a filter matches, at most 100,000 (`limit`, `before`, `after`, `sort` do not count). */
  countCalls(account: string, filter: CallFilter = {}): Promise<number> {
    return this.#read(account, (reader) => reader.count(account, filter));
  }

  /** Figures of the ended calls that began in a range; at most the newest 20,000 are counted. */
  callStatistics(account: string, range: StatisticsRange): Promise<CallStatistics> {
    return this.withinAccount(account, (db) => readStatistics(db, account, range));
  }

  getCall(account: string, callSid: string): Promise<StoredCall | null> {
    return this.#read(account, (reader) => reader.call(account, callSid));
  }

  getRecording(account: string, id: string): Promise<StoredRecording | null> {
    return this.#read(account, (reader) => reader.recording(id));
  }

  #read<T>(account: string, work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.withinAccount(account, (db) => work(new Reader(db, this.#sealer, this.#log)));
  }

  /** Leases up to `limit` due rows, at most one per (call, order key): the oldest. */
  claimOutbox(limit: number, leaseMs: number): Promise<readonly ClaimedRow[]> {
    return this.#outbox.claim(limit, leaseMs);
  }

  /** Resolves with whether successors of these rows are due now. */
  settleOutbox(verdicts: readonly OutboxVerdict[]): Promise<boolean> {
    return this.#outbox.settle(verdicts);
  }

  /**
   * From now on `take` gets the outbox rows of every `append` here, once durable, that are first in line for their
   * order key: leased to this node for `leaseMs`, as if claimed. The others remain to be claimed. Returns the function
   * that unsubscribes; one taker at a time.
   */
  takeOutbox(leaseMs: number, take: (rows: readonly ClaimedRow[]) => void): () => void {
    this.#taker = take;
    this.#journal.leaseMs = leaseMs;
    return () => {
      this.#taker = null;
      this.#journal.leaseMs = 0;
    };
  }

  /** How long the most overdue delivery has been waiting, ms; 0 if none is. */
  outboxLagMs(): Promise<number> {
    return this.#outbox.lagMs();
  }

  /** One page of what is owed to an account's servers and what was given up, newest first. */
  listOutbox(account: string, filter: OutboxFilter = {}): Promise<readonly OutboxEntry[]> {
    return this.withinAccount(account, (db) => this.#outbox.list(db, account, filter));
  }

  /** Puts a parked row back in line, ahead of its successors, with all its tries left. */
  unpark(account: string, id: string): Promise<"waits" | "waited_already" | "unknown"> {
    return this.withinAccount(account, (db) => this.#outbox.unpark(db, account, id));
  }

  /** How long the journal has had no connection to the database, ms; 0 if it has one. */
  get outageMs(): number {
    return this.#journal.outageMs;
  }

  /** Rejects if the database does not answer within 2 s. */
  async ping(): Promise<void> {
    await this.#pool.query({ text: "select 1", query_timeout: PING_LIMIT_MS } as { text: string });
  }

  /** Waits for what is queued (at most 10 s), then closes every connection. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.#journal.close();
    await this.#db.destroy();
    await this.#outboxPool.end();
    await this.#feedPool.end();
  }
}

/** Of the rows that a commit leased, those of this `append`: it may have shared the commit with others. */
function takenRows(rows: readonly JournalRow[], taken: ReadonlySet<string>): readonly ClaimedRow[] {
  return rows.flatMap(({ callSid, account, at, outbox = [] }) =>
    outbox
      .filter(({ id }) => taken.has(id))
      .map((owed) => ({ ...owed, callSid, account, tries: 0, createdAt: at, version: FORMAT })),
  );
}
