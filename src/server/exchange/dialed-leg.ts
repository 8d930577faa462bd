import type { CancelReason, Effect } from "../../core/call/effects.ts";
import type { LegId } from "../../core/call/legs.ts";
import type {
  DialogSnapshot,
  FinalResponse,
  OfferReply,
  OutgoingInvite,
  RingingSnapshot,
  SipCall,
} from "../../edges/sip/endpoint.ts";
import { EarlyAudio } from "./early-audio.ts";
import { LegMedia } from "./leg-media.ts";
import { LegSession, type MediaPeer } from "./leg-session.ts";
import type { LegFailure, LegPorts, LiveLeg } from "./live-leg.ts";
import { cancelHeaders, describeReasons, q850Of } from "./reasons.ts";
import { Redirects } from "./redirects.ts";
import type { OutboundRoute } from "./route.ts";

/**
 * At most this many ms the ACK waits for the journal. The callee repeats the 200 meanwhile; a longer database outage must
 * not cost the conversation. If the process is killed right then, the leg is left to the callee's timers.
 */
const ACK_HOLD_MS = 2000;

type DialEffect = Extract<Effect, { kind: "dial" }>;

/** One attempt: our INVITE (more if it is redirected) and, once one is answered, the leg. */
export class DialedLeg implements LiveLeg {
  readonly #ports: LegPorts;
  readonly #id: LegId;
  readonly #callerId: string;
  readonly #session: LegSession;
  readonly #redirects: Redirects;
  readonly #early: EarlyAudio;
  /** Resolves once the engine knows about the answer. */
  readonly #answerReported = Promise.withResolvers<void>();
  #invite: OutgoingInvite | null = null;
  /** The pending INVITE, as journalled. */
  #written: RingingSnapshot | null = null;
  #peer: MediaPeer = {};
  #ringing = false;
  /** The far side's session description now in force. */
  #theirs: string | null = null;

  constructor(ports: LegPorts, { leg, destination, callerId }: DialEffect) {
    this.#ports = ports;
    this.#id = leg;
    this.#callerId = callerId;
    this.#session = new LegSession(ports, leg, () => this.#peer);
    this.#redirects = new Redirects(ports.config.account, destination);
    this.#early = new EarlyAudio(() =>
      ports.call.deliver({ kind: "leg_early_media", at: ports.call.now(), leg: this.#id }),
    );
  }

  /** Sends the INVITE once the RTP port is open and the journal has what a CANCEL needs. */
  dial(route: OutboundRoute): void {
    this.#ports
      .openLeg(this.#id)
      .then(
        ({ port }) => this.#openMedia(port, route),
        (error: unknown) => {
          this.#ports.routes.noPort(error, this.#ports.call.sid);
          throw error;
        },
      )
      .catch((error: unknown) =>
        this.#fail({ sip: null, detail: error instanceof Error ? error.message : String(error) }),
      );
  }

  /** Cancels the attempt, or ends the answered leg. Only an answered leg reports its end. */
  hangUp(reason: CancelReason): void {
    if (this.#session.isUp) this.#session.hangUp();
    else if (this.#session.close()) {
      this.#early.close();
      this.#invite?.cancel(cancelHeaders(reason));
      this.#ports.forgetLeg(this.#id);
    }
  }

  snapshot(): DialogSnapshot | null {
    return this.#session.snapshot();
  }

  ringing(): RingingSnapshot | null {
    return this.#session.isOver ? null : this.#written;
  }

  onFirstRtp(): void {
    this.#early.arrived();
  }

  sendDigit(digit: string): void {
    this.#session.sendDigit(digit);
  }

  get sendsTelephoneEvents(): boolean {
    return this.#session.sendsTelephoneEvents;
  }

  #openMedia(port: number, route: OutboundRoute): void {
    if (this.#session.isOver) return;
    const { services, callerCodec, call } = this.#ports;
    const media = new LegMedia(services.mediaAddress, port, `${call.now()}${this.#id}`, callerCodec);
    this.#session.useMedia(media);
    this.#send(media, route, null);
  }

  #send(media: LegMedia, route: OutboundRoute, reason: string | null): void {
    const { trunk, ...way } = route;
    this.#peer = { symmetricRtp: trunk.symmetricRtp };
    this.#invite = this.#ports.services.sip.dial({
      ...way,
      sdp: media.offer(),
      noProvisionalTimeoutMs: trunk.firstResponseTimeoutMs,
      journal: {
        inviting: (invite) => this.#write(invite, trunk.name, reason),
        answered: () => this.#untilAnswerIsWritten(),
      },
      handlers: {
        onProgress: (_status, sdp) => this.#onProgress(sdp),
        onAnswered: (sipCall, sdp) => this.#onAnswered(sipCall, sdp),
        onFailed: (status, phrase, final) => this.#onFailed(media, { sip: status, detail: phrase }, final),
        onOffer: (sdp) => this.#onEarlyOffer(sdp),
      },
    });
  }

  /** Puts what a CANCEL needs into the journal; resolves when it is there. */
  #write(invite: RingingSnapshot, trunk: string, reason: string | null): Promise<void> {
    const { call } = this.#ports;
    const { flow, uri, callId: sipCallId } = invite;
    const host = flow.remoteAddress.includes(":") ? `[${flow.remoteAddress}]` : flow.remoteAddress;
    this.#written = invite;
    this.#peer = { ...this.#peer, sipHost: flow.remoteAddress };
    this.#ports.legChanged();
    const target = `${host}:${flow.remotePort}`;
    call.deliver({ kind: "invite_sent", at: call.now(), leg: this.#id, trunk, target, uri, sipCallId, reason });
    return call.durable();
  }

  /** Resolves once the journal has what a BYE needs, or once that takes too long. */
  #untilAnswerIsWritten(): Promise<void> {
    const { call, services } = this.#ports;
    const written = this.#answerReported.promise.then(() => call.durable());
    return new Promise((resolve) => {
      const late = services.clock.after(ACK_HOLD_MS, () => {
        services.log.warn({ call: call.sid, leg: this.#id }, "the journal is slow: an ACK goes out before its row");
        resolve();
      });
      void written.then(() => {
        late.cancel();
        resolve();
      });
    });
  }

  #onProgress(sdp: string | null): void {
    if (this.#session.isOver) return;
    if (!this.#ringing) {
      this.#ringing = true;
      const { call } = this.#ports;
      this.#ports.routes.progress(this.#id, "ringing");
      call.deliver({ kind: "leg_ringing", at: call.now(), leg: this.#id });
    }
    if (sdp !== null) this.#session.read(sdp, (theirs) => void this.#use(theirs));
  }

  /** RFC 3311: the far side sends a new description of its early media. */
  #onEarlyOffer(offer: string): OfferReply | Promise<OfferReply> {
    const reply = this.#session.onOffer(offer);
    const note = (answered: OfferReply): OfferReply => {
      if (typeof answered === "string") this.#theirs = offer;
      return answered;
    };
    return reply instanceof Promise ? reply.then(note) : note(reply);
  }

  /** Puts their description into force unless it already is; false if we can't use it. */
  #use(theirs: string): boolean {
    if (theirs !== this.#theirs && !this.#session.accept(theirs)) return false;
    this.#theirs = theirs;
    this.#early.described();
    return true;
  }

  #onAnswered(sipCall: SipCall, sdp: string | null): void {
    this.#early.close();
    this.#session.begin(sipCall);
    if (sdp === null) this.#unusable();
    else this.#session.read(sdp, (theirs) => (this.#use(theirs) ? this.#reportAnswer() : this.#unusable()));
  }

  #reportAnswer(): void {
    this.#ports.routes.progress(this.#id, "answered");
    const { call } = this.#ports;
    call.deliver({ kind: "leg_answered", at: call.now(), leg: this.#id });
    this.#answerReported.resolve();
  }

  #unusable(): void {
    this.#fail({ sip: 488, detail: "answered without a session description that we can use" });
    this.#session.hangUp();
  }

  #onFailed(media: LegMedia, failure: LegFailure, final: FinalResponse | null): void {
    if (final !== null && final.contacts.length > 0) this.#redirects.add(final);
    // A 6xx speaks for the person, on every phone they have (RFC 3261 21.6).
    const isLast = failure.sip !== null && failure.sip >= 600;
    if (this.#session.isOver || (!isLast && this.#redirect(media))) return;
    const { reasons = [], status = 0 } = final ?? {};
    const notFollowed =
      status >= 300 && status < 400 ? ": it names no other destination that this account may dial" : "";
    const detail = `${failure.detail}${notFollowed}${describeReasons(reasons)}`;
    this.#fail({ ...failure, detail, ...q850Of(reasons) });
  }

  /** Dials the next Contact of a 3xx; false: no Contact is left that may be dialled. */
  #redirect(media: LegMedia): boolean {
    for (let next = this.#redirects.next(); next !== null; next = this.#redirects.next()) {
      const route = this.#ports.routeTo(this.#id, next.destination, this.#callerId);
      if (!route.ok) continue;
      this.#send(media, route.value, next.reason);
      return true;
    }
    return false;
  }

  #fail(failure: LegFailure): void {
    this.#early.close();
    this.#session.fail(failure);
  }
}
