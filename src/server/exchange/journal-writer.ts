import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import type { Store } from "../../edges/store/store.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { isTemporary } from "../../edges/store/write-error.ts";

export interface JournalWriterOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<Store, "append" | "outageMs">;
}

/** Why no new call may begin: its rows could not be written, or only far too late. */
export type JournalProblem = "journal_failing" | "journal_behind";

/** One `append` whose rows the database could not write yet. */
interface WaitingRows {
  /** Rows are written in the order in which they were appended. */
  readonly order: number;
  readonly rows: readonly JournalRow[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** An `append` that the store has not settled yet. */
interface SentRows {
  readonly at: number;
}

/** Limit on rows waiting for the database: beyond it live calls already wait too long, and new ones would make it worse. */
const MAX_UNWRITTEN_ROWS = 5000;
/** ms. A commit takes 1 ms, on a slow disk about 100; if one takes this long, new callers would hear only silence. */
const STALLED_MS = 2000;
/** ms until rows are tried again: soon at first, then slowly enough not to fill the database's log. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 1000;
/** Rows retried in one statement: few enough to take a few ms. */
const RETRY_ROWS = 256;

/**
 * Writes every row of the journal. While the database can't write (its disk is full, or it is read-only), rows wait here in
 * order, and only the first of them are retried: calls go on, no row is lost, and new calls are refused.
 *
 *   append ─► store ─┬─ written ──────────► resolve
 *                    ├─ rows at fault ────► reject
 *                    └─ can't write now ──► wait, try again (200 ms … 1 s) ─► store
 */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #failures: RepeatedLine;
  readonly #sent = new Set<SentRows>();
  readonly #waiting: WaitingRows[] = [];
  #order = 0;
  #unwritten = 0;
  /** Since when the database can't write, on the monotonic clock; null: it can. */
  #failingSince: number | null = null;
  #retryMs = FIRST_RETRY_MS;
  #retryRows = RETRY_ROWS;

  constructor(options: JournalWriterOptions) {
    this.#options = options;
    this.#failures = new RepeatedLine(options.clock, (fields) =>
      options.log.error(fields, "the database can't write: new calls are refused, rows of live calls wait"),
    );
  }

  /** Null: rows are written in time. */
  problem(): JournalProblem | null {
    if (this.#failingSince !== null) return "journal_failing";
    const { clock, store } = this.#options;
    const [oldest] = this.#sent;
    const isStalled = oldest !== undefined && clock.elapsed() - oldest.at > STALLED_MS;
    if (isStalled || store.outageMs > STALLED_MS) return "journal_behind";
    return this.#unwritten > MAX_UNWRITTEN_ROWS ? "journal_behind" : null;
  }

  /** Resolves when the rows are durable, however long that takes. Rejects when they can never be written. */
  async append(rows: readonly JournalRow[], urgency: "now" | "soon"): Promise<void> {
    const order = this.#order++;
    this.#unwritten += rows.length;
    try {
      if (this.#failingSince !== null) await this.#wait(order, rows);
      else await this.#send(order, rows, urgency);
    } finally {
      this.#unwritten -= rows.length;
    }
  }

  async #send(order: number, rows: readonly JournalRow[], urgency: "now" | "soon"): Promise<void> {
    const { clock, store } = this.#options;
    const sent: SentRows = { at: clock.elapsed() };
    this.#sent.add(sent);
    try {
      await store.append(rows, urgency);
    } catch (error) {
      if (!isTemporary(error)) throw error;
      this.#failed(error);
      await this.#wait(order, rows);
    } finally {
      this.#sent.delete(sent);
    }
  }

  #wait(order: number, rows: readonly JournalRow[]): Promise<void> {
    return new Promise((resolve, reject) => this.#insert({ order, rows, resolve, reject }));
  }

  /** Inserts rows in their order, mostly at the end: rows appended earlier may be refused later. */
  #insert(waiting: WaitingRows): void {
    const before = this.#waiting.findLastIndex(({ order }) => order < waiting.order);
    this.#waiting.splice(before + 1, 0, waiting);
  }

  #failed(error: unknown): void {
    const { clock } = this.#options;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    this.#failures.note({ reason: error instanceof Error ? error.message : String(error), code });
    if (this.#failingSince !== null) return;
    this.#failingSince = clock.elapsed();
    this.#retryLater();
  }

  #retryLater(): void {
    this.#options.clock.after(this.#retryMs, () => void this.#retry());
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  async #retry(): Promise<void> {
    while (this.#waiting.length > 0)
      if (!(await this.#retryGroup(this.#takeGroup()))) {
        this.#retryLater();
        return;
      }
    this.#recovered();
  }

  #takeGroup(): readonly WaitingRows[] {
    let rows = 0;
    const end = this.#waiting.findIndex(
      (waiting, index) => (rows += waiting.rows.length) > this.#retryRows && index > 0,
    );
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  /** False if the database still can't write. */
  async #retryGroup(group: readonly WaitingRows[]): Promise<boolean> {
    try {
      await this.#options.store.append(
        group.flatMap(({ rows }) => rows),
        "now",
      );
      for (const { resolve } of group) resolve();
      return true;
    } catch (error) {
      return this.#refused(group, error);
    }
  }

  #refused(group: readonly WaitingRows[], error: unknown): boolean {
    const [only] = group;
    const isTheirs = !isTemporary(error);
    if (isTheirs && group.length === 1) {
      only?.reject(error);
      return true;
    }
    for (const waiting of group) this.#insert(waiting);
    // Retrying one by one finds the rows at fault.
    if (isTheirs) this.#retryRows = 1;
    else this.#failed(error);
    return isTheirs;
  }

  #recovered(): void {
    const { clock, log } = this.#options;
    const forMs = clock.elapsed() - (this.#failingSince ?? clock.elapsed());
    this.#failingSince = null;
    this.#retryMs = FIRST_RETRY_MS;
    this.#retryRows = RETRY_ROWS;
    log.warn({ forMs }, "the database can write again: new calls are taken");
  }
}
