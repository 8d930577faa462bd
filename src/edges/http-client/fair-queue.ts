import type { Clock } from "../../base/clock.ts";

/** What a {@link FairQueue} lets run and wait. */
export interface FairQueueLimits {
  /** Tasks at once, over all accounts. */
  readonly atOnce: number;
  /** Of these, for one account: the rest remain for the others, whatever this one does. */
  readonly perAccount: number;
  /** Of these, for one group (a host) of one account. Absent: no separate limit. */
  readonly perGroup?: number;
  /** Separate places for tasks that nobody waits for, so that they never take one of the others; half of them for one account. */
  readonly unwanted?: number;
  /** Tasks that wait, over all accounts and for one account; any more are turned away. */
  readonly waiting: number;
  readonly waitingPerAccount: number;
}

/** For whom a task is done. */
export interface QueuedTask {
  readonly account: string;
  readonly group?: string;
  /** Until when someone waits for it (ms of `Clock.elapsed`). Absent: always. May change while it waits. */
  wantedUntil?: number;
}

interface Entry {
  readonly task: QueuedTask;
  readonly start: (wanted: boolean) => void;
}

/**
 * Shares a few places among accounts. Tasks that someone waits for go first; among these, the account with the fewest
 * running tasks; among these, the one that came first. A task that nobody waits for (any more) runs only in the places
 * set aside for such tasks.
 */
export class FairQueue {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #limits: FairQueueLimits;
  readonly #waiting = new Set<Entry>();
  readonly #waitingOf = new Map<string, number>();
  readonly #runningOf = new Map<string, number>();
  #running = 0;
  #unwanted = 0;

  constructor(clock: Pick<Clock, "elapsed">, limits: FairQueueLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The task's result; null if too many are already waiting, and it was not started. */
  async run<T>(task: QueuedTask, work: () => Promise<T>): Promise<T | null> {
    const { account } = task;
    const { waiting, waitingPerAccount } = this.#limits;
    const ready = Promise.withResolvers<boolean>();
    const entry: Entry = { task, start: ready.resolve };
    const full = this.#waiting.size >= waiting || (this.#waitingOf.get(account) ?? 0) >= waitingPerAccount;
    if (full && !this.#canStart(task)) return null;
    this.#waiting.add(entry);
    add(this.#waitingOf, account, 1);
    this.#startNext();
    const wanted = await ready.promise;
    try {
      return await work();
    } finally {
      this.#count(task, wanted, -1);
      this.#startNext();
    }
  }

  /** Someone now waits for this task, until then (ms of `Clock.elapsed`). */
  want(task: QueuedTask, until: number): void {
    if (task.wantedUntil === undefined || task.wantedUntil >= until) return;
    task.wantedUntil = until;
    this.#startNext();
  }

  #startNext(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const { task, start } = next;
      const wanted = this.#isWanted(task);
      this.#waiting.delete(next);
      add(this.#waitingOf, task.account, -1);
      this.#count(task, wanted, 1);
      start(wanted);
    }
  }

  #next(): Entry | null {
    let best: Entry | null = null;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const entry of this.#waiting) {
      const rank = this.#rank(entry.task);
      if (rank >= bestRank || !this.#canStart(entry.task)) continue;
      best = entry;
      bestRank = rank;
    }
    return best;
  }

  /** Lower goes first; unwanted tasks come after all wanted ones. */
  #rank(task: QueuedTask): number {
    const wanted = this.#isWanted(task);
    return (this.#runningOf.get(accountKey(task, wanted)) ?? 0) + (wanted ? 0 : this.#limits.atOnce);
  }

  #canStart(task: QueuedTask): boolean {
    const { atOnce, perAccount, perGroup = atOnce, unwanted = 0 } = this.#limits;
    if (!this.#isWanted(task)) {
      const own = this.#runningOf.get(accountKey(task, false)) ?? 0;
      return this.#unwanted < unwanted && own < Math.ceil(unwanted / 2);
    }
    return (
      this.#running < atOnce &&
      (this.#runningOf.get(accountKey(task, true)) ?? 0) < perAccount &&
      (this.#runningOf.get(groupKey(task)) ?? 0) < perGroup
    );
  }

  #isWanted({ wantedUntil }: QueuedTask): boolean {
    return wantedUntil === undefined || wantedUntil > this.#clock.elapsed();
  }

  #count(task: QueuedTask, wanted: boolean, by: number): void {
    add(this.#runningOf, accountKey(task, wanted), by);
    if (wanted) {
      this.#running += by;
      add(this.#runningOf, groupKey(task), by);
    } else this.#unwanted += by;
  }
}

function accountKey({ account }: QueuedTask, wanted: boolean): string {
  return JSON.stringify([account, wanted]);
}

function groupKey({ account, group = "" }: QueuedTask): string {
  return JSON.stringify([account, group, "group"]);
}

/** Counts by key; a key at zero is forgotten. */
function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
