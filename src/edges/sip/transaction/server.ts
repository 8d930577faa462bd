import { ownCopy, serialize } from "../message/build.ts";
import type { SipResponse } from "../message/message.ts";
import type { ReplyRoute, TransactionHost } from "./host.ts";
import { ServerMachine } from "./machine.ts";
import { transactionTimeout } from "./timers.ts";

/*
 *   request ──► trying ── respond ──► completed ── J ──► terminated
 *                (repeats absorbed)     (each repeat: the same octets)
 */

/**
 * An incoming request other than INVITE and ACK: RFC 3261 17.2.2. Only final responses are ever sent to these (RFC 4320
 * 4.1 wants no 1xx before timer E has reached T2, and ours are answered at once or never).
 */
export class ServerTransaction extends ServerMachine {
  constructor(host: TransactionHost, key: string, origin: string | null, route: ReplyRoute) {
    super(host, key, origin, route);
    // RFC 4320 4.2: after 64·T1 the client has stopped waiting; an answer would only confuse, so the transaction just ends.
    this.terminateAfter(transactionTimeout(host.timers));
  }

  /** Sends the final response; later ones are ignored. */
  respond(response: SipResponse): Buffer {
    const octets = serialize(response);
    if (this.terminated || this.octets !== null) return octets;
    this.octets = ownCopy(octets);
    this.send(this.octets, false);
    this.terminateAfter(this.route.flow.reliable ? 0 : transactionTimeout(this.host.timers));
    return octets;
  }

  /** The same request again: absorbed until there is a response. */
  onRepeat(): void {
    this.send(this.octets, true);
  }
}
