import { cseq, hasToken, numberOf, type SipResponse } from "../message/message.ts";
import type { IncomingTransaction } from "../transaction/layer.ts";
import { sdpOf } from "./body.ts";
import { ALL_CAPABILITIES, CAPABILITIES, type StackContext, respond, respondNotAllowed } from "./stack-context.ts";
import type { Dialog } from "./dialog.ts";
import { sendInDialog } from "./sender.ts";
import type { DialogUser } from "./table.ts";

/** One fork of an INVITE of ours that rings: its own dialog, early media and RSeq (RFC 3261 12.1.2, RFC 3262 4). */
export class EarlyLeg implements DialogUser {
  readonly kind = "ringing_out";
  readonly dialog: Dialog;
  /** The latest session description of this fork; a later 180 without one changes nothing. */
  sdp: string | null = null;
  /** What the response reported last brought. */
  news: string | null = null;
  readonly #stack: StackContext;
  #status = 0;
  #rseq: number | null = null;
  /** A reliable response answered our offer. */
  #answered = false;

  constructor(stack: StackContext, dialog: Dialog) {
    this.#stack = stack;
    this.dialog = dialog;
    stack.dialogs.put(this);
  }

  /** Takes a 101–199; true when it says something new. */
  onProvisional(response: SipResponse): boolean {
    const reliable = hasToken(response, "require", "100rel");
    const rseq = reliable ? numberOf(response, "rseq") : null;
    if (rseq !== null && !this.#acknowledge(rseq, response)) return false;
    this.dialog.refreshTarget(response);
    const sdp = sdpOf(response);
    const changed = sdp !== null && sdp !== this.sdp;
    const isNew = changed || response.status !== this.#status;
    if (sdp !== null && rseq !== null) this.#answered = true;
    this.#status = response.status;
    this.news = changed ? sdp : null;
    this.sdp = sdp ?? this.sdp;
    return isNew;
  }

  /** The dialog passes to a session, or the INVITE failed. */
  close(): void {
    this.#stack.dialogs.drop(this);
  }

  onRequest(arrival: IncomingTransaction): void {
    const stack = this.#stack;
    if (!this.dialog.takeSequence(arrival.request)) {
      respond(stack, arrival, 500, { reason: "CSeq Out Of Order" });
      return;
    }
    switch (arrival.request.method) {
      case "UPDATE":
        this.#onUpdate(arrival);
        break;
      case "INVITE":
        respond(stack, arrival, 491);
        break;
      case "OPTIONS":
        respond(stack, arrival, 200, { headers: [["Contact", this.dialog.contact], ...ALL_CAPABILITIES] });
        break;
      case "INFO":
        respond(stack, arrival, 200);
        break;
      case "BYE":
        // Only the caller may end an early dialog so (RFC 3261 15).
        respond(stack, arrival, 481);
        break;
      default:
        respondNotAllowed(stack, arrival, this.dialog.localTag);
    }
  }

  /** We have sent no 2xx in this dialog. */
  onAck(): void {}

  /** A 2xx to our INVITE comes by its transaction. */
  onStraySuccess(): void {}

  /** It has no timers. */
  suspend(): void {}

  /** Once per RSeq, in order, in the early dialog itself (RFC 3262 4). False: seen before, or out of order. */
  #acknowledge(rseq: number, response: SipResponse): boolean {
    if (this.#rseq !== null && rseq !== this.#rseq + 1) return false;
    this.#rseq = rseq;
    this.dialog.refreshTarget(response);
    const rack = `${rseq} ${cseq(response).number} INVITE`;
    sendInDialog(this.#stack, this.dialog, { method: "PRACK", headers: [["RAck", rack]] }, (outcome) => {
      const result = outcome.kind === "response" ? outcome.response.status : outcome.reason;
      if (outcome.kind === "silence" || outcome.response.status >= 300)
        this.#stack.log.info({ callId: this.dialog.callId, result }, "a PRACK was refused");
    });
    return true;
  }

  /** A refresh of the target is taken; an offer is not: ours is unanswered (491), or nobody asked for it (488). */
  #onUpdate(arrival: IncomingTransaction): void {
    const stack = this.#stack;
    if (sdpOf(arrival.request) !== null) {
      respond(stack, arrival, this.#answered ? 488 : 491);
      return;
    }
    this.dialog.refreshTarget(arrival.request);
    respond(stack, arrival, 200, { headers: [["Contact", this.dialog.contact], ...CAPABILITIES] });
  }
}
