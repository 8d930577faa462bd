import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import { Rounds } from "../../base/rounds.ts";
import type { FeedTable } from "../../edges/store/feed-table.ts";
import type { JournalWeeks } from "../../edges/store/journal-weeks.ts";
import { AGED_KINDS } from "../../edges/store/retention-table.ts";
import type { AgedKind, RetentionTable } from "../../edges/store/retention-table.ts";
import type { RetentionPolicy } from "../exchange/retention-schema.ts";
import { DEFAULT_RETENTION, MAX_TRACE_DAYS } from "../exchange/retention-schema.ts";
import type { RecordingRemoval } from "./recording-removal.ts";

/** What is deleted by age. `weeks`: partitions of the journal; `files`: recordings on this machine. */
export const DELETED_KINDS = [...AGED_KINDS, "weeks", "events", "files"] as const;
export type DeletedKind = (typeof DELETED_KINDS)[number];

export interface RetentionWorkerOptions {
  readonly store: {
    readonly retention: Pick<RetentionTable, "accounts" | "batch">;
    readonly journalWeeks: Pick<JournalWeeks, "make" | "drop">;
    readonly feed: Pick<FeedTable, "accounts" | "trim">;
  };
  readonly removal: Pick<RecordingRemoval, "run">;
  /** Undefined: the account is no longer configured. */
  readonly policyOf: (account: string) => RetentionPolicy | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** ms between two rounds. */
const ROUND_MS = 600_000;
/** After a batch the database rests for this many times as long as the batch took: calls come first. */
const REST_FACTOR = 4;
/** The shortest rest after a batch, ms. */
const REST_MS = 50;
const DAY_MS = 86_400_000;

const DAYS_OF: Readonly<Record<AgedKind, (policy: RetentionPolicy) => number>> = {
  calls: ({ callsDays }) => callsDays,
  traces: ({ tracesDays }) => tracesDays,
  journal: ({ tracesDays }) => tracesDays,
  recordings: ({ recordingsDays }) => recordingsDays,
};

/**
 * Deletes what each account has kept long enough (`retention`), in rounds of small batches with a rest after each. Every
 * node has a worker; only one at a time deletes rows, and each deletes the files on its own disk.
 */
export class RetentionWorker {
  /** How much was deleted since the start. */
  readonly deleted = new Map<DeletedKind, number>(DELETED_KINDS.map((kind) => [kind, 0]));
  readonly #options: RetentionWorkerOptions;
  readonly #failures: RepeatedLine;
  readonly #rounds: Rounds;
  #stopping = false;

  constructor(options: RetentionWorkerOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#failures = new RepeatedLine(clock, (fields) => log.warn(fields, "expired data can't be deleted"));
    this.#rounds = new Rounds({ clock, round: () => this.round(), pauseMs: () => ROUND_MS });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when the current batch is done. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#rounds.stop();
  }

  /** Deletes everything that has expired. Never rejects. */
  async round(): Promise<void> {
    const before = new Map(this.deleted);
    try {
      const { retention, feed } = this.#options.store;
      await this.#calls(await retention.accounts());
      for (const account of await feed.accounts()) await this.#events(account);
    } catch (error) {
      this.#failures.note({ err: error });
    }
    await this.#files();
    const counts = DELETED_KINDS.map(
      (kind) => [kind, (this.deleted.get(kind) ?? 0) - (before.get(kind) ?? 0)] as const,
    );
    if (counts.some(([, count]) => count > 0))
      this.#options.log.info(Object.fromEntries(counts), "deleted expired data");
  }

  /** Drops the journal's weeks that no account needs, and deletes row by row only for accounts that keep traces for less time. */
  async #calls(accounts: readonly string[]): Promise<void> {
    const { clock, store } = this.#options;
    await store.journalWeeks.make(clock.now());
    const policies = new Map(accounts.map((account) => [account, this.#policyOf(account)]));
    const longest = Math.max(...[...policies.values()].map(({ tracesDays }) => tracesDays), 0) || MAX_TRACE_DAYS;
    this.#count("weeks", await store.journalWeeks.drop(clock.now() - longest * DAY_MS));
    for (const [account, policy] of policies)
      await this.#ofAccount(
        account,
        policy,
        AGED_KINDS.filter((kind) => kind !== "journal" || policy.tracesDays < longest),
      );
  }

  #policyOf(account: string): RetentionPolicy {
    return this.#options.policyOf(account) ?? DEFAULT_RETENTION;
  }

  async #ofAccount(account: string, policy: RetentionPolicy, kinds: readonly AgedKind[]): Promise<void> {
    for (const kind of kinds) {
      const days = DAYS_OF[kind](policy);
      const reason = `it was deleted: ${kind} of the account are kept for ${days} days`;
      await this.#batches(kind, async () => {
        const before = this.#options.clock.now() - days * DAY_MS;
        return this.#options.store.retention.batch(kind, account, before, reason);
      });
    }
  }

  #events(account: string): Promise<void> {
    const { eventsDays } = this.#policyOf(account);
    return this.#batches("events", async () => {
      const before = this.#options.clock.now() - eventsDays * DAY_MS;
      const { events, more } = await this.#options.store.feed.trim(account, before);
      return { count: events, more };
    });
  }

  async #batches(
    kind: DeletedKind,
    batch: () => Promise<{ readonly count: number; readonly more: boolean } | null>,
  ): Promise<void> {
    const { clock } = this.#options;
    for (let more = true; more && !this.#stopping;) {
      const begun = clock.elapsed();
      const done = await batch();
      this.#count(kind, done?.count ?? 0);
      more = done?.more ?? false;
      if (more) await this.#rest(REST_FACTOR * (clock.elapsed() - begun));
    }
  }

  /** A rest need not be cancelled: it delays the end of the process only briefly. */
  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(Math.max(REST_MS, ms), resolve));
  }

  async #files(): Promise<void> {
    if (this.#stopping) return;
    try {
      this.#count("files", await this.#options.removal.run());
    } catch (error) {
      this.#failures.note({ err: error });
    }
  }

  #count(kind: DeletedKind, count: number): void {
    this.deleted.set(kind, (this.deleted.get(kind) ?? 0) + count);
  }
}
