import type { Clock, Timer } from "./clock.ts";

/** What `Rounds` repeats, and how often it does so without a request. */
export interface RoundsOptions {
  readonly clock: Pick<Clock, "after" | "elapsed">;
  /** One round. Never rejects. */
  readonly round: () => Promise<void>;
  /** After a round, ms until the next one if nothing asks for it. */
  readonly pauseMs: () => number;
}

/** Work that is done in rounds: one at a time, and another one after each during which one was asked for. */
export class Rounds {
  readonly #options: RoundsOptions;
  #timer: { readonly at: number; readonly timer: Timer } | null = null;
  #underway: Promise<void> | null = null;
  #again = false;
  #running = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    this.within(0);
  }

  /** No more rounds; resolves when the current one is over. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.timer.cancel();
    this.#timer = null;
    await this.#underway;
  }

  /** The next round begins after this time at the latest. */
  within(delayMs: number): void {
    if (!this.#running) return;
    const { clock } = this.#options;
    const at = clock.elapsed() + delayMs;
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#timer?.timer.cancel();
    const timer = clock.after(delayMs, () => {
      this.#timer = null;
      // Anything that arrived after a round began may not be in it.
      if (this.#underway === null) this.#underway = this.#round();
      else this.#again = true;
    });
    this.#timer = { at, timer };
  }

  async #round(): Promise<void> {
    await this.#options.round();
    this.#underway = null;
    this.within(this.#again ? 0 : this.#options.pauseMs());
    this.#again = false;
  }
}
