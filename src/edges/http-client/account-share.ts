import type { Clock } from "../../base/clock.ts";

interface Account<T> {
  /** When each of its tasks started, oldest first. */
  readonly started: Map<string, number>;
  readonly held: T[];
}

/**
 * Each account's places in a pool. Keeps an account whose servers hang from taking every place. A few tasks are held
 * until a place is free.
 */
export class AccountShare<T> {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #share: number;
  readonly #mayHold: number;
  readonly #accounts = new Map<string, Account<T>>();

  /** `share`: places for one account; `mayHold`: tasks of one account that may wait for a place. */
  constructor(clock: Pick<Clock, "elapsed">, share: number, mayHold: number) {
    this.#clock = clock;
    this.#share = share;
    this.#mayHold = mayHold;
  }

  /**
   * Takes a place for this task of the account: null. "held": it waits for one, and {@link next} returns it. Otherwise
   * how long the account's oldest task has been running, in ms: if that is long, there is little point in trying again
   * soon.
   */
  enter(account: string, id: string, task: T): number | "held" | null {
    const { started, held } = this.#accounts.get(account) ?? this.#add(account);
    const [oldest] = started.values();
    if (oldest === undefined || started.size < this.#share) {
      started.set(id, this.#clock.elapsed());
      return null;
    }
    if (held.length >= this.#mayHold) return this.#clock.elapsed() - oldest;
    held.push(task);
    return "held";
  }

  /** Gives the place back. */
  leave(account: string, id: string): void {
    const one = this.#accounts.get(account);
    one?.started.delete(id);
    if (one?.started.size === 0 && one.held.length === 0) this.#accounts.delete(account);
  }

  /** The account's first held task, if there is now a place for it. */
  next(account: string): T | null {
    const one = this.#accounts.get(account);
    if (one === undefined || one.started.size >= this.#share) return null;
    return one.held.shift() ?? null;
  }

  #add(account: string): Account<T> {
    const one = { started: new Map<string, number>(), held: [] };
    this.#accounts.set(account, one);
    return one;
  }
}
