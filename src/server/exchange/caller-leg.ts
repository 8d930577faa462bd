import { CALLER } from "../../core/call/legs.ts";
import type { DialogSnapshot, IncomingInvite, SipCall } from "../../edges/sip/endpoint.ts";
import type { LiveCallerLeg, CallIo } from "./call-io.ts";
import { infoDigit } from "./info-digit.ts";
import { LegMedia } from "./leg-media.ts";
import type { ReadOffer } from "./leg-media.ts";

/** The leg that came in: an INVITE that we answer or refuse. */
export class CallerLeg implements LiveCallerLeg {
  readonly #io: CallIo;
  readonly #invite: IncomingInvite;
  /** Null: the INVITE had none, and ours goes out with the answer. */
  readonly #offer: ReadOffer | null;
  readonly #port: Promise<number>;
  #media: LegMedia | null = null;
  #call: SipCall | null = null;
  #answering = false;
  /** To be hung up as soon as the answer is out: it was decided first. */
  #leaving = false;
  #gone = false;
  #digitsByRtp = false;

  /** Has the RTP endpoint opened, so that it is there when the journal has let the answer go. */
  constructor(io: CallIo, callSid: string, invite: IncomingInvite, offer: ReadOffer | null) {
    this.#io = io;
    this.#invite = invite;
    this.#offer = offer;
    this.#port = io.openCaller(callSid).then(({ port }) => port);
    this.#port.catch((error: unknown) => this.#noPort(error));
    invite.onCancelled(() => this.#ended("the caller gave up before the answer"));
  }

  #noPort(error: unknown): void {
    this.#invite.reject(503);
    this.#ended(error instanceof Error ? error.message : String(error));
  }

  answer(): void {
    if (this.#gone || this.#answering) return;
    this.#answering = true;
    this.#port.then(
      (port) => this.#answerOn(port),
      () => undefined, // #noPort has refused the call
    );
  }

  #answerOn(port: number): void {
    if (this.#gone) return;
    const { services, call } = this.#io;
    const media = new LegMedia(services.mediaAddress, port, `${call.now()}1`, this.#offer?.codec ?? null);
    this.#media = media;
    const sdp = this.#offer === null ? media.offer() : this.#agree(media.answerTo(this.#offer.description));
    if (sdp === null) {
      this.#invite.reject(488);
      this.#ended("the caller's session description can't be used");
      return;
    }
    this.#call = this.#invite.answer(sdp);
    this.#call.handlers = {
      onEnded: (end) => this.#ended(end),
      onOffer: (offer) => this.#reoffered(offer),
      onAnswer: (answer) => this.#answered(answer),
      onInfo: (type, body) => this.#info(type, body),
    };
    this.#io.dialogChanged();
    if (this.#leaving) this.#call.hangUp();
  }

  /** Their offer and our answer take effect; null when there is no agreement. */
  #agree(answer: ReturnType<LegMedia["answer"]>): string | null {
    if (!answer.ok) return null;
    this.#io.media.setRemote(this.#io.call.sid, CALLER, answer.value.remote);
    return answer.value.sdp;
  }

  #reoffered(offer: string | null): string | { status: number } {
    if (offer === null) return this.#media?.offer() ?? { status: 488 };
    return (this.#media === null ? null : this.#agree(this.#media.answer(offer))) ?? { status: 488 };
  }

  #answered(answer: string): void {
    const remote = this.#media?.accept(answer);
    if (remote?.ok === true) this.#io.media.setRemote(this.#io.call.sid, CALLER, remote.value);
    else this.#call?.hangUp();
  }

  #info(type: string, body: Buffer): void {
    const digit = this.#digitsByRtp ? null : infoDigit(type, body);
    const { call } = this.#io;
    if (digit !== null) call.deliver({ kind: "digit", at: call.now(), leg: CALLER, digit });
  }

  #ended(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#io.legEnded(CALLER, reason);
  }

  heardDigit(): void {
    this.#digitsByRtp = true;
  }

  snapshot(): DialogSnapshot | null {
    return this.#gone ? null : (this.#call?.snapshot() ?? null);
  }

  /** Theirs to give up, not ours. */
  ringing(): null {
    return null;
  }

  reject(sip: number): void {
    if (this.#gone || this.#call !== null) return;
    this.#invite.reject(sip);
    this.#ended(`refused with ${sip}`);
  }

  hangUp(): void {
    if (this.#call !== null) this.#call.hangUp();
    else if (this.#answering) this.#leaving = true;
    else this.reject(480);
  }
}
