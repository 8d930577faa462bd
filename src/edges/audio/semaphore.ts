/** Lets at most so many tasks run at once, and so many more wait; others are turned away. */
export class Semaphore {
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
export class KeyedSemaphore {
  readonly #atOnce: number;
  readonly #mayWait: number;
  readonly #semaphores = new Map<string, Semaphore>();

  constructor(atOnce: number, mayWait: number) {
    this.#atOnce = atOnce;
    this.#mayWait = mayWait;
  }

  /** What the task gives; null: too many wait for this key already, it was not begun. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T | null> {
    const semaphore = this.#semaphores.get(key) ?? new Semaphore(this.#atOnce, this.#mayWait);
    this.#semaphores.set(key, semaphore);
    try {
      return await semaphore.run(task);
    } finally {
      if (semaphore.idle && this.#semaphores.get(key) === semaphore) this.#semaphores.delete(key);
    }
  }
}
