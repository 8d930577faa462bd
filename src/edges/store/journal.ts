import type { Client, ClientConfig } from "pg";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import { isConnectionError } from "./connection.ts";
import { groupStatement } from "./journal-statement.ts";
import { NodeConnection } from "./node-connection.ts";
import type { JournalRow } from "./types.ts";

/** Thrown by `append` when the queue is full: take no new calls until it succeeds again. */
export class StoreBusyError extends Error {
  override readonly name = "StoreBusyError";
}

/**
 * `now`: the caller waits for it. `soon`: nothing outside depends on it; it joins the next commit, within {@link
 * SOON_MS}. Either way rows are written in the order of `append`.
 */
export type Urgency = "now" | "soon";

export interface JournalOptions {
  readonly target: string | ClientConfig;
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A commit costs ten times as much as a row, so rows share one; but on a quiet platform they must not wait for the next
 * call: moving the previous call to `calls` took a quarter of the commit that the next call's INVITE waits for.
 */
const SOON_MS = 20;
/** About 60 s of 20 calls a second: if more are waiting, the database is gone or far too slow. */
const QUEUE_ROWS = 10_000;
const QUEUE_CHARS = 64 * 1024 * 1024;
/** One statement stays below a few ms and a few MB. */
const GROUP_ROWS = 256;
const GROUP_CHARS = 4 * 1024 * 1024;
/** A commit takes 1 ms; one that takes this long has silently lost its server. */
const COMMIT_LIMIT_MS = 10_000;

const NONE: ReadonlySet<string> = new Set();

/** One `append`: its rows are never split over two transactions. */
interface Pending {
  readonly rows: readonly JournalRow[];
  readonly chars: number;
  readonly resolve: (taken: ReadonlySet<string>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit. While a commit is in flight, rows wait; then all of them are committed together.
 *
 *   append ─► queue ─► group in flight ─┬─ committed ─► resolve
 *               ▲                       ├─ refused ───► retried one by one; only the bad one rejects
 *               └───────────────────────┴─ connection lost ─► reconnect, check whether it was written, else retry
 */
export class Journal {
  /** Above 0: outbox rows that can be delivered at once are leased to this node for this long, ms. */
  leaseMs = 0;
  readonly #options: JournalOptions;
  readonly #connection: NodeConnection;
  readonly #refusals: RepeatedLine;
  #client: Client | null = null;
  /** Since when there is no connection, on the clock that never steps; null if there is one. */
  #downSince: number | null = null;
  readonly #queue: Pending[] = [];
  #rows = 0;
  #chars = 0;
  /** Something in the queue must be written now. */
  #due = false;
  #working = false;
  #immediate = false;
  #soon: Timer | null = null;
  #closing = false;
  #wakeUp: (() => void) | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#refusals = new RepeatedLine(options.clock, (fields) =>
      options.log.error(fields, "journal rows were refused"),
    );
    this.#connection = new NodeConnection({
      ...options,
      onUp: (client) => {
        this.#client = client;
        this.#downSince = null;
        this.#wakeUp?.();
      },
      onDown: () => {
        this.#client = null;
        this.#downSince ??= options.clock.elapsed();
      },
    });
  }

  open(limitMs: number): Promise<void> {
    return this.#connection.open(limitMs);
  }

  /** How long the database has been out of reach, ms; 0 if it is connected. */
  get outageMs(): number {
    return this.#downSince === null ? 0 : this.#options.clock.elapsed() - this.#downSince;
  }

  /** Resolves with the ids of the outbox rows that were leased to this node. */
  append(rows: readonly JournalRow[], urgency: Urgency): Promise<ReadonlySet<string>> {
    if (rows.length === 0) return Promise.resolve(NONE);
    const chars = rows.reduce((sum, row) => sum + weightOf(row), 0);
    if (this.#closing) return Promise.reject(new Error("The store is closed."));
    if (this.#rows + rows.length > QUEUE_ROWS || this.#chars + chars > QUEUE_CHARS)
      return Promise.reject(new StoreBusyError(`${this.#rows} journal rows are waiting for the database.`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ rows, chars, resolve, reject });
      this.#rows += rows.length;
      this.#chars += chars;
      this.#schedule(urgency);
    });
  }

  /** Writes what is queued, then closes. Rows that cannot be written within the commit limit are rejected. */
  async close(): Promise<void> {
    this.#closing = true;
    const { clock } = this.#options;
    const until = clock.now() + COMMIT_LIMIT_MS;
    this.#due = true;
    this.#flush();
    while ((this.#working || this.#queue.length > 0) && clock.now() < until) await pause(clock, 5);
    for (const { reject } of this.#queue.splice(0)) reject(new Error("The store was closed before this was written."));
    this.#wakeUp?.();
    await this.#connection.close();
  }

  #schedule(urgency: Urgency): void {
    if (urgency === "soon") {
      this.#flushSoon();
      return;
    }
    this.#due = true;
    if (this.#working || this.#immediate) return;
    // Not immediately, so that steps of other calls in this turn of the event loop share the commit.
    this.#immediate = true;
    setImmediate(() => {
      this.#immediate = false;
      this.#flush();
    });
  }

  /** Writes what is waiting, after {@link SOON_MS} at the latest. */
  #flushSoon(): void {
    this.#soon ??= this.#options.clock.after(SOON_MS, () => {
      this.#due = true;
      this.#flush();
    });
  }

  #flush(): void {
    this.#soon?.cancel();
    this.#soon = null;
    if (this.#working) return;
    this.#working = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#due && this.#queue.length > 0) {
      const group = this.#takeGroup();
      this.#due = this.#queue.length > 0;
      await this.#write(group);
    }
    this.#due = false;
    this.#working = false;
    if (this.#queue.length > 0) this.#flushSoon();
  }

  #takeGroup(): readonly Pending[] {
    const group: Pending[] = [];
    let rows = 0;
    let chars = 0;
    for (const pending of this.#queue) {
      rows += pending.rows.length;
      chars += pending.chars;
      if (group.length > 0 && (rows > GROUP_ROWS || chars > GROUP_CHARS)) break;
      group.push(pending);
    }
    this.#queue.splice(0, group.length);
    return group;
  }

  /** Settles every promise of a group; never throws. */
  async #write(group: readonly Pending[]): Promise<void> {
    try {
      const taken = await this.#commit(group.flatMap(({ rows }) => rows));
      this.#settle(group, ({ resolve }) => resolve(taken));
    } catch (error) {
      if (group.length === 1 || this.#stopped(error)) {
        this.#refusals.note(reasonOf(error));
        this.#settle(group, ({ reject }) => reject(error));
        return;
      }
      for (const pending of group) await this.#write([pending]);
    }
  }

  #settle(group: readonly Pending[], how: (pending: Pending) => void): void {
    for (const pending of group) {
      this.#rows -= pending.rows.length;
      this.#chars -= pending.chars;
      how(pending);
    }
  }

  /** Rejects only when the database refused the rows, or the store was closed meanwhile. */
  async #commit(rows: readonly JournalRow[]): Promise<ReadonlySet<string>> {
    const { name, text, values } = groupStatement(this.#options.node, rows, this.leaseMs);
    for (let uncertain = false; ; uncertain = true) {
      const client = await this.#connected();
      const guard = this.#options.clock.after(COMMIT_LIMIT_MS, () => this.#connection.abandon(client));
      try {
        // Rows leased by that attempt are handed out again when the lease ends.
        if (uncertain && (await isWritten(client, rows))) return NONE;
        const result = await client.query<{ id: string }>({ name, text, values: [...values] });
        return result.rows.length === 0 ? NONE : new Set(result.rows.map(({ id }) => id));
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        this.#connection.abandon(client);
      } finally {
        guard.cancel();
      }
    }
  }

  async #connected(): Promise<Client> {
    while (this.#client === null) {
      if (this.#closing) throw new ClosedError("The store was closed while the database was unreachable.");
      await new Promise<void>((resolve) => (this.#wakeUp = resolve));
    }
    return this.#client;
  }

  #stopped(error: unknown): boolean {
    return error instanceof ClosedError;
  }
}

class ClosedError extends Error {
  override readonly name = "ClosedError";
}

/** Only message and code: the database's details may quote the row, including phone numbers. */
function reasonOf(error: unknown): { readonly reason: string; readonly code: string } {
  if (!(error instanceof Error)) return { reason: String(error), code: "" };
  return { reason: error.message, code: "code" in error ? String(error.code) : "" };
}

/** A group is stored completely or not at all, so its first row decides. */
async function isWritten(client: Client, rows: readonly JournalRow[]): Promise<boolean> {
  const first = rows[0];
  if (first === undefined) return true;
  const found = await client.query("select 1 from journal where call_sid = $1 and seq = $2 and started_at = $3", [
    first.callSid,
    first.seq,
    first.startedAt,
  ]);
  return found.rowCount === 1;
}

/** Roughly how much memory a row takes, in characters. */
function weightOf({ event, trace, legSnapshots, outbox, end }: JournalRow): number {
  let chars = event.length + trace.length + (legSnapshots?.length ?? 0) + (end?.cdr.length ?? 0);
  for (const { request } of outbox ?? []) chars += request.length;
  return chars;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
