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

  /** Nobody runs or waits. */
  get idle(): boolean {
    return this.#running === 0;
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

/** A gate for each key, as long as somebody uses it. */
export class KeyedGates {
  readonly #atOnce: number;
  readonly #mayWait: number;
  readonly #gates = new Map<string, Gate>();

  constructor(atOnce: number, mayWait: number) {
    this.#atOnce = atOnce;
    this.#mayWait = mayWait;
  }

  /** What the task gives; null: too many wait for this key already, it was not begun. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T | null> {
    const gate = this.#gates.get(key) ?? new Gate(this.#atOnce, this.#mayWait);
    this.#gates.set(key, gate);
    try {
      return await gate.run(task);
    } finally {
      if (gate.idle && this.#gates.get(key) === gate) this.#gates.delete(key);
    }
  }
}
