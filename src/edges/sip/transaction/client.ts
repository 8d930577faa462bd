import type { Timer } from "../../../base/clock.ts";
import { serialize } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { TransactionHost } from "./host.ts";
import { transactionTimeout } from "./timers.ts";

/** Who sent a request other than INVITE. Exactly one of the two is called, once. */
export interface ClientUser {
  onFinal(response: SipResponse): void;
  /** Timer F, or the flow broke. */
  onNoResponse(reason: string): void;
}

const EMPTY = Buffer.alloc(0);

type State = "trying" | "proceeding" | "completed" | "terminated";

/*
 *   request sent ──► trying ── 1xx ──► proceeding
 *                     │ E: resend       │ E: resend at T2
 *                     ├─ F ─────────────┴──► terminated
 *                     └─ 200–699 ───────┴──► completed ── K ──► terminated
 */

/** A request other than INVITE and ACK that we sent: RFC 3261 17.1.2; no 408 is ever made up for others (RFC 4320). */
export class ClientTransaction {
  readonly key: string;
  readonly flow: TransportFlow;
  readonly #host: TransactionHost;
  /** Dropped with the final response, and with it all that the sender remembers. */
  #user: ClientUser | null;
  #state: State = "trying";
  #octets: Buffer;
  #retransmit: Timer | null = null;
  #limit: Timer | null = null;

  constructor(host: TransactionHost, key: string, request: SipRequest, flow: TransportFlow, user: ClientUser) {
    this.#host = host;
    this.key = key;
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

  onResponse(response: SipResponse): void {
    if (this.#state !== "trying" && this.#state !== "proceeding") return;
    if (response.status < 200) {
      this.#state = "proceeding";
      return;
    }
    const user = this.#user;
    this.#state = "completed";
    this.#forget();
    this.#stopTimers();
    if (this.flow.reliable) this.#terminate();
    else this.#limit = this.#host.clock.after(this.#host.timers.t4, () => this.#terminate());
    user?.onFinal(response);
  }

  onFlowFailed(reason: string): void {
    if (this.#state === "trying" || this.#state === "proceeding") this.#noResponse(reason);
  }

  /** Ends it without a word to the user, who stopped waiting. */
  abandon(): void {
    this.#terminate();
  }

  /** Timer E doubles up to T2; once a 1xx came it goes on at T2 (RFC 3261 17.1.2.2). */
  #armRetransmit(delayMs: number): void {
    const { clock, timers } = this.#host;
    this.#retransmit = clock.after(delayMs, () => {
      this.#armRetransmit(this.#state === "proceeding" ? timers.t2 : Math.min(2 * delayMs, timers.t2));
      this.#host.transmit(this.flow, this.#octets, true);
    });
  }

  #noResponse(reason: string): void {
    const user = this.#user;
    this.#terminate();
    user?.onNoResponse(reason);
  }

  #terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#forget();
    this.#stopTimers();
    this.#host.ended(this.key);
  }

  #forget(): void {
    this.#octets = EMPTY;
    this.#user = null;
  }

  #stopTimers(): void {
    this.#retransmit?.cancel();
    this.#limit?.cancel();
  }
}
