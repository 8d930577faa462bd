/**
 * A bounded cache of a pure function's results, by its argument, usually a text. It has two generations: when the younger
 * one is full it replaces the older one, and entries that were not read since are dropped. So it holds at most twice
 * `max` entries, and what is in steady use stays.
 */
export class GenerationalCache<V, K = string> {
  readonly #max: number;
  #younger = new Map<K, V>();
  #older = new Map<K, V>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined: never set, or dropped. */
  get(key: K): V | undefined {
    const known = this.#younger.get(key);
    if (known !== undefined) return known;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#younger.size >= this.#max) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, value);
  }
}
