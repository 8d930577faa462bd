import type { Timer } from "../../../base/clock.ts";
import { buildAck, ownCopy, serialize } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { TransactionHost } from "./host.ts";
import { timerD, transactionTimeout } from "./timers.ts";

/** Who sent an INVITE. */
export interface InviteClientUser {
  /** Every 1xx, repeated ones too. */
  onProvisional(response: SipResponse): void;
  /** Every 2xx, repeated and forked ones too: each wants an ACK, which is not the transaction's to send. */
  onSuccess(response: SipResponse): void;
  /** The one final refusal; it has been acknowledged. */
  onRefused(response: SipResponse): void;
  /** Timer B, or the flow broke. Nothing follows. */
  onNoResponse(reason: string): void;
}

const EMPTY = Buffer.alloc(0);

type State = "calling" | "proceeding" | "accepted" | "completed" | "terminated";

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
export class InviteClientTransaction {
  readonly key: string;
  readonly flow: TransportFlow;
  readonly #host: TransactionHost;
  readonly #user: InviteClientUser;
  #state: State = "calling";
  /** Dropped with the first final response; from then on only the ACK is needed. */
  #request: SipRequest | null;
  #octets: Buffer;
  #retransmit: Timer | null = null;
  #limit: Timer | null = null;

  constructor(host: TransactionHost, key: string, request: SipRequest, flow: TransportFlow, user: InviteClientUser) {
    this.#host = host;
    this.key = key;
    this.#request = request;
    this.flow = flow;
    this.#user = user;
    this.#octets = serialize(request);
  }

  start(): void {
    const { clock, timers } = this.#host;
    this.#limit = clock.after(transactionTimeout(timers), () => this.#noResponse("no response"));
    if (!this.flow.reliable) this.#armRetransmit(timers.t1);
    this.#host.transmit(this.flow, this.#octets, false);
  }

  /** In place of `start` for an INVITE that an earlier process sent and that rings: nothing goes out. */
  resume(): void {
    this.#state = "proceeding";
  }

  onResponse(response: SipResponse): void {
    if (response.status < 200) this.#onProvisional(response);
    else if (response.status < 300) this.#onSuccess(response);
    else this.#onRefused(response);
  }

  onFlowFailed(reason: string): void {
    if (this.#state === "calling" || this.#state === "proceeding") this.#noResponse(reason);
  }

  /** A CANCEL went out: without a final response in 64·T1 it ends without a word (RFC 3261 9.1). */
  onCancelSent(): void {
    if (this.#state === "proceeding") this.#endAfter(transactionTimeout(this.#host.timers));
  }

  /** Ends it without a word: the endpoint stops. */
  abandon(): void {
    this.#terminate();
  }

  /** Timer A doubles without the bound of T2 (RFC 3261 17.1.1.2). */
  #armRetransmit(delayMs: number): void {
    this.#retransmit = this.#host.clock.after(delayMs, () => {
      this.#armRetransmit(2 * delayMs);
      this.#host.transmit(this.flow, this.#octets, true);
    });
  }

  #onProvisional(response: SipResponse): void {
    if (this.#state !== "calling" && this.#state !== "proceeding") return;
    if (this.#state === "calling") {
      this.#state = "proceeding";
      this.#stopTimers();
    }
    this.#user.onProvisional(response);
  }

  #onSuccess(response: SipResponse): void {
    if (this.#state === "calling" || this.#state === "proceeding") {
      this.#state = "accepted";
      this.#forgetRequest();
      this.#endAfter(transactionTimeout(this.#host.timers));
    }
    if (this.#state === "accepted") this.#user.onSuccess(response);
  }

  #onRefused(response: SipResponse): void {
    if (this.#state === "completed") this.#host.transmit(this.flow, this.#octets, true);
    if (this.#request === null) return;
    this.#octets = ownCopy(serialize(buildAck(this.#request, response)));
    this.#state = "completed";
    this.#host.transmit(this.flow, this.#octets, false);
    this.#request = null;
    this.#endAfter(this.flow.reliable ? 0 : timerD(this.#host.timers));
    this.#user.onRefused(response);
  }

  #noResponse(reason: string): void {
    this.#terminate();
    this.#user.onNoResponse(reason);
  }

  #endAfter(delayMs: number): void {
    this.#stopTimers();
    if (delayMs === 0) this.#terminate();
    else this.#limit = this.#host.clock.after(delayMs, () => this.#terminate());
  }

  #forgetRequest(): void {
    this.#request = null;
    this.#octets = EMPTY;
  }

  #terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#stopTimers();
    this.#forgetRequest();
    this.#host.ended(this.key);
  }

  #stopTimers(): void {
    this.#retransmit?.cancel();
    this.#limit?.cancel();
  }
}
