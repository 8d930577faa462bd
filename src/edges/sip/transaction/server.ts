import type { Timer } from "../../../base/clock.ts";
import { ownCopy, serialize } from "../message/build.ts";
import type { SipResponse } from "../message/message.ts";
import { responseFlow, type ReplyRoute, type TransactionHost } from "./host.ts";
import { transactionTimeout } from "./timers.ts";

type State = "trying" | "completed" | "terminated";

/*
 *   request ──► trying ── respond ──► completed ── J ──► terminated
 *                (repeats absorbed)     (each repeat: the same octets)
 */

/**
 * A request other than INVITE and ACK that came in: RFC 3261 17.2.2. Nothing but final responses is ever sent to
 * these (RFC 4320 4.1 wants no 1xx before timer E reached T2, and ours are answered at once or never).
 */
export class ServerTransaction {
  readonly key: string;
  /** What copies of the request by other ways have in common with it; null inside a dialog. */
  readonly origin: string | null;
  readonly route: ReplyRoute;
  readonly #host: TransactionHost;
  #state: State = "trying";
  /** All that is kept after the final response. */
  #octets: Buffer | null = null;
  #limit: Timer | null = null;

  constructor(host: TransactionHost, key: string, origin: string | null, route: ReplyRoute) {
    this.#host = host;
    this.key = key;
    this.origin = origin;
    this.route = route;
    // RFC 4320 4.2: after 64·T1 the client has given up; an answer would only confuse, so the transaction just ends.
    this.#limit = host.clock.after(transactionTimeout(host.timers), () => this.#terminate());
  }

  get answered(): boolean {
    return this.#state !== "trying";
  }

  /** Sends the final response; later ones are ignored. */
  respond(response: SipResponse): Buffer {
    const octets = serialize(response);
    if (this.#state !== "trying") return octets;
    this.#octets = ownCopy(octets);
    this.#state = "completed";
    this.#limit?.cancel();
    this.#send(false);
    if (this.route.flow.reliable) this.#terminate();
    else this.#limit = this.#host.clock.after(transactionTimeout(this.#host.timers), () => this.#terminate());
    return octets;
  }

  /** The same request again. */
  onRepeat(): void {
    if (this.#state === "completed") this.#send(true);
  }

  /** Forgets it at once: the endpoint stops. */
  abandon(): void {
    this.#terminate();
  }

  #send(repeat: boolean): void {
    const flow = responseFlow(this.#host, this.route);
    if (flow !== null && this.#octets !== null) this.#host.transmit(flow, this.#octets, repeat);
  }

  #terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#octets = null;
    this.#limit?.cancel();
    this.#host.ended(this.key);
  }
}
