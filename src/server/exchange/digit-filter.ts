import type { LegDigit } from "./live-leg.ts";

/**
 * ms within which a phone that sends each digit as INFO and as RTP has sent both: RTP is recognised while the digit lasts,
 * an INFO is sent at its end and may be repeated once (RFC 3261, timer E: 500 ms).
 */
const SAME_DIGIT_MS = 3000;

/** A counted digit, which may come once more by the other method. */
interface CountedDigit {
  readonly digit: string;
  readonly byInfo: boolean;
  readonly at: number;
}

/** Counts a digit once if a leg sends it both by INFO and by RTP (RFC 4733 or in-band), in either order. */
export class DigitFilter {
  readonly #unpaired = new Map<LegDigit["leg"], readonly CountedDigit[]>();

  /** Null: this repeats a digit that was already counted. `now`: monotonic, ms. */
  count({ leg, digit, via }: LegDigit, now: number): CountedDigit | null {
    const byInfo = via === "info";
    const recent = (this.#unpaired.get(leg) ?? []).filter(({ at }) => now - at < SAME_DIGIT_MS);
    const other = recent.findIndex((each) => each.digit === digit && each.byInfo !== byInfo);
    const counted = other === -1 ? { digit, byInfo, at: now } : null;
    this.#unpaired.set(leg, counted === null ? recent.toSpliced(other, 1) : [...recent, counted]);
    return counted;
  }

  /** Whether the same digit has since come by the other method. */
  isPaired(leg: LegDigit["leg"], counted: CountedDigit): boolean {
    return this.#unpaired.get(leg)?.includes(counted) !== true;
  }
}
