import type { LegDigit } from "./live-leg.ts";

/**
 * ms. A phone that sends each digit both as an INFO and as RTP sends the second within this time: RTP is recognised while
 * the digit lasts, an INFO is sent at its end and may be repeated once (RFC 3261, timer E: 500 ms).
 */
const SAME_DIGIT_MS = 3000;

/** A digit that was counted, and may come once more by the other way. */
interface CountedDigit {
  readonly digit: string;
  readonly byInfo: boolean;
  readonly at: number;
}

/** Counts a digit once that a leg sends in two ways, by INFO and by RTP (RFC 4733 or in-band), in either order. */
export class DigitFilter {
  readonly #unpaired = new Map<LegDigit["leg"], readonly CountedDigit[]>();

  /** Null: this is the other half of a digit that was counted before. `now`: ms that never step. */
  count({ leg, digit, via }: LegDigit, now: number): CountedDigit | null {
    const byInfo = via === "info";
    const recent = (this.#unpaired.get(leg) ?? []).filter(({ at }) => now - at < SAME_DIGIT_MS);
    const other = recent.findIndex((each) => each.digit === digit && each.byInfo !== byInfo);
    const counted = other === -1 ? { digit, byInfo, at: now } : null;
    this.#unpaired.set(leg, counted === null ? recent.toSpliced(other, 1) : [...recent, counted]);
    return counted;
  }

  /** Whether its other half has come since. */
  isPaired(leg: LegDigit["leg"], counted: CountedDigit): boolean {
    return this.#unpaired.get(leg)?.includes(counted) !== true;
  }
}
