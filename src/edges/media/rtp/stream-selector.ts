/** An older stream is played again when the newer one has been silent this long: its sender is gone. */
const RESUME_OLDER_AFTER_MS = 1000;
/** Superseded streams remembered per source; a sender that changes its SSRC all the time must not cost memory. */
const MAX_SUPERSEDED = 4;

/**
 * Chooses between streams (SSRCs) that come from one source at once: the newer is played. A gateway that plays an
 * announcement over its ringing tone, or a phone whose old call leg still sends, interleaves two of them.
 */
export class StreamSelector {
  #ssrc: number | null = null;
  #receivedAt = 0;
  #superseded: number[] = [];

  /** Does this packet belong to the stream that is played? A new SSRC becomes that stream. */
  admit(ssrc: number, nowMs: number): boolean {
    if (ssrc !== this.#ssrc && !this.#select(ssrc, nowMs)) return false;
    this.#receivedAt = nowMs;
    return true;
  }

  /** Another source: nothing is known of its streams. */
  reset(): void {
    this.#ssrc = null;
    this.#superseded = [];
  }

  #select(ssrc: number, nowMs: number): boolean {
    const isOlder = this.#superseded.includes(ssrc);
    if (isOlder && nowMs - this.#receivedAt < RESUME_OLDER_AFTER_MS) return false;
    const others = this.#superseded.filter((other) => other !== ssrc);
    this.#superseded = this.#ssrc === null ? others : [...others, this.#ssrc].slice(-MAX_SUPERSEDED);
    this.#ssrc = ssrc;
    return true;
  }
}
