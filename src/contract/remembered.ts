/**
 * A bounded memory of what a pure function came to, by the text it was asked with. Two generations: when the younger is
 * full it becomes the older, and what nobody asks for again goes with that one. So it holds at most twice `max` entries,
 * and what is in steady use stays.
 */
export class Remembered<V> {
  readonly #max: number;
  #younger = new Map<string, V>();
  #older = new Map<string, V>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined: never told, or forgotten. */
  get(key: string): V | undefined {
    const known = this.#younger.get(key);
    if (known !== undefined) return known;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#younger.size >= this.#max) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, value);
  }
}
