import type { ClientBase } from "pg";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import { RepeatedLine } from "../../../base/repeated-line.ts";
import { Rounds } from "../../../base/rounds.ts";
import type { FeedTable } from "../../../edges/store/feed-table.ts";
import type { FeedEventData, OwnEventName } from "./feed-events.ts";
import { FeedTail } from "./feed-tail.ts";
import type { RenderedEvent } from "./rendered-event.ts";
import { rendered } from "./rendered-event.ts";

export interface FeedOptions {
  readonly table: Pick<FeedTable, "onPending" | "notePending" | "append" | "sequence" | "newest" | "page">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Events after a cursor, or why the feed can't be followed from there. */
export type FeedAnswer =
  | { readonly kind: "events"; readonly events: readonly RenderedEvent[]; readonly newest: number }
  /** The events after the cursor have been deleted by age. `oldest`: the first that is, or will be, available. */
  | { readonly kind: "gone"; readonly oldest: number }
  /** The account has never had that many events. */
  | { readonly kind: "ahead"; readonly newest: number }
  /** A backup was restored, and the events around the cursor are not in it. `resume`: the last one that is. */
  | { readonly kind: "lost"; readonly resume: number };

/** ms until committed events are numbered while there is a reader: one statement covers all calls of that time. */
const GATHER_MS = 50;
/** The same without a reader, ms: fewer, larger rows. Leftovers of other processes are found as often. */
const IDLE_MS = 1000;
/** How often readers look for what other nodes have numbered, ms. */
const POLL_MS = 500;
/** Events per read and per step of a reader: the most that each reader holds in memory. */
const READ_EVENTS = 500;

/**
 * The events of each account, numbered 1, 2, 3 … without a gap (see `feed-table.ts`), and their readers. Readers at the
 * end share one read and one rendering; those further behind read their own pages.
 *
 *   pending here ─► after 50 ms (a reader) or 1 s ─► number ─► read for the tails of accounts with readers ─► wake them
 *   numbered by another node ─► seen within 500 ms ──────────┘
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #failures: RepeatedLine;
  readonly #rounds: Rounds;
  readonly #tails = new Map<string, FeedTail>();
  #running = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#failures = new RepeatedLine(clock, (fields) => log.warn(fields, "the event feed cannot be written or read"));
    const pauseMs = (): number => (this.#tails.size > 0 ? POLL_MS : IDLE_MS);
    this.#rounds = new Rounds({ clock, round: () => this.#round(), pauseMs });
  }

  /** Starts numbering events. */
  start(): void {
    this.#running = true;
    this.#options.table.onPending(() => this.#rounds.within(this.#tails.size > 0 ? GATHER_MS : IDLE_MS));
    this.#rounds.start();
  }

  /** Numbers what is left, ends every reader, and stops. */
  async stop(): Promise<void> {
    this.#options.table.onPending(() => undefined);
    await this.#rounds.stop();
    await this.#round();
    this.#running = false;
    for (const tail of this.#tails.values()) tail.wake();
  }

  /**
   * Adds an event to the account's feed; it is durable when this resolves, and numbered soon after. With `client` it is
   * part of that client's transaction. Everyone with an API key sees `data`, so it must hold no secrets.
   */
  append<N extends OwnEventName>(account: string, name: N, data: FeedEventData<N>, client?: ClientBase): Promise<void> {
    const { table, clock } = this.#options;
    return table.append(account, [{ at: clock.now(), type: name, data }], client);
  }

  /** Calls of the account were erased: what readers have in common is read again. */
  forget(account: string): void {
    this.#tails.get(account)?.forget();
    this.#options.table.notePending();
  }

  /** At most `limit` events after number `after`; null: from the oldest available. */
  async page(account: string, after: number | null, limit: number): Promise<FeedAnswer> {
    const { table } = this.#options;
    const from = after ?? 0;
    const { newest, gone, resume, rows } = await table.page(account, from, limit);
    if (resume !== null) return { kind: "lost", resume };
    if (from > newest) return { kind: "ahead", newest };
    if (after !== null && after < gone) return { kind: "gone", oldest: gone + 1 };
    return { kind: "events", events: rendered(account, rows), newest };
  }

  /** The number of the account's newest event; 0: none yet. */
  async newest(account: string): Promise<number> {
    return (await this.#options.table.newest([account])).get(account) ?? 0;
  }

  /**
   * Yields every event after number `after` as it comes, and an empty list after each `heartbeatMs` without one. Ends when
   * `signal` aborts, when the feed stops, and when a slow reader's next events have been deleted.
   */
  async *follow(
    account: string,
    after: number,
    heartbeatMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly RenderedEvent[], void> {
    const tail = await this.#enter(account);
    try {
      for (let at = after; !signal.aborted;) {
        const events = await this.#next(account, tail, at);
        if (events === null) return;
        at = events.at(-1)?.seq ?? at;
        if (events.length > 0) yield events;
        if (!this.#running) return;
        if (events.length === 0 && !(await this.#more(tail, at, heartbeatMs, signal))) yield [];
      }
    } finally {
      tail.readers -= 1;
      if (tail.readers === 0) this.#tails.delete(account);
    }
  }

  async #enter(account: string): Promise<FeedTail> {
    const end = this.#tails.has(account) ? 0 : await this.newest(account);
    // Another reader may have arrived meanwhile.
    const tail = this.#tails.get(account) ?? new FeedTail(end);
    this.#tails.set(account, tail);
    tail.readers += 1;
    this.#rounds.within(GATHER_MS);
    return tail;
  }

  /** Null: the reader must come back with its cursor; it is then told what is wrong. */
  async #next(account: string, tail: FeedTail, after: number): Promise<readonly RenderedEvent[] | null> {
    const near = tail.after(after, READ_EVENTS);
    if (near !== null) return near;
    const answer = await this.page(account, after, READ_EVENTS);
    return answer.kind === "events" ? answer.events : null;
  }

  /** Resolves with false after `ms` without anything new. */
  #more(tail: FeedTail, after: number, ms: number, signal: AbortSignal): Promise<boolean> {
    // New events may have come since the reader looked.
    if (tail.end > after || !this.#running) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (isMore: boolean): void => {
        forget();
        timer.cancel();
        signal.removeEventListener("abort", aborted);
        resolve(isMore);
      };
      const aborted = (): void => done(true);
      const forget = tail.onMore(() => done(true));
      const timer = this.#options.clock.after(ms, () => done(false));
      signal.addEventListener("abort", aborted, { once: true });
      if (signal.aborted) aborted();
    });
  }

  /** Numbers all pending events, and brings the tails up to date. */
  async #round(): Promise<void> {
    const { table } = this.#options;
    try {
      while ((await table.sequence()).more);
      await this.#advanceTails();
    } catch (error) {
      this.#failures.note({ err: error });
    }
  }

  async #advanceTails(): Promise<void> {
    if (this.#tails.size === 0) return;
    const newest = await this.#options.table.newest([...this.#tails.keys()]);
    for (const [account, tail] of this.#tails) await this.#advance(account, tail, newest.get(account) ?? 0);
  }

  async #advance(account: string, tail: FeedTail, newest: number): Promise<void> {
    while (tail.end < newest) {
      const { rows } = await this.#options.table.page(account, tail.end, READ_EVENTS);
      if (rows.length === 0) return;
      tail.add(rendered(account, rows));
    }
  }
}
