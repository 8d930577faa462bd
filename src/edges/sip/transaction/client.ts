import type { SipRequest, SipResponse } from "../message/message.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { TransactionHost } from "./host.ts";
import { ClientMachine } from "./machine.ts";

/** The sender of a request other than INVITE. Exactly one of the two is called, once. */
export interface ClientUser {
  onFinal(response: SipResponse): void;
  /** Timer F fired, or the flow broke. */
  onNoResponse(reason: string): void;
}

type State = "trying" | "proceeding" | "completed";

/*
 *   request sent ──► trying ── 1xx ──► proceeding
 *                     │ E: resend       │ E: resend at T2
 *                     ├─ F ─────────────┴──► terminated
 *                     └─ 200–699 ───────┴──► completed ── K ──► terminated
 */

/** A request other than INVITE and ACK that we sent: RFC 3261 17.1.2; it never makes up a 408 for others (RFC 4320). */
export class ClientTransaction extends ClientMachine {
  /** Dropped with the final response, along with everything that the sender remembers. */
  #user: ClientUser | null;
  #state: State = "trying";

  constructor(host: TransactionHost, key: string, request: SipRequest, flow: TransportFlow, user: ClientUser) {
    super(host, key, request, flow);
    this.#user = user;
  }

  onResponse(response: SipResponse): void {
    if (!this.waiting) return;
    if (response.status < 200) {
      this.#state = "proceeding";
      return;
    }
    const user = this.#user;
    this.#state = "completed";
    this.forget();
    this.terminateAfter(this.flow.reliable ? 0 : this.host.timers.t4);
    user?.onFinal(response);
  }

  protected get waiting(): boolean {
    return !this.terminated && this.#state !== "completed";
  }

  /** Timer E doubles up to T2; after a 1xx it stays at T2 (RFC 3261 17.1.2.2). */
  protected nextDelay(delayMs: number): number {
    const { t2 } = this.host.timers;
    return this.#state === "proceeding" ? t2 : Math.min(2 * delayMs, t2);
  }

  protected noResponse(reason: string): void {
    const user = this.#user;
    this.terminate();
    user?.onNoResponse(reason);
  }

  protected override forget(): void {
    super.forget();
    this.#user = null;
  }
}
