/** How often the meter is due, ms. */
const TICK_MS = 5;

/** Measures how late this machine runs timers: the longest delay seen. */
export class LatenessMeter {
  #worstMs = 0;
  #due = performance.now() + TICK_MS;
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  #tick(): void {
    const now = performance.now();
    this.#worstMs = Math.max(this.#worstMs, now - this.#due);
    this.#due = now + TICK_MS;
  }

  /** Ends the measurement. */
  stop(): number {
    clearInterval(this.#timer);
    return Math.max(this.#worstMs, performance.now() - this.#due);
  }
}
