import type { Timer } from "../../../base/clock.ts";
import { ownCopy, serialize } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { ServerMachine } from "./machine.ts";
import { transactionTimeout } from "./timers.ts";

type State = "proceeding" | "accepted" | "completed" | "confirmed";

/*
 *   INVITE ──► proceeding ── 2xx ──► accepted ── L ──► terminated      (ACKs go to the dialog)
 *               │ (repeat: last 1xx)   (repeats absorbed; the dialog resends its 2xx)
 *               └─ 300–699 ──► completed ── ACK ──► confirmed ── I ──► terminated
 *                               │ G: resend          (repeats absorbed)
 *                               └─ H ──► terminated
 */

/** An incoming INVITE: RFC 3261 17.2.1 with the Accepted state of RFC 6026 7.1. */
export class InviteServerTransaction extends ServerMachine {
  /** Called once when a CANCEL ends it before a final response; its user must then refuse it with 487. */
  onCancel: ((cancel: SipRequest) => void) | null = null;
  #state: State = "proceeding";
  #trying: (() => SipResponse) | null = null;
  #tryingTimer: Timer | null = null;

  /** Whether a CANCEL would still change anything (RFC 3261 9.2). */
  get pending(): boolean {
    return !this.terminated && this.#state === "proceeding";
  }

  /**
   * Sends 100 Trying, unless another response is sent soon (RFC 3261 17.2.1 allows that): most calls are answered
   * sooner, and a datagram to a sleeping peer is very expensive.
   */
  tryLater(trying: () => SipResponse): void {
    const { clock, timers } = this.host;
    this.#trying = trying;
    if (timers.trying === 0) this.#tryNow();
    else this.#tryingTimer = clock.after(timers.trying, () => this.#tryNow());
  }

  /**
   * Sends a 1xx or the final response, but nothing after a final one. The octets are for {@link repeat}; those of a 2xx
   * are kept only by the dialog.
   */
  respond(response: SipResponse): Buffer {
    const octets = serialize(response);
    if (!this.pending) return octets;
    this.#forgetTrying();
    const { status } = response;
    if (status >= 200 && status < 300) this.#accept();
    else this.octets = ownCopy(octets);
    if (status >= 300) this.#refuse();
    this.send(octets, false);
    return octets;
  }

  /** Sends the octets of an earlier 1xx or 2xx again, for the dialog, by the transaction's route. */
  repeat(octets: Buffer): void {
    this.send(octets, true);
  }

  /** The same INVITE again. */
  onRepeat(): void {
    if (this.#trying !== null) this.#tryNow();
    else this.send(this.octets, true);
  }

  /** True if the ACK belonged to a refusal; false if it is for the dialog. */
  onAck(): boolean {
    if (this.#state === "accepted" || this.#state === "proceeding") return false;
    if (this.#state !== "completed") return true;
    this.#state = "confirmed";
    this.octets = null;
    this.terminateAfter(this.route.flow.reliable ? 0 : this.host.timers.t4);
    return true;
  }

  #tryNow(): void {
    if (this.#trying !== null) this.respond(this.#trying());
  }

  #forgetTrying(): void {
    this.#trying = null;
    this.#tryingTimer?.cancel();
    this.#tryingTimer = null;
  }

  #accept(): void {
    this.#state = "accepted";
    this.octets = null;
    this.terminateAfter(transactionTimeout(this.host.timers));
  }

  #refuse(): void {
    const { timers } = this.host;
    this.#state = "completed";
    this.terminateAfter(transactionTimeout(timers));
    // Timer G doubles up to T2.
    const next = (delayMs: number): number => Math.min(2 * delayMs, timers.t2);
    if (!this.route.flow.reliable) this.timers.retransmit(timers.t1, next, () => this.send(this.octets, true));
    this.host.refused(this.key);
  }

  protected override forget(): void {
    super.forget();
    this.#forgetTrying();
  }
}
