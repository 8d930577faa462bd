import { buildAck, ownCopy, serialize } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { TransactionHost } from "./host.ts";
import { ClientMachine } from "./machine.ts";
import { timerD, transactionTimeout } from "./timers.ts";

/** The sender of an INVITE. */
export interface InviteClientUser {
  /** Every 1xx, including repeats. */
  onProvisional(response: SipResponse): void;
  /** Every 2xx, including repeats and those of forks: each needs an ACK, which the transaction does not send. */
  onSuccess(response: SipResponse): void;
  /** The one final refusal; it has been acknowledged. */
  onRefused(response: SipResponse): void;
  /** Timer B fired, or the flow broke. Nothing follows. */
  onNoResponse(reason: string): void;
}

type State = "calling" | "proceeding" | "accepted" | "completed";

/*
 *             INVITE sent                 A: resend
 *                 │           ┌──┐
 *                 ▼           ▼  │
 *            ┌─ calling ──────┴──┘──── B or broken flow ──► terminated
 *        1xx │    │  └───────────── 300–699, ACK ─────┐
 *            ▼    │ 2xx                               ▼
 *        proceeding ── 300–699, ACK ────────────► completed ── D ──► terminated
 *            │    │                                (each repeat: ACK)
 *            └ 2xx┴──► accepted (each 2xx to the user) ── M ──► terminated
 */

/** An INVITE that we sent: RFC 3261 17.1.1 with the Accepted state of RFC 6026 7.2. */
export class InviteClientTransaction extends ClientMachine {
  readonly #user: InviteClientUser;
  #state: State = "calling";
  /** Dropped with the first final response; from then on only the ACK is needed. */
  #request: SipRequest | null;

  constructor(host: TransactionHost, key: string, request: SipRequest, flow: TransportFlow, user: InviteClientUser) {
    super(host, key, request, flow);
    this.#request = request;
    this.#user = user;
  }

  /** Instead of `start`, for a ringing INVITE that an earlier process sent: nothing is sent. */
  resume(): void {
    this.#state = "proceeding";
  }

  onResponse(response: SipResponse): void {
    if (this.terminated) return;
    if (response.status < 200) this.#onProvisional(response);
    else if (response.status < 300) this.#onSuccess(response);
    else this.#onRefused(response);
  }

  /** A CANCEL was sent: without a final response in 64·T1 it ends silently (RFC 3261 9.1). */
  onCancelSent(): void {
    if (this.#state === "proceeding") this.terminateAfter(transactionTimeout(this.host.timers));
  }

  #onProvisional(response: SipResponse): void {
    if (!this.waiting) return;
    if (this.#state === "calling") {
      this.#state = "proceeding";
      this.timers.stop();
    }
    this.#user.onProvisional(response);
  }

  #onSuccess(response: SipResponse): void {
    if (this.waiting) {
      this.#state = "accepted";
      this.forget();
      this.terminateAfter(transactionTimeout(this.host.timers));
    }
    if (this.#state === "accepted") this.#user.onSuccess(response);
  }

  #onRefused(response: SipResponse): void {
    if (this.#state === "completed") this.host.transmit(this.flow, this.octets, true);
    if (this.#request === null) return;
    this.octets = ownCopy(serialize(buildAck(this.#request, response)));
    this.#state = "completed";
    this.host.transmit(this.flow, this.octets, false);
    this.#request = null;
    this.terminateAfter(this.flow.reliable ? 0 : timerD(this.host.timers));
    this.#user.onRefused(response);
  }

  protected get waiting(): boolean {
    return !this.terminated && (this.#state === "calling" || this.#state === "proceeding");
  }

  /** Timer A doubles without the bound of T2 (RFC 3261 17.1.1.2). */
  protected nextDelay(delayMs: number): number {
    return 2 * delayMs;
  }

  protected noResponse(reason: string): void {
    this.terminate();
    this.#user.onNoResponse(reason);
  }

  protected override forget(): void {
    super.forget();
    this.#request = null;
  }
}
