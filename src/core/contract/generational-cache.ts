/**
 * A bounded memory of what a pure function came to, by what it was asked with, mostly a text. Two generations: when the younger is
 * full it becomes the older, and what nobody asks for again goes with that one. So it holds at most twice `max` entries,
 * and what is in steady use stays.
 */
export class GenerationalCache<V, K = string> {
  readonly #max: number;
  #younger = new Map<K, V>();
  #older = new Map<K, V>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined: never told, or forgotten. */
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
