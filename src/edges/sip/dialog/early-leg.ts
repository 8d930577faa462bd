import { cseq, hasToken, numberOf, type SipResponse } from "../message/message.ts";
import type { IncomingTransaction } from "../transaction/layer.ts";
import { sdpOf } from "./body.ts";
import { ALL_CAPABILITIES, type StackContext, respond, respondNotAllowed } from "./stack-context.ts";
import type { Dialog } from "./dialog.ts";
import { type EarlyOfferHandler, EarlyUpdates } from "./early-updates.ts";
import { sendInDialog } from "./sender.ts";
import type { DialogUser } from "./table.ts";

/** One fork of an INVITE of ours that rings: its own dialog, early media and RSeq (RFC 3261 12.1.2, RFC 3262 4). */
export class EarlyLeg implements DialogUser {
  readonly kind = "ringing_out";
  readonly dialog: Dialog;
  readonly #updates: EarlyUpdates;
  readonly #askUser: EarlyOfferHandler;
  #sdp: string | null = null;
  /** The content of the response that was reported last. */
  news: string | null = null;
  readonly #stack: StackContext;
  #status = 0;
  #rseq: number | null = null;
  /** Whether a response of this fork has answered our offer. */
  #answered = false;

  constructor(stack: StackContext, dialog: Dialog, askUser: EarlyOfferHandler) {
    this.#stack = stack;
    this.dialog = dialog;
    this.#updates = new EarlyUpdates(stack, dialog);
    this.#askUser = askUser;
    stack.dialogs.put(this);
  }

  /** The far side's latest session description in this fork; a later 180 without one changes nothing. */
  get sdp(): string | null {
    return this.#updates.agreed?.theirs ?? this.#sdp;
  }

  /** Our answer to the far side's last UPDATE; null: our offer in the INVITE still counts. */
  get localSdp(): string | null {
    return this.#updates.agreed?.ours ?? null;
  }

  /** Handles a 101–199; true if it says something new. */
  onProvisional(response: SipResponse): boolean {
    const reliable = hasToken(response, "require", "100rel");
    const rseq = reliable ? numberOf(response, "rseq") : null;
    if (rseq !== null && !this.#acknowledge(rseq, response)) return false;
    this.dialog.refreshTarget(response);
    const sdp = sdpOf(response);
    const changed = sdp !== null && sdp !== this.#sdp && this.#updates.agreed === null;
    const isNew = changed || response.status !== this.#status;
    // An unreliable answer is only a preview (RFC 3261 13.2.1), but peers that send one behave as if it counted.
    if (sdp !== null) this.#answered = true;
    this.#status = response.status;
    this.news = changed ? sdp : null;
    this.#sdp = sdp ?? this.#sdp;
    return isNew;
  }

  /** The dialog passes to a session, or the INVITE failed. */
  close(): void {
    this.#updates.stop();
    this.#stack.dialogs.drop(this);
  }

  onRequest(incoming: IncomingTransaction): void {
    const stack = this.#stack;
    if (!this.dialog.takeSequence(incoming.request)) {
      respond(stack, incoming, 500, { reason: "CSeq Out Of Order" });
      return;
    }
    switch (incoming.request.method) {
      case "UPDATE":
        this.#onUpdate(incoming);
        break;
      case "INVITE":
        respond(stack, incoming, 491);
        break;
      case "OPTIONS":
        respond(stack, incoming, 200, { headers: [["Contact", this.dialog.contact], ...ALL_CAPABILITIES] });
        break;
      case "INFO":
        respond(stack, incoming, 200);
        break;
      case "BYE":
        // Only the caller may end an early dialog this way (RFC 3261 15).
        respond(stack, incoming, 481);
        break;
      default:
        respondNotAllowed(stack, incoming, this.dialog.localTag);
    }
  }

  /** We have sent no 2xx in this dialog. */
  onAck(): void {}

  /** A 2xx to our INVITE comes by its transaction. */
  onStraySuccess(): void {}

  /** It has no timers. */
  suspend(): void {}

  #onUpdate(incoming: IncomingTransaction): void {
    this.#updates.onUpdate(incoming, this.#answered ? null : 491, (offer) => this.#askUser(offer));
  }

  /** Once per RSeq, in order, in the early dialog itself (RFC 3262 4). False if it was seen before, or is out of order. */
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
}
