/** Lets at most so many tasks run at once, and so many more wait; others are turned away. */
export class Gate {
  readonly #atOnce: number;
  readonly #mayWait: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, mayWait: number) {
    this.#atOnce = atOnce;
    this.#mayWait = mayWait;
  }

  /** What the task gives; null: too many wait already, it was not begun. */
  async run<T>(task: () => Promise<T>): Promise<T | null> {
    if (this.#running >= this.#atOnce) {
      if (this.#line.length >= this.#mayWait) return null;
      // The place is handed on, so that nobody who comes later takes it first.
      await new Promise<void>((resolve) => this.#line.push(resolve));
    } else this.#running++;
    try {
      return await task();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
