import type { Timer } from "../../../base/clock.ts";
import { buildResponse } from "../message/build.ts";
import { DigestClient } from "../auth/client.ts";
import { type ReasonValue, reasonsOf } from "../message/fields.ts";
import { cseq, DEFAULT_MAX_FORWARDS, hasToken, maxForwards, numberOf, type SipRequest } from "../message/message.ts";
import type { IncomingTransaction } from "../transaction/layer.ts";
import type { DialogSnapshot, ExtraHeaders, IncomingInvite, SipCall, SipCredentials, SipSource } from "./types.ts";
import { sdpOf } from "./body.ts";
import {
  ALL_CAPABILITIES,
  CAPABILITIES,
  type StackContext,
  newId,
  respond,
  respondNotAllowed,
  response,
  sdpBody,
} from "./stack-context.ts";
import { calleeDialog, type Dialog } from "./dialog.ts";
import { type EarlyOfferHandler, EarlyUpdates } from "./early-updates.ts";
import { ReliableProvisionals } from "./reliable.ts";
import { allowedBy, dialogSnapshot, Session } from "./session.ts";
import { agreeAsServer, MIN_SE, type ServerAgreement } from "./session-timer.ts";
import type { DialogUser } from "./table.ts";

/** ms. Proxies cancel a ringing INVITE after three minutes of silence (RFC 3261 13.3.1.1, timer C). */
const REPEAT_PROVISIONAL_MS = 60_000;

/** s. A longer Expires of an INVITE is ignored. */
const LONGEST_EXPIRES_S = 86_400;

type IncomingInviteTransaction = Extract<IncomingTransaction, { kind: "invite" }>;

/*
 *   INVITE, 100 ──► waiting ── answer ──► answered ── 2xx sent ──► (Session)
 *                    │  └ ring: 180/183     │ waits for the PRACK of a 183 with SDP
 *                    ├ reject ──► over      │
 *                    └ CANCEL, BYE ──► over ◄┘
 */

/** An incoming INVITE outside of a dialog (RFC 3261 13.3, RFC 3262 3). */
export class InviteUas implements IncomingInvite, DialogUser {
  readonly kind = "ringing_in";
  readonly source: SipSource;
  readonly request: SipRequest;
  readonly offer: string | null;
  readonly maxForwards: number;
  readonly dialog: Dialog;
  readonly #stack: StackContext;
  readonly #incoming: IncomingInviteTransaction;
  readonly #interval: ServerAgreement;
  readonly #reliable: ReliableProvisionals | null;
  #state: "waiting" | "answered" | "over" = "waiting";
  #onCancelled: ((reasons: readonly ReasonValue[]) => void) | null = null;
  #session: Session | null = null;
  #repeat: Timer | null = null;
  /** The caller's own limit (RFC 3261 13.3.1). */
  #expiry: Timer | null = null;
  /** The answer in the PRACK, if the INVITE had no offer and ours was sent in a reliable 183. */
  #earlyAnswer: string | null = null;
  #offeredEarly = false;
  /** A reliable 183 of ours answered the INVITE's offer, or the PRACK answered ours. */
  #agreedEarly = false;
  readonly #updates: EarlyUpdates;
  #onOffer: EarlyOfferHandler = () => ({ status: 488 });

  constructor(stack: StackContext, incoming: IncomingInviteTransaction) {
    const { request, flow } = incoming;
    this.#stack = stack;
    this.#incoming = incoming;
    this.request = request;
    this.source = { protocol: flow.protocol, ...flow.remote };
    this.offer = sdpOf(request);
    this.maxForwards = maxForwards(request) ?? DEFAULT_MAX_FORWARDS;
    this.dialog = calleeDialog(stack, request, flow, newId(stack));
    this.#updates = new EarlyUpdates(stack, this.dialog);
    this.#interval = agreeAsServer(request);
    const reliable = hasToken(request, "require", "100rel");
    this.#reliable = reliable ? new ReliableProvisionals(stack, cseq(request).number, () => this.#onNoPrack()) : null;
  }

  /** Sends 100 unless another response follows soon, and accepts CANCEL from now on. False if already refused (422). */
  begin(): boolean {
    if (this.#interval.kind === "refuse") {
      this.#finish(422, null, MIN_SE);
      return false;
    }
    this.#incoming.transaction.tryLater(() => response(this.#stack, this.request, 100));
    this.#incoming.transaction.onCancel = (cancel) => this.#onCallerCancelled(cancel);
    this.#stack.dialogs.put(this);
    const expiresS = numberOf(this.request, "expires");
    if (expiresS !== null && expiresS <= LONGEST_EXPIRES_S)
      this.#expiry = this.#stack.clock.after(expiresS * 1_000, () => this.#onCallerCancelled(null));
    return true;
  }

  onCancelled(run: (reasons: readonly ReasonValue[]) => void): void {
    this.#onCancelled = run;
  }

  onOffer(run: EarlyOfferHandler): void {
    this.#onOffer = run;
  }

  ring(status: 180 | 183 = 180, sdp?: string): void {
    if (this.#state !== "waiting") return;
    if (this.#reliable === null) this.#provisional(status, sdp ?? null, []);
    else this.#ringReliably(this.#reliable, status, sdp ?? null);
  }

  answer(sdp: string, credentials: SipCredentials | null = null): SipCall {
    const { dialog, request } = this;
    const interval = this.#interval.kind === "agreed" ? this.#interval : null;
    if (credentials !== null) dialog.digest = new DigestClient(credentials, this.#stack.random);
    const localSdp = this.#updates.agreed?.ours ?? sdp;
    const session = new Session(this.#stack, dialog, { localSdp, interval, peerAllows: allowedBy(request) });
    if (this.#state !== "waiting") {
      // Later, so that the user can set handlers on a call that is already over.
      this.#stack.clock.after(0, () => session.end("remote_bye"));
      return session;
    }
    this.#state = "answered";
    this.#session = session;
    session.onEndedEarly = () => this.#finish(480, null, []);
    this.#repeat?.cancel();
    this.#expiry?.cancel();
    if (this.#reliable === null) this.#accept(session, sdp);
    else this.#reliable.whenClear(() => this.#accept(session, sdp));
    return session;
  }

  snapshot(): DialogSnapshot {
    return dialogSnapshot(this.dialog, allowedBy(this.request));
  }

  reject(status: number, reason: string | null = null, headers: ExtraHeaders = []): void {
    if (this.#state === "waiting") this.#finish(status, reason, headers);
  }

  onRequest(incoming: IncomingTransaction): void {
    const inOrder = this.dialog.takeSequence(incoming.request);
    if (incoming.request.method === "BYE") {
      respond(this.#stack, incoming, 200);
      this.#onCallerCancelled(incoming.request);
    } else if (!inOrder) respond(this.#stack, incoming, 500, { reason: "CSeq Out Of Order" });
    else this.#onOrderly(incoming);
  }

  /** No 2xx has been sent. */
  onAck(): void {}

  /** No INVITE of ours in this dialog. */
  onStraySuccess(): void {}

  suspend(): void {
    this.#state = "over";
    this.#repeat?.cancel();
    this.#expiry?.cancel();
    this.#reliable?.stop();
  }

  #onOrderly(incoming: IncomingTransaction): void {
    switch (incoming.request.method) {
      case "PRACK":
        this.#onPrack(incoming);
        break;
      case "UPDATE":
        // Their offer in the INVITE is unanswered until a reliable response or the PRACK answers it.
        this.#updates.onUpdate(incoming, this.#agreedEarly ? null : 500, (offer) => this.#onOffer(offer));
        break;
      case "INVITE":
        respond(this.#stack, incoming, 500, { headers: [["Retry-After", "1"]] });
        break;
      case "OPTIONS":
        respond(this.#stack, incoming, 200, { headers: [["Contact", this.dialog.contact], ...ALL_CAPABILITIES] });
        break;
      case "INFO":
        respond(this.#stack, incoming, 200);
        break;
      default:
        respondNotAllowed(this.#stack, incoming, this.dialog.localTag);
    }
  }

  #onPrack(incoming: IncomingTransaction): void {
    const reliable = this.#reliable;
    if (reliable?.matches(incoming.request) !== true) {
      respond(this.#stack, incoming, 481, { reason: "Nothing To Acknowledge" });
      return;
    }
    respond(this.#stack, incoming, 200);
    if (this.#offeredEarly) this.#earlyAnswer ??= sdpOf(incoming.request);
    this.#agreedEarly ||= this.#offeredEarly ? this.#earlyAnswer !== null : reliable.carriesSdp;
    reliable.acknowledged();
  }

  /** An offerless INVITE's first reliable response must carry our offer (RFC 3262 5): without one there is no ringing. */
  #ringReliably(reliable: ReliableProvisionals, status: number, sdp: string | null): void {
    const offered = this.offer !== null || this.#offeredEarly;
    if (!offered && sdp === null) return;
    if (!offered) this.#offeredEarly = true;
    const send = (rseq: number): (() => void) => {
      const extra: ExtraHeaders = [
        ["Require", "100rel"],
        ["RSeq", String(rseq)],
      ];
      const octets = this.#provisional(status, sdp, extra);
      return () => this.#incoming.transaction.repeat(octets);
    };
    reliable.send({ send, carriesSdp: sdp !== null });
  }

  #provisional(status: number, sdp: string | null, extra: ExtraHeaders): Buffer {
    const body = sdpBody(sdp);
    const contact: ExtraHeaders = [["Contact", this.dialog.contact], ...CAPABILITIES];
    const toTag = this.dialog.localTag;
    const octets = respond(this.#stack, this.#incoming, status, {
      ...body,
      toTag,
      headers: [...contact, ...extra, ...body.headers],
    });
    if (this.#reliable === null) this.#repeatEveryMinute(octets);
    return octets;
  }

  #repeatEveryMinute(octets: Buffer): void {
    this.#repeat?.cancel();
    this.#repeat = this.#stack.clock.after(REPEAT_PROVISIONAL_MS, () => {
      this.#incoming.transaction.repeat(octets);
      this.#repeatEveryMinute(octets);
    });
  }

  #accept(session: Session, sdp: string): void {
    if (this.#state !== "answered") return;
    const { request, transaction } = this.#incoming;
    session.begin();
    this.#updates.stop();
    const answered = this.#offeredEarly || this.#updates.agreed !== null;
    const body = sdpBody(answered ? null : sdp);
    const timer = this.#interval.kind === "agreed" ? this.#interval.headers : [];
    const headers: ExtraHeaders = [["Contact", this.dialog.contact], ...CAPABILITIES, ...timer, ...body.headers];
    const octets = respond(this.#stack, this.#incoming, 200, { ...body, toTag: this.dialog.localTag, headers });
    transaction.onCancel = null;
    this.#onCancelled = null;
    const wantsAnswer = this.offer === null && !this.#offeredEarly;
    session.awaitFirstAck(transaction, cseq(request).number, octets, wantsAnswer);
    const early = this.#earlyAnswer;
    if (early !== null) this.#stack.clock.after(0, () => session.handlers.onAnswer(early));
  }

  /** CANCEL or BYE before our final response; null if its Expires ran out. */
  #onCallerCancelled(by: SipRequest | null): void {
    if (this.#state === "over") return;
    const session = this.#detachSession();
    this.#finish(487, null, []);
    if (session === null) this.#onCancelled?.(by === null ? [] : reasonsOf(by));
    else session.end("remote_bye", by);
  }

  /** RFC 3262 3: an INVITE whose reliable 1xx is never acknowledged gets a 5xx. */
  #onNoPrack(): void {
    const session = this.#detachSession();
    this.#finish(504, "No PRACK", []);
    if (session === null) this.#onCancelled?.([]);
    else session.end("remote_bye");
  }

  #detachSession(): Session | null {
    if (this.#session !== null) this.#session.onEndedEarly = null;
    return this.#session;
  }

  #finish(status: number, reason: string | null, headers: ExtraHeaders): void {
    this.#state = "over";
    this.#repeat?.cancel();
    this.#expiry?.cancel();
    this.#reliable?.stop();
    this.#updates.stop();
    const { request, transaction } = this.#incoming;
    const toTag = this.dialog.localTag;
    const all: ExtraHeaders = [["Server", this.#stack.userAgent], ...headers];
    transaction.onCancel = null;
    transaction.respond(buildResponse(request, status, reason ?? undefined, { toTag, headers: all }));
    this.#stack.dialogs.drop(this);
  }
}
