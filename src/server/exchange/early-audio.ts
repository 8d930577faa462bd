/**
 * RFC 3960 section 3.2: early media counts once its audio arrives, not when a 18x announces it. Whichever of the two comes
 * first, `onAudio` is called once, when both are there.
 */
export class EarlyAudio {
  readonly #onAudio: () => void;
  #described = false;
  #arrived = false;
  #over = false;

  constructor(onAudio: () => void) {
    this.#onAudio = onAudio;
  }

  /** A session description of the far side is in force. */
  described(): void {
    this.#described = true;
    this.#look();
  }

  /** The first RTP has come. */
  arrived(): void {
    this.#arrived = true;
    this.#look();
  }

  /** The leg is answered or over: no audio is early any more. */
  close(): void {
    this.#over = true;
  }

  #look(): void {
    if (this.#over || !this.#described || !this.#arrived) return;
    this.#over = true;
    this.#onAudio();
  }
}
