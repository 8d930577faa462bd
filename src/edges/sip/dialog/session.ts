import { reasonsOf } from "../message/fields.ts";
import { contentType, cseq, type SipRequest, type SipResponse, tokens } from "../message/message.ts";
import type { IncomingTransaction } from "../transaction/layer.ts";
import type { InviteServerTransaction } from "../transaction/server-invite.ts";
import type {
  CallEnd,
  CallHandlers,
  DialogSnapshot,
  ExtraHeaders,
  ReinviteResult,
  SipCall,
  SipSource,
} from "./types.ts";
import { ALL_CAPABILITIES, type StackContext, newBranch, respond, respondNotAllowed } from "./stack-context.ts";
import type { Dialog } from "./dialog.ts";
import { flowSnapshot } from "./flow-snapshot.ts";
import { InboundOffers } from "./inbound-offers.ts";
import { OfferAnswer } from "./offer-answer.ts";
import { OutboundOffers } from "./outbound-offers.ts";
import { withFlow } from "./route.ts";
import { sendInDialog } from "./sender.ts";
import type { SessionContext } from "./session-context.ts";
import { type SessionInterval, SessionTimer } from "./session-timer.ts";
import type { DialogUser } from "./table.ts";

/** What a session starts with. */
export interface SessionStart {
  readonly localSdp: string | null;
  readonly interval: SessionInterval | null;
  readonly peerAllows: ReadonlySet<string>;
}

/** The handlers until the user sets others. */
const NO_HANDLERS: CallHandlers = {
  onEnded() {},
  onOffer: () => ({ status: 488 }),
  onAnswer() {},
  onInfo() {},
};

/** A confirmed INVITE dialog in use (RFC 3261 12.2, 14, 15; RFC 3311; RFC 4028; RFC 6086). */
export class Session implements SipCall, SessionContext, DialogUser {
  readonly kind = "call";
  readonly stack: StackContext;
  readonly dialog: Dialog;
  readonly offers = new OfferAnswer();
  readonly timer: SessionTimer;
  readonly inbound: InboundOffers;
  readonly outbound: OutboundOffers;
  readonly peerAllows: ReadonlySet<string>;
  handlers: CallHandlers = NO_HANDLERS;
  localSdp: string | null;
  acknowledged: number | null = null;
  /** Called when the dialog is forgotten, after the answer to the BYE. */
  onGone: (() => void) | null = null;
  /** Sends the ACK of the 2xx that created this session, while it is still waiting. */
  acknowledgeFirst: (() => void) | null = null;
  /** Called when the user hangs up before `begin`. */
  onEndedEarly: (() => void) | null = null;
  readonly #interval: SessionInterval | null;
  #begun = false;
  #ended = false;
  /** We have ended it, and the BYE is waiting for the ACK to our 2xx. */
  #byeOwed = false;
  #byeHeaders: ExtraHeaders = [];

  constructor(stack: StackContext, dialog: Dialog, start: SessionStart) {
    this.stack = stack;
    this.dialog = dialog;
    this.localSdp = start.localSdp;
    this.peerAllows = start.peerAllows;
    this.inbound = new InboundOffers(this);
    this.outbound = new OutboundOffers(this);
    this.timer = new SessionTimer(
      stack,
      () => this.outbound.refresh(),
      () => this.end("session_expired"),
    );
    this.#interval = start.interval;
  }

  /** Sends the ACK that is waiting; a BYE is never sent before it (RFC 3261 13.2.2.4). */
  acknowledge(): void {
    const send = this.acknowledgeFirst;
    this.acknowledgeFirst = null;
    send?.();
  }

  /** The dialog is confirmed: from now on the session gets its requests, and owes a BYE. */
  begin(): void {
    this.#begun = true;
    this.onEndedEarly = null;
    this.timer.restart(this.#interval);
    this.stack.dialogs.put(this);
  }

  get id(): string {
    return this.dialog.id;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  get source(): SipSource {
    const { protocol, remote } = this.dialog.flow;
    return { protocol, ...remote };
  }

  get ended(): boolean {
    return this.#ended;
  }

  hangUp(headers: ExtraHeaders = []): void {
    this.#byeHeaders = headers;
    this.end("hung_up");
  }

  reinvite(sdp: string): Promise<ReinviteResult> {
    return new Promise((resolve) => this.inbound.whenAcknowledged(() => this.outbound.reinvite(sdp, resolve)));
  }

  info(type: string, body: string | Buffer): Promise<number> {
    if (this.#ended) return Promise.resolve(481);
    return new Promise((resolve) => {
      sendInDialog(this.stack, this.dialog, { method: "INFO", contentType: type, body }, (outcome) => {
        const status = outcome.kind === "response" ? outcome.response.status : 408;
        if (status === 481) this.end("lost");
        resolve(status);
      });
    });
  }

  snapshot(): DialogSnapshot {
    const { acknowledged, localSdp, timer, peerAllows } = this;
    return { ...dialogSnapshot(this.dialog, peerAllows), acknowledged, session: timer.state, localSdp };
  }

  /** The 2xx to the INVITE that created this session has been sent; `wantsAnswer`: it carried our offer. */
  awaitFirstAck(transaction: InviteServerTransaction, sequence: number, octets: Buffer, wantsAnswer: boolean): void {
    if (wantsAnswer) this.offers.offer();
    this.inbound.awaitAck({ transaction, sequence, octets, wantsAnswer, first: true, before: this.localSdp });
  }

  /** `by`: the BYE or CANCEL of the far side that ends it. */
  end(reason: CallEnd, by: SipRequest | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.timer.stop();
    this.outbound.stop();
    this.inbound.refusePending();
    this.acknowledge();
    if (!this.#begun) this.onEndedEarly?.();
    else if (reason === "remote_bye") this.#close();
    else {
      this.#byeOwed = true;
      this.inbound.whenFirstAcknowledged(() => this.#sendBye());
    }
    const { handlers } = this;
    // The rest of this object lives on for half a minute, for repeats of the other side; its user's call must not.
    this.handlers = NO_HANDLERS;
    handlers.onEnded(reason, by?.method === "BYE" ? by : null, by === null ? [] : reasonsOf(by));
  }

  suspend(): void {
    this.#ended = true;
    this.#byeOwed = false;
    this.timer.stop();
    this.outbound.stop();
    this.inbound.stop();
  }

  onRequest(incoming: IncomingTransaction): void {
    const { dialog, stack } = this;
    const inOrder = dialog.takeSequence(incoming.request);
    // BYE always wins; anything else that is out of order is refused (RFC 3261 12.2.2).
    if (incoming.request.method === "BYE") this.#onBye(incoming);
    else if (this.#ended) respond(stack, incoming, 481, { reason: "Call Does Not Exist" });
    else if (!inOrder) respond(stack, incoming, 500, { reason: "CSeq Out Of Order" });
    else {
      dialog.flow = incoming.flow;
      this.#onOrderly(incoming);
    }
  }

  onAck(request: SipRequest): void {
    this.inbound.onAck(request);
  }

  /** Its transaction has ended (or belonged to an earlier process), so a new ACK is built. */
  onStraySuccess(response: SipResponse): void {
    const { number, method } = cseq(response);
    if (method !== "INVITE" || number !== this.acknowledged) return;
    const { stack, dialog } = this;
    const ack = dialog.request({ method: "ACK" }, number);
    withFlow(stack, dialog, (flow) => {
      stack.transactions.transmit(flow, stack.transactions.acknowledgement(ack, newBranch(stack), flow), true);
    });
  }

  #onOrderly(incoming: IncomingTransaction): void {
    const { stack } = this;
    switch (incoming.request.method) {
      case "INVITE":
        this.inbound.onInvite(incoming);
        break;
      case "UPDATE":
        this.inbound.onUpdate(incoming);
        break;
      case "INFO":
        this.#onInfo(incoming);
        break;
      case "OPTIONS":
        respond(stack, incoming, 200, { headers: [["Contact", this.dialog.contact], ...ALL_CAPABILITIES] });
        break;
      case "PRACK":
        respond(stack, incoming, 481, { reason: "Nothing To Acknowledge" });
        break;
      default:
        respondNotAllowed(stack, incoming, this.dialog.localTag);
    }
  }

  #onBye(incoming: IncomingTransaction): void {
    respond(this.stack, incoming, 200);
    if (!this.#ended) this.end("remote_bye", incoming.request);
    else if (this.#byeOwed) this.#close();
  }

  /** We don't need to send a BYE, or no longer. */
  #close(): void {
    this.#byeOwed = false;
    this.inbound.stop();
    this.#forget();
  }

  #forget(): void {
    this.stack.dialogs.drop(this);
    const run = this.onGone;
    this.onGone = null;
    run?.();
  }

  /** INFO packages (RFC 6086) are not supported: 469. The older kind, which carries digits, is. */
  #onInfo(incoming: IncomingTransaction): void {
    const { request } = incoming;
    if (request.headers.has("info-package")) {
      respond(this.stack, incoming, 469, { headers: [["Recv-Info", ""]] });
      return;
    }
    respond(this.stack, incoming, 200);
    const type = contentType(request);
    if (type !== null) this.handlers.onInfo(type, request.body);
  }

  /** The dialog stays known until the BYE has its answer: the far side's own BYE may be crossing it. */
  #sendBye(): void {
    if (!this.#byeOwed) return;
    this.#byeOwed = false;
    this.inbound.stop();
    const { stack, dialog } = this;
    sendInDialog(stack, dialog, { method: "BYE", headers: this.#byeHeaders }, () => this.#forget());
  }
}

/** The snapshot of a dialog in which no INVITE of ours has been answered, no session timer agreed and no session described yet. */
export function dialogSnapshot(dialog: Dialog, peerAllows: ReadonlySet<string>): DialogSnapshot {
  return {
    version: 1,
    id: dialog.id,
    role: dialog.role,
    callId: dialog.callId,
    localTag: dialog.localTag,
    remoteTag: dialog.remoteTag,
    localParty: dialog.localParty,
    remoteParty: dialog.remoteParty,
    localSequence: dialog.localSequence,
    remoteSequence: dialog.remoteSequence,
    remoteTarget: dialog.remoteTarget,
    routeSet: dialog.routeSet,
    flow: flowSnapshot(dialog.flow),
    acknowledged: null,
    session: null,
    localSdp: null,
    peerAllows: [...peerAllows],
  };
}

/** The methods that the peer's Allow names; others are not sent. */
export function allowedBy(message: SipRequest | SipResponse): ReadonlySet<string> {
  return new Set(tokens(message, "allow"));
}
