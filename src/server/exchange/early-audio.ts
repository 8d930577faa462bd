/**
 * RFC 3960 section 3.2: early media counts once its audio arrives, not when an 18x announces it. `onAudio` is called once,
 * when both have come, in either order.
 */
export class EarlyAudio {
  readonly #onAudio: () => void;
  #described = false;
  #arrived = false;
  #over = false;

  constructor(onAudio: () => void) {
    this.#onAudio = onAudio;
  }

  /** The far side's session description has taken effect. */
  described(): void {
    this.#described = true;
    this.#look();
  }

  /** The first RTP has arrived. */
  arrived(): void {
    this.#arrived = true;
    this.#look();
  }

  /** The leg is answered or over: audio no longer counts as early. */
  close(): void {
    this.#over = true;
  }

  #look(): void {
    if (this.#over || !this.#described || !this.#arrived) return;
    this.#over = true;
    this.#onAudio();
  }
}
