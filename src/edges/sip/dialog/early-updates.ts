import type { IncomingTransaction } from "../transaction/layer.ts";
import { sdpOf } from "./body.ts";
import type { Dialog } from "./dialog.ts";
import { CAPABILITIES, respond, type StackContext, sdpBody } from "./stack-context.ts";
import type { OfferReply } from "./types.ts";

/** Answers an offer that came before the call was answered. */
export type EarlyOfferHandler = (sdp: string) => OfferReply | Promise<OfferReply>;

/** UPDATE in an early dialog, either role (RFC 3311 5.2). */
export class EarlyUpdates {
  /** The far side's last offer that we accepted, and our answer; null if there is none yet. */
  agreed: { readonly theirs: string; readonly ours: string } | null = null;
  readonly #stack: StackContext;
  readonly #dialog: Dialog;
  #pending: IncomingTransaction | null = null;

  constructor(stack: StackContext, dialog: Dialog) {
    this.#stack = stack;
    this.#dialog = dialog;
  }

  /**
   * Without SDP it refreshes the target. An offer goes to `ask`; `busy` is the status it gets instead while the INVITE's
   * own offer is unanswered: 491 when that is ours, 500 when it is theirs.
   */
  onUpdate(incoming: IncomingTransaction, busy: 491 | 500 | null, ask: EarlyOfferHandler): void {
    const offer = sdpOf(incoming.request);
    if (offer === null) this.#accept(incoming, null);
    else if (busy === 491) respond(this.#stack, incoming, 491);
    else if (busy === 500 || this.#pending !== null) this.#refuseForNow(incoming);
    else this.#ask(incoming, offer, ask);
  }

  /** The early dialog is over: refuses an offer that has no reply yet. */
  stop(): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#refuseForNow(pending);
  }

  #ask(incoming: IncomingTransaction, offer: string, ask: EarlyOfferHandler): void {
    this.#pending = incoming;
    const failed = (error: unknown): void => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#stack.log.error({ reason }, "the handler of a SIP offer failed");
      this.#conclude(incoming, offer, { status: 500 });
    };
    try {
      const reply = ask(offer);
      if (reply instanceof Promise) reply.then((late) => this.#conclude(incoming, offer, late)).catch(failed);
      else this.#conclude(incoming, offer, reply);
    } catch (error) {
      failed(error);
    }
  }

  #conclude(incoming: IncomingTransaction, offer: string, reply: OfferReply): void {
    if (this.#pending !== incoming) return;
    this.#pending = null;
    if (typeof reply === "string") {
      this.agreed = { theirs: offer, ours: reply };
      this.#accept(incoming, reply);
    } else respond(this.#stack, incoming, reply.status, reply);
  }

  #accept(incoming: IncomingTransaction, sdp: string | null): void {
    const body = sdpBody(sdp);
    this.#dialog.refreshTarget(incoming.request);
    const headers = [["Contact", this.#dialog.contact] as const, ...CAPABILITIES, ...body.headers];
    respond(this.#stack, incoming, 200, { ...body, headers });
  }

  #refuseForNow(incoming: IncomingTransaction): void {
    respond(this.#stack, incoming, 500, { headers: [["Retry-After", "1"]] });
  }
}
