import type { LegId } from "../../core/call/legs.ts";
import type { RemoteMedia } from "../../edges/media/process/protocol.ts";
import type { SessionDescription } from "../../edges/sdp/negotiate.ts";
import type { CallEnd, DialogSnapshot, OfferReply, ReasonValue, SipCall } from "../../edges/sip/endpoint.ts";
import { infoDigit } from "./info-digit.ts";
import type { LegMedia } from "./leg-media.ts";
import type { LegEnding, LegFailure, LegPorts } from "./live-leg.ts";
import { describeReasons, q850Of } from "./reasons.ts";
import { resolveHosts } from "./sdp-hosts.ts";

/** ms that a digit in an INFO lasts: what phones send for a short press. */
const INFO_DIGIT_MS = 160;

const REFUSED: OfferReply = { status: 488 };

/** What media must know about the far side beyond its session description. */
export type MediaPeer = Pick<RemoteMedia, "symmetricRtp" | "sipHost">;

/** What every leg has, inbound or outbound: a SIP session, its media description, re-offers, INFO digits, and one end. */
export class LegSession {
  readonly #ports: LegPorts;
  readonly #leg: LegId;
  readonly #peer: () => MediaPeer;
  #media: LegMedia | null = null;
  #remote: RemoteMedia | null = null;
  #call: SipCall | null = null;
  /** Whether the far side sends its own digits by INFO. */
  #usesInfo = false;
  #over = false;

  constructor(ports: LegPorts, leg: LegId, peer: () => MediaPeer) {
    this.#ports = ports;
    this.#leg = leg;
    this.#peer = peer;
  }

  /** Sets the media once the leg's RTP port is open. */
  useMedia(media: LegMedia): void {
    this.#media = media;
  }

  get isUp(): boolean {
    return this.#call !== null;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Whether the far side may send RFC 4733 digits. */
  get sendsTelephoneEvents(): boolean {
    return this.#remote !== null && this.#remote.dtmfReceivePayloadType !== null;
  }

  /** The leg is up: listens to its dialog from now on. */
  begin(call: SipCall): void {
    this.#call = call;
    call.handlers = {
      onEnded: (end, _bye, reasons) => this.#onEnded(end, reasons),
      onOffer: (offer) => (offer === null ? (this.#media?.offer() ?? REFUSED) : this.onOffer(offer)),
      onAnswer: (answer) => this.read(answer, (sdp) => this.#onAnswer(sdp)),
      onInfo: (type, body) => this.#onInfo(type, body),
      onAcknowledged: () => this.#ports.callerAcknowledged(),
    };
    this.#ports.legChanged();
  }

  /** Passes on their description once its host names are looked up (at once if it has none), unless the leg is over by then. */
  read(sdp: string, use: (sdp: string) => void): void {
    const resolved = resolveHosts(sdp, this.#ports.services);
    if (typeof resolved === "string") use(resolved);
    else
      void resolved.then((text) => {
        if (!this.#over) use(text);
      });
  }

  /** Puts their offer and our answer into force. Null: no agreement, and everything stays as it was (RFC 3261 14.2). */
  agree(offer: string | SessionDescription): string | null {
    const answer = this.#media?.answer(offer);
    if (answer?.ok !== true) return null;
    this.#setRemote(answer.value.remote);
    return answer.value.sdp;
  }

  /** Puts their answer to our offer into force. False: we can't use it, and everything stays as it was. */
  accept(answer: string): boolean {
    const remote = this.#media?.accept(answer);
    if (remote?.ok !== true) return false;
    this.#setRemote(remote.value);
    return true;
  }

  /** Answers an offer within the session, or in an UPDATE before it. */
  onOffer(offer: string): OfferReply | Promise<OfferReply> {
    const resolved = resolveHosts(offer, this.#ports.services);
    if (typeof resolved === "string") return this.agree(resolved) ?? REFUSED;
    return resolved.then((sdp) => (this.#over ? null : this.agree(sdp)) ?? REFUSED);
  }

  /** Sends a digit in a form the far side understands: RFC 4733, INFO if it uses that itself, otherwise tones. */
  sendDigit(digit: string): void {
    const { media, call } = this.#ports;
    if (this.#remote?.dtmfPayloadType != null || !this.#usesInfo) media.sendDigits(call.sid, this.#leg, digit);
    else void this.#call?.info("application/dtmf-relay", `Signal=${digit}\r\nDuration=${INFO_DIGIT_MS}\r\n`);
  }

  /** Ends a leg that is up; `onEnded` then reports its end. */
  hangUp(): void {
    this.#call?.hangUp();
  }

  /** Reports to the engine that the leg is over. Only the first call counts. */
  end(ending: LegEnding): void {
    if (this.close()) this.#ports.legEnded(this.#leg, ending);
  }

  /** Reports that the leg will never be up. */
  fail(failure: LegFailure): void {
    if (this.close()) this.#ports.legFailed(this.#leg, failure);
  }

  /** Closes the leg; nothing more is reported about it. False: it was already over. */
  close(): boolean {
    if (this.#over) return false;
    this.#over = true;
    return true;
  }

  snapshot(): DialogSnapshot | null {
    return this.#over ? null : (this.#call?.snapshot() ?? null);
  }

  #setRemote(remote: RemoteMedia): void {
    this.#remote = remote;
    this.#ports.media.setRemote(this.#ports.call.sid, this.#leg, { ...remote, ...this.#peer() });
  }

  #onEnded(end: CallEnd, reasons: readonly ReasonValue[]): void {
    this.end({ detail: `${end}${describeReasons(reasons)}`, ...q850Of(reasons) });
  }

  /** Without a usable answer to our first offer there is no audio; a later one leaves the session as it was. */
  #onAnswer(answer: string): void {
    const isFirst = this.#remote === null;
    if (!this.accept(answer) && isFirst) this.hangUp();
  }

  #onInfo(type: string, body: Buffer): void {
    const digit = infoDigit(type, body);
    if (digit === null) return;
    this.#usesInfo = true;
    this.#ports.onDigit({ leg: this.#leg, digit, via: "info" });
  }
}
