/**
 * Who owes an answer (RFC 3264, RFC 6337). One offer at a time in a dialog:
 *
 *            our offer sent               their offer came
 *   ours ◄──────────────────── stable ────────────────────► theirs
 *     └── their answer, refusal ──► ▲ ◄── our answer, refusal ──┘
 */
export class OfferAnswer {
  #state: "stable" | "ours" | "theirs" = "stable";

  get stable(): boolean {
    return this.#state === "stable";
  }

  /** True if our offer may be sent; it is then pending. */
  offer(): boolean {
    if (this.#state !== "stable") return false;
    this.#state = "ours";
    return true;
  }

  /** The pending offer, ours or theirs, is answered or refused. */
  settle(): void {
    this.#state = "stable";
  }

  /**
   * Their offer came: null if it can be handled now, else the status that it gets: 491 while ours is pending, 500 while
   * an earlier one of theirs is (RFC 3261 14.2, RFC 3311 5.2).
   */
  receive(): 491 | 500 | null {
    if (this.#state === "ours") return 491;
    if (this.#state === "theirs") return 500;
    this.#state = "theirs";
    return null;
  }
}
