import type { Timer } from "../../../base/clock.ts";
import { ownCopy, serialize } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { responseFlow, type ReplyRoute, type TransactionHost } from "./host.ts";
import { transactionTimeout } from "./timers.ts";

type State = "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

/*
 *   INVITE ──► proceeding ── 2xx ──► accepted ── L ──► terminated      (ACKs go to the dialog)
 *               │ (repeat: last 1xx)   (repeats absorbed; the dialog resends its 2xx)
 *               └─ 300–699 ──► completed ── ACK ──► confirmed ── I ──► terminated
 *                               │ G: resend          (repeats absorbed)
 *                               └─ H ──► terminated
 */

/** An INVITE that came in: RFC 3261 17.2.1 with the Accepted state of RFC 6026 7.1. */
export class InviteServerTransaction {
  readonly key: string;
  /** What copies of the request by other ways have in common with it; null inside a dialog. */
  readonly origin: string | null;
  readonly route: ReplyRoute;
  /** Called once when a CANCEL ends it before a final response; its user must then refuse it with 487. */
  onCancel: ((cancel: SipRequest) => void) | null = null;
  readonly #host: TransactionHost;
  #state: State = "proceeding";
  /** The last 1xx, then the final refusal. Never the 2xx: the dialog has that. */
  #octets: Buffer | null = null;
  #trying: (() => SipResponse) | null = null;
  #tryingTimer: Timer | null = null;
  #retransmit: Timer | null = null;
  #limit: Timer | null = null;

  constructor(host: TransactionHost, key: string, origin: string | null, route: ReplyRoute) {
    this.#host = host;
    this.key = key;
    this.origin = origin;
    this.route = route;
  }

  get answered(): boolean {
    return this.#state !== "proceeding";
  }

  /** Whether a CANCEL would still change anything (RFC 3261 9.2). */
  get pending(): boolean {
    return this.#state === "proceeding";
  }

  /**
   * 100 Trying, unless something else is said soon (RFC 3261 17.2.1 allows that): most calls are answered
   * sooner, and a datagram to a sleeping peer is the dearest thing there is.
   */
  tryLater(trying: () => SipResponse): void {
    const { clock, timers } = this.#host;
    this.#trying = trying;
    if (timers.trying === 0) this.#tryNow();
    else this.#tryingTimer = clock.after(timers.trying, () => this.#tryNow());
  }

  #tryNow(): void {
    if (this.#trying !== null) this.respond(this.#trying());
  }

  #forgetTrying(): void {
    this.#trying = null;
    this.#tryingTimer?.cancel();
    this.#tryingTimer = null;
  }

  /** Sends a 1xx or the final response; after a final one nothing. The octets are for {@link repeat}. */
  respond(response: SipResponse): Buffer {
    const octets = serialize(response);
    if (this.#state !== "proceeding") return octets;
    this.#forgetTrying();
    if (response.status >= 200 && response.status < 300) this.#accept(octets);
    else {
      this.#octets = ownCopy(octets);
      if (response.status >= 300) this.#refuse();
      this.#send(octets, false);
    }
    return octets;
  }

  /** Sends octets of a 1xx or 2xx that went out before: the dialog's business, by the transaction's route. */
  repeat(octets: Buffer): void {
    this.#send(octets, true);
  }

  /** The same INVITE again. */
  onRepeat(): void {
    if (this.#trying !== null) return this.#tryNow();
    if ((this.#state === "proceeding" || this.#state === "completed") && this.#octets !== null)
      this.#send(this.#octets, true);
  }

  /** True: the ACK belonged to a refusal. False: it is for the dialog. */
  onAck(): boolean {
    if (this.#state === "accepted" || this.#state === "proceeding") return false;
    if (this.#state !== "completed") return true;
    this.#state = "confirmed";
    this.#octets = null;
    this.#stopTimers();
    if (this.route.flow.reliable) this.#terminate();
    else this.#limit = this.#host.clock.after(this.#host.timers.t4, () => this.#terminate());
    return true;
  }

  /** Forgets it at once: the endpoint stops. */
  abandon(): void {
    this.#terminate();
  }

  #accept(octets: Buffer): void {
    this.#state = "accepted";
    this.#octets = null;
    this.#limit = this.#host.clock.after(transactionTimeout(this.#host.timers), () => this.#terminate());
    this.#send(octets, false);
  }

  #refuse(): void {
    const { clock, timers } = this.#host;
    this.#state = "completed";
    this.#limit = clock.after(transactionTimeout(timers), () => this.#terminate());
    if (!this.route.flow.reliable) this.#armRetransmit(timers.t1);
    this.#host.refused(this.key);
  }

  /** Timer G doubles up to T2. */
  #armRetransmit(delayMs: number): void {
    const { clock, timers } = this.#host;
    this.#retransmit = clock.after(delayMs, () => {
      this.#armRetransmit(Math.min(2 * delayMs, timers.t2));
      if (this.#octets !== null) this.#send(this.#octets, true);
    });
  }

  #send(octets: Buffer, repeat: boolean): void {
    const flow = responseFlow(this.#host, this.route);
    if (flow !== null) this.#host.transmit(flow, octets, repeat);
  }

  #terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#octets = null;
    this.#forgetTrying();
    this.#stopTimers();
    this.#host.ended(this.key);
  }

  #stopTimers(): void {
    this.#retransmit?.cancel();
    this.#limit?.cancel();
  }
}
