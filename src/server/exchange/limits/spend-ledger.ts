import type { SpendSoFar } from "./decide-dial.ts";
import type { Mills } from "./dial-policy.ts";
import type { LocalDay } from "./local-day.ts";

/** What one account has spent in its current day and night; each new one begins at zero. */
export class SpendLedger {
  #day = Number.NEGATIVE_INFINITY;
  #night = Number.NEGATIVE_INFINITY;
  #today: Mills = 0;
  #tonight: Mills = 0;

  spent(at: LocalDay): SpendSoFar {
    this.#turn(at);
    return { today: this.#today, tonight: this.#tonight };
  }

  charge(at: LocalDay, amount: Mills): void {
    this.#turn(at);
    this.#today += amount;
    if (at.isNight) this.#tonight += amount;
  }

  /** Gives back what was charged at `chargedAt`, unless that was another day or night. */
  refund(now: LocalDay, chargedAt: LocalDay, amount: Mills): void {
    this.#turn(now);
    if (chargedAt.day === this.#day) this.#today -= amount;
    if (chargedAt.isNight && chargedAt.night === this.#night) this.#tonight -= amount;
  }

  /** Adds what earlier processes have spent. */
  add(at: LocalDay, { today, tonight }: SpendSoFar): void {
    this.#turn(at);
    this.#today += today;
    this.#tonight += tonight;
  }

  /** Moves on to a new day or night; setting the clock back does not bring back a finished one. */
  #turn({ day, night }: LocalDay): void {
    if (day > this.#day) [this.#day, this.#today] = [day, 0];
    if (night > this.#night) [this.#night, this.#tonight] = [night, 0];
  }
}
