const MINUTE_MS = 60_000;
/** Keys counted at once: they may come from outside, and a flood brings new ones without end. */
const MAX_KEYS = 10_000;

/** So many a minute for each key, and a count of what was held back. */
export class MinuteLimit {
  readonly #perMinute: number;
  #minute = 0;
  readonly #taken = new Map<string, number>();
  #heldBack = 0;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Null: no more of this key in this minute. Else how many, of any key, were held back in the minute before. */
  take(key: string, now: number): number | null {
    const before = this.#turn(Math.floor(now / MINUTE_MS));
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= this.#perMinute || (taken === 0 && this.#taken.size >= MAX_KEYS)) {
      this.#heldBack += 1;
      return null;
    }
    this.#taken.set(key, taken + 1);
    return before;
  }

  /** A clock that was set back begins a new minute too. */
  #turn(minute: number): number {
    if (minute === this.#minute) return 0;
    const heldBack = this.#heldBack;
    this.#minute = minute;
    this.#taken.clear();
    this.#heldBack = 0;
    return heldBack;
  }
}
