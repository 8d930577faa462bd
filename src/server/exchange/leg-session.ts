import type { Result } from "../../base/result.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { RemoteMedia } from "../../edges/media/process/protocol.ts";
import type { DialogSnapshot, OfferReply, SipCall } from "../../edges/sip/endpoint.ts";
import { infoDigit } from "./info-digit.ts";
import type { LegMedia } from "./leg-media.ts";
import type { LegPorts } from "./live-leg.ts";

/** What every leg has, whoever called whom: a SIP session, its media description, re-offers, INFO digits, one end. */
export class LegSession {
  readonly #ports: LegPorts;
  readonly #leg: LegId;
  #media: LegMedia | null = null;
  #call: SipCall | null = null;
  #over = false;

  constructor(ports: LegPorts, leg: LegId) {
    this.#ports = ports;
    this.#leg = leg;
  }

  /** The leg's RTP port is open. */
  useMedia(media: LegMedia): void {
    this.#media = media;
  }

  get isUp(): boolean {
    return this.#call !== null;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** The leg is up: from now on its dialog is listened to. */
  begin(call: SipCall): void {
    this.#call = call;
    call.handlers = {
      onEnded: (end) => this.end(end),
      onOffer: (offer) => this.#onOffer(offer),
      onAnswer: (answer) => this.#onAnswer(answer),
      onInfo: (type, body) => this.#onInfo(type, body),
      onAcknowledged: () => this.#ports.callerAcknowledged(),
    };
    this.#ports.legChanged();
  }

  /** Their offer and our answer take effect; null when there is no agreement. */
  agree(answer: ReturnType<LegMedia["answer"]>): string | null {
    if (!answer.ok) return null;
    this.#setRemote(answer.value.remote);
    return answer.value.sdp;
  }

  /** Their answer to our offer takes effect; false when it is not one we can use. */
  accept(answer: string): boolean {
    const remote: Result<RemoteMedia, string> | undefined = this.#media?.accept(answer);
    if (remote?.ok !== true) return false;
    this.#setRemote(remote.value);
    return true;
  }

  /** Ends a leg that is up; its end is reported by `onEnded`. */
  hangUp(): void {
    this.#call?.hangUp();
  }

  /** The leg is over, and the engine is told. Only the first time counts. */
  end(reason: string): void {
    if (this.close()) this.#ports.legEnded(this.#leg, reason);
  }

  /** The leg will never be up. */
  fail(sip: number | null, reason: string): void {
    if (this.close()) this.#ports.legFailed(this.#leg, sip, reason);
  }

  /** Nothing more is reported of this leg. False: it was over already. */
  close(): boolean {
    if (this.#over) return false;
    this.#over = true;
    return true;
  }

  snapshot(): DialogSnapshot | null {
    return this.#over ? null : (this.#call?.snapshot() ?? null);
  }

  #setRemote(remote: RemoteMedia): void {
    this.#ports.media.setRemote(this.#ports.call.sid, this.#leg, remote);
  }

  #onOffer(offer: string | null): OfferReply {
    if (this.#media === null) return { status: 488 };
    if (offer === null) return this.#media.offer();
    return this.agree(this.#media.answer(offer)) ?? { status: 488 };
  }

  #onAnswer(answer: string): void {
    if (!this.accept(answer)) this.#call?.hangUp();
  }

  #onInfo(type: string, body: Buffer): void {
    const digit = infoDigit(type, body);
    if (digit !== null) this.#ports.onDigit({ leg: this.#leg, digit, via: "info" });
  }
}
