/** An older stream is played again when the newer one has been silent this long: its sender must have stopped. */
const RESUME_OLDER_AFTER_MS = 1000;
/** Superseded streams remembered per source; a sender that changes its SSRC all the time must not cost memory. */
const MAX_SUPERSEDED = 4;

/**
 * Chooses between streams (SSRCs) that come from one source at once: the newer is played. A gateway that plays an
 * announcement over its ringing tone, or a phone whose old call leg still sends, interleaves two of them.
 */
export class StreamSelector {
  #superseded: number[] = [];

  /** May the stream `ssrc` be played instead of `current`, whose last packet came `silentMs` ago? */
  supersedes(ssrc: number, current: number, silentMs: number): boolean {
    const isOlder = this.#superseded.includes(ssrc);
    if (isOlder && silentMs < RESUME_OLDER_AFTER_MS) return false;
    const others = this.#superseded.filter((other) => other !== ssrc);
    this.#superseded = [...others, current].slice(-MAX_SUPERSEDED);
    return true;
  }

  /** The source is another one: nothing is known about its streams. */
  reset(): void {
    this.#superseded = [];
  }
}
