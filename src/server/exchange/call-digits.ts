import type { Clock } from "../../base/clock.ts";
import type { LegId } from "../../core/call/legs.ts";
import { DigitFilter } from "./digit-filter.ts";
import type { LegDigit, LiveLeg } from "./live-leg.ts";

/** ms that a digit from INFO waits for the same digit from RTP before it is passed on, if the leg can send both. */
const OTHER_HALF_MS = 300;

export interface CallDigitsOptions {
  readonly clock: Clock;
  readonly legOf: (leg: LegId) => LiveLeg | undefined;
  /** Called for each digit that counts. */
  readonly onDigit: (leg: LegId, digit: string) => void;
}

/** The digits of one call: each counts once however it was sent, and reaches the other side of a conversation once. */
export class CallDigits {
  readonly #options: CallDigitsOptions;
  readonly #filter = new DigitFilter();
  /** The two legs of the conversation. */
  #bridged: readonly [LegId, LegId] | null = null;

  constructor(options: CallDigitsOptions) {
    this.#options = options;
  }

  bridge(a: LegId, b: LegId): void {
    this.#bridged = [a, b];
  }

  unbridge(): void {
    this.#bridged = null;
  }

  received(received: LegDigit): void {
    const { clock, legOf, onDigit } = this.#options;
    const { leg, digit, via } = received;
    const counted = this.#filter.count(received, clock.elapsed());
    if (counted === null) return;
    onDigit(leg, digit);
    // The media process relays RTP digits itself.
    if (via !== "info") return;
    const relay = (): void => {
      if (!this.#filter.isPaired(leg, counted)) this.#otherSideOf(leg)?.sendDigit(digit);
    };
    // The same digit sent by RTP would reach the other side as well.
    if (legOf(leg)?.sendsTelephoneEvents === true) clock.after(OTHER_HALF_MS, relay);
    else relay();
  }

  #otherSideOf(leg: LegId): LiveLeg | undefined {
    const [a, b] = this.#bridged ?? [];
    const other = leg === a ? b : leg === b ? a : undefined;
    return other === undefined ? undefined : this.#options.legOf(other);
  }
}
