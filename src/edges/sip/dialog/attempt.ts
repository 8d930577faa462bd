import { buildCancel, detach, ownCopy } from "../message/build.ts";
import { callId, cseq, type SipRequest, type SipResponse, to } from "../message/message.ts";
import type { InviteClientTransaction, InviteClientUser } from "../transaction/client-invite.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { ExtraHeaders, RingingSnapshot } from "./types.ts";
import { type StackContext, newBranch } from "./stack-context.ts";
import type { Dialog } from "./dialog.ts";
import { flowSnapshot } from "./flow-snapshot.ts";
import { withFlow } from "./route.ts";

/** The sender of an INVITE. After `cancel` a 2xx is still reported: it must be acknowledged, and ended if it is a call. */
export interface AttemptUser {
  /** 101–199; not after `cancel`. */
  onProvisional(attempt: InviteAttempt, response: SipResponse): void;
  /** The first 2xx with each To tag. The user must call `acknowledge` for it; its repeats are acknowledged here. */
  onSuccess(attempt: InviteAttempt, response: SipResponse): void;
  /** Not after `cancel`. `request`: the INVITE that was refused. */
  onRefused(attempt: InviteAttempt, response: SipResponse, request: SipRequest): void;
  /** Not after `cancel`. */
  onNoResponse(attempt: InviteAttempt, reason: string): void;
}

/** One INVITE transaction of ours, with its CANCEL and its ACKs: the one place that decides what cancelling means. */
export class InviteAttempt implements InviteClientUser {
  readonly flow: TransportFlow;
  readonly sequence: number;
  /** True once any response has come. */
  responded = false;
  readonly #stack: StackContext;
  readonly #user: AttemptUser;
  /** Credentials, which the ACK of a 2xx repeats (RFC 3261 22.1). */
  readonly #authHeaders: ExtraHeaders;
  readonly #branch: string;
  #request: SipRequest | null;
  #transaction: InviteClientTransaction | null = null;
  #cancelRequested: { readonly headers: ExtraHeaders } | null = null;
  #cancelSent = false;
  /** The ACKs as they were sent, by To tag. */
  readonly #acks = new Map<
    string,
    { readonly dialog: Dialog; readonly flow: TransportFlow; readonly octets: Buffer } | null
  >();

  constructor(stack: StackContext, request: SipRequest, flow: TransportFlow, user: AttemptUser) {
    this.#stack = stack;
    this.#request = request;
    this.flow = flow;
    this.#user = user;
    this.sequence = cseq(request).number;
    this.#branch = newBranch(stack);
    request.headers.prepend("Via", stack.transport.via(flow, this.#branch));
    this.#authHeaders = ["Authorization", "Proxy-Authorization"].flatMap((name) =>
      request.headers.lines(name).map((value) => [name, value] as const),
    );
  }

  start(): void {
    if (this.#request === null) return;
    this.#transaction = this.#stack.transactions.invite(this.#request, this.#branch, this.flow, this);
  }

  /**
   * Before a 1xx the CANCEL is queued, since it could overtake its INVITE; after a 1xx it is sent; after a final
   * response there is nothing left to cancel (RFC 3261 9.1).
   */
  cancel(headers: ExtraHeaders): void {
    // A CANCEL that is still waiting for a 1xx takes the headers of the latest call.
    if (this.#cancelRequested !== null && (this.#cancelSent || headers.length === 0)) return;
    this.#cancelRequested = { headers };
    if (this.responded) this.#cancel();
  }

  /** Complete before the INVITE is sent, so that it can be journalled first. Null if nothing is left to cancel. */
  snapshot(): RingingSnapshot | null {
    const request = this.#request;
    if (request === null || this.#cancelRequested !== null) return null;
    const { headers } = request;
    return {
      version: 1,
      uri: request.uriText,
      via: headers.get("via") ?? "",
      routes: headers.lines("route"),
      from: headers.get("from") ?? "",
      to: headers.get("to") ?? "",
      callId: callId(request),
      cseq: this.sequence,
      flow: flowSnapshot(this.flow),
    };
  }

  /** Sends the ACK of a 2xx in the dialog it made, and sends it again whenever that 2xx is repeated. */
  acknowledge(dialog: Dialog): void {
    const ack = dialog.request({ method: "ACK", headers: this.#authHeaders }, this.sequence);
    withFlow(this.#stack, dialog, (flow) => {
      const octets = ownCopy(this.#stack.transactions.acknowledgement(ack, newBranch(this.#stack), flow));
      this.#acks.set(dialog.remoteTag, { dialog, flow, octets });
      this.#stack.transactions.transmit(flow, octets, false);
    });
  }

  onProvisional(response: SipResponse): void {
    this.responded = true;
    if (this.#cancelRequested !== null) this.#cancel();
    else if (response.status > 100) this.#user.onProvisional(this, response);
  }

  onSuccess(response: SipResponse): void {
    this.#end();
    const tag = to(response).tag ?? "";
    const ack = this.#acks.get(tag);
    if (ack === undefined) {
      this.#acks.set(detach(tag), null);
      this.#user.onSuccess(this, response);
    } else if (ack?.flow.usable === true) this.#stack.transactions.transmit(ack.flow, ack.octets, true);
    else if (ack !== null) this.acknowledge(ack.dialog);
  }

  onRefused(response: SipResponse): void {
    const request = this.#request;
    this.#end();
    if (this.#cancelRequested === null && request !== null) this.#user.onRefused(this, response, request);
  }

  onNoResponse(reason: string): void {
    this.#end();
    if (this.#cancelRequested === null) this.#user.onNoResponse(this, reason);
  }

  #end(): void {
    this.responded = true;
    this.#request = null;
  }

  #cancel(): void {
    const request = this.#request;
    if (this.#cancelSent || request === null) return;
    this.#cancelSent = true;
    const cancel = buildCancel(request);
    for (const [name, value] of this.#cancelRequested?.headers ?? []) cancel.headers.add(name, value);
    this.#transaction?.onCancelSent();
    this.#stack.transactions.cancel(cancel, this.#branch, this.flow, { onFinal: nothing, onNoResponse: nothing });
  }
}

/** The INVITE's own final response counts; the CANCEL's says only that it arrived. */
function nothing(): void {}
