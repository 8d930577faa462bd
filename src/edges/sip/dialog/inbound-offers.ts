import { cseq, type SipRequest } from "../message/message.ts";
import type { IncomingTransaction } from "../transaction/layer.ts";
import { transactionTimeout } from "../transaction/timers.ts";
import type { InviteServerTransaction } from "../transaction/server-invite.ts";
import type { ExtraHeaders, OfferReply } from "./types.ts";
import { sdpOf } from "./body.ts";
import { CAPABILITIES, respond, sdpBody } from "./stack-context.ts";
import type { SessionContext } from "./session-context.ts";
import { agreeAsServer, MIN_SE, type ServerAgreement } from "./session-timer.ts";
import { Retransmitter } from "./retransmitter.ts";

/** s. Upper bound of the Retry-After that spreads two re-INVITEs (RFC 3261 14.2). */
const LONGEST_RETRY_S = 10;

/** A 2xx of ours that waits for its ACK. */
interface Unacknowledged {
  readonly transaction: InviteServerTransaction;
  readonly sequence: number;
  readonly octets: Buffer;
  /** It carried our offer, so the ACK must bring the answer. */
  readonly wantsAnswer: boolean;
  /** It created the dialog: we send no BYE before its ACK (RFC 3261 15). */
  readonly first: boolean;
  /** Our session description before it. */
  readonly before: string | null;
}

/** A re-INVITE or UPDATE whose offer waits for the user's reply. */
interface Pending {
  readonly incoming: IncomingTransaction;
  readonly offer: string | null;
  readonly headers: ExtraHeaders;
  readonly accepted: () => void;
}

/** The far side's re-INVITEs and UPDATEs, and the ACKs to our 2xx (RFC 3261 14.2, RFC 3311 5.2). */
export class InboundOffers {
  readonly #session: SessionContext;
  #pending: Pending | null = null;
  #unacknowledged: (Unacknowledged & { readonly repeat: Retransmitter }) | null = null;
  #waiting: (() => void)[] = [];

  constructor(session: SessionContext) {
    this.#session = session;
  }

  /** Repeats a 2xx until its ACK. */
  awaitAck(what: Unacknowledged): void {
    this.#unacknowledged?.repeat.stop();
    const { stack } = this.#session;
    const send = (): void => what.transaction.repeat(what.octets);
    const { timers } = stack;
    const limitMs = what.first ? stack.ackTimeoutMs : transactionTimeout(timers);
    const limits = { longestMs: timers.t2, limitMs };
    const repeat = new Retransmitter(stack, limits, send, () => this.#onNeverAcknowledged());
    this.#unacknowledged = { ...what, repeat };
  }

  /** Runs at once, or when the pending 2xx has its ACK or has timed out. */
  whenAcknowledged(run: () => void): void {
    if (this.#unacknowledged === null) run();
    else this.#waiting.push(run);
  }

  /** Like {@link whenAcknowledged}, but waits only for the 2xx that created the dialog. */
  whenFirstAcknowledged(run: () => void): void {
    if (this.#unacknowledged?.first === true) this.#waiting.push(run);
    else run();
  }

  onAck(ack: SipRequest): void {
    const waited = this.#unacknowledged;
    if (waited === null || cseq(ack).number !== waited.sequence) return;
    this.stop();
    if (waited.wantsAnswer) this.#session.offers.settle();
    if (this.#session.ended) return;
    if (waited.first) this.#session.handlers.onAcknowledged?.();
    if (waited.wantsAnswer) this.#onAnswerInAck(waited, sdpOf(ack));
  }

  /** A re-INVITE whose ACK has no answer has failed: the session stays as it was (RFC 3261 14.1). */
  #onAnswerInAck(waited: Unacknowledged, answer: string | null): void {
    if (this.#session.ended) return;
    if (answer !== null) this.#session.handlers.onAnswer(answer);
    else if (waited.first) this.#session.end("no_answer_in_ack");
    else this.#session.localSdp = waited.before;
  }

  onInvite(incoming: IncomingTransaction): void {
    const { stack, offers } = this.#session;
    if (incoming.kind !== "invite") return;
    if (this.#unacknowledged?.wantsAnswer === true) respond(stack, incoming, 491);
    else if (this.#pending !== null) this.#refuseForNow(incoming);
    else {
      // A peer that sends the next INVITE has seen our last 2xx, even if its ACK is lost (RFC 5407 3.1.4).
      this.stop();
      const offer = sdpOf(incoming.request);
      const verdict = offer === null ? (offers.offer() ? null : 491) : offers.receive();
      if (verdict === 500) this.#refuseForNow(incoming);
      else if (verdict === 491) respond(stack, incoming, 491);
      else this.#consider(incoming, offer, incoming.transaction);
    }
  }

  onUpdate(incoming: IncomingTransaction): void {
    const { stack, offers } = this.#session;
    const offer = sdpOf(incoming.request);
    const verdict = offer === null ? null : offers.receive();
    if (verdict === 491) respond(stack, incoming, 491);
    else if (verdict === 500) this.#refuseForNow(incoming);
    else if (offer !== null) this.#consider(incoming, offer, null);
    else {
      const agreement = this.#agree(incoming);
      if (agreement === null) return;
      this.#refreshed(incoming.request, agreement);
      respond(stack, incoming, 200, { headers: this.#acceptance(agreement) });
    }
  }

  /** Answers 487 to an offer that the user has not answered yet. */
  refusePending(): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) respond(this.#session.stack, pending.incoming, 487);
  }

  /** Stops repeating the 2xx, and runs whatever was waiting for its ACK. */
  stop(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#unacknowledged?.repeat.stop();
    this.#unacknowledged = null;
    for (const run of waiting) run();
  }

  #onNeverAcknowledged(): void {
    this.#unacknowledged = null;
    this.#session.end("no_ack");
    this.stop();
  }

  /** The session timer for a refresh, to be restarted once that is accepted; null if it has been refused with 422. */
  #agree(incoming: IncomingTransaction): Exclude<ServerAgreement, { kind: "refuse" }> | null {
    const agreement = agreeAsServer(incoming.request);
    if (agreement.kind !== "refuse") return agreement;
    respond(this.#session.stack, incoming, 422, { headers: MIN_SE });
    return null;
  }

  /** The refresh is accepted: its Contact and its session timer count from here. */
  #refreshed(request: SipRequest, agreement: ServerAgreement): void {
    this.#session.dialog.refreshTarget(request);
    this.#session.timer.restart(agreement.kind === "agreed" ? agreement : null);
  }

  #acceptance(agreement: ServerAgreement): ExtraHeaders {
    const timer = agreement.kind === "agreed" ? agreement.headers : [];
    return [["Contact", this.#session.dialog.contact], ...CAPABILITIES, ...timer];
  }

  /** Asks the user, whose answer may take a while. `transaction`: that of a re-INVITE, which can be cancelled. */
  #consider(incoming: IncomingTransaction, offer: string | null, transaction: InviteServerTransaction | null): void {
    const agreement = this.#agree(incoming);
    if (agreement === null) {
      this.#session.offers.settle();
      return;
    }
    const pending: Pending = {
      incoming,
      offer,
      headers: this.#acceptance(agreement),
      accepted: () => this.#refreshed(incoming.request, agreement),
    };
    this.#pending = pending;
    if (transaction !== null) transaction.onCancel = () => this.#withdraw(pending);
    this.#ask(pending);
  }

  #ask(pending: Pending): void {
    const { stack, handlers } = this.#session;
    const failed = (error: unknown): void => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      stack.log.error({ reason }, "the handler of a SIP offer failed");
      this.#conclude(pending, { status: 500 });
    };
    try {
      const reply = handlers.onOffer(pending.offer);
      if (!(reply instanceof Promise)) {
        this.#conclude(pending, reply);
        return;
      }
      if (pending.incoming.kind === "invite") respond(stack, pending.incoming, 100);
      reply.then((late) => this.#conclude(pending, late)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #withdraw(pending: Pending): void {
    if (this.#pending !== pending) return;
    this.#pending = null;
    this.#session.offers.settle();
    respond(this.#session.stack, pending.incoming, 487);
  }

  #conclude(pending: Pending, reply: OfferReply): void {
    if (this.#pending !== pending) return;
    this.#pending = null;
    const { stack, offers } = this.#session;
    if (typeof reply !== "string") {
      offers.settle();
      respond(stack, pending.incoming, reply.status, reply);
      return;
    }
    const before = this.#session.localSdp;
    pending.accepted();
    this.#session.localSdp = reply;
    if (pending.offer !== null) offers.settle();
    this.#accept(pending, reply, before);
  }

  #accept({ incoming, offer, headers }: Pending, sdp: string, before: string | null): void {
    const body = sdpBody(sdp);
    const octets = respond(this.#session.stack, incoming, 200, { ...body, headers: [...headers, ...body.headers] });
    if (incoming.kind !== "invite") return;
    const sequence = cseq(incoming.request).number;
    const wantsAnswer = offer === null;
    this.awaitAck({ transaction: incoming.transaction, sequence, octets, wantsAnswer, first: false, before });
  }

  #refuseForNow(incoming: IncomingTransaction): void {
    const { stack } = this.#session;
    const seconds = Math.floor(stack.random.next() * (LONGEST_RETRY_S + 1));
    respond(stack, incoming, 500, { headers: [["Retry-After", String(seconds)]] });
  }
}
