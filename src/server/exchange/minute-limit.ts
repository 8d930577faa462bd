const MINUTE_MS = 60_000;
/** Limit on counted keys: they may come from outside, and a flood keeps bringing new ones. */
const MAX_KEYS = 10_000;

/** Limits each key to a number a minute, and counts what was held back. */
export class MinuteLimit {
  readonly #perMinute: number;
  #minute = 0;
  readonly #taken = new Map<string, number>();
  #heldBack = 0;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Null: this key has used up its minute. Otherwise how many, over all keys, were held back in the minute before. */
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

  /** Begins a new minute, also if the clock was set back. */
  #turn(minute: number): number {
    if (minute === this.#minute) return 0;
    const heldBack = this.#heldBack;
    this.#minute = minute;
    this.#taken.clear();
    this.#heldBack = 0;
    return heldBack;
  }
}
