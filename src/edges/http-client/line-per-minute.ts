const MINUTE_MS = 60_000;
/** Ids remembered: a flood of new ones must not fill the memory. */
const MAX_IDS = 10_000;

/** One log line a minute for each id. */
export class LinePerMinute {
  readonly #lastAt = new Map<string, number>();

  /** True if the line should be written. `now`: ms of a clock that never steps. */
  take(id: string, now: number): boolean {
    const last = this.#lastAt.get(id);
    if (last !== undefined && now - last < MINUTE_MS) return false;
    if (this.#lastAt.size >= MAX_IDS) this.#lastAt.clear();
    this.#lastAt.set(id, now);
    return true;
  }
}
