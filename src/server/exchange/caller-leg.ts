import type { CancelReason } from "../../core/call/effects.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { DialogSnapshot, IncomingInvite } from "../../edges/sip/endpoint.ts";
import { RETRY_AFTER_S } from "./admission.ts";
import { LegMedia } from "./leg-media.ts";
import type { ReadOffer } from "./leg-media.ts";
import { LegSession } from "./leg-session.ts";
import type { LegPorts, LiveCallerLeg } from "./live-leg.ts";
import { describeReasons } from "./reasons.ts";

/** The inbound leg: an INVITE that we answer or refuse. */
export class CallerLeg implements LiveCallerLeg {
  readonly #ports: LegPorts;
  readonly #invite: IncomingInvite;
  readonly #session: LegSession;
  /** Null: the INVITE had no offer, and ours goes out with the answer. */
  readonly #offer: ReadOffer | null;
  readonly #port: Promise<number>;
  #answering = false;
  /** The leg was hung up before the answer went out, and must end as soon as it has. */
  #hangUpOnceUp = false;

  /** Opens the RTP endpoint at once, so that it is ready when the answer has been journalled. */
  constructor(ports: LegPorts, callSid: string, invite: IncomingInvite, offer: ReadOffer | null) {
    this.#ports = ports;
    this.#invite = invite;
    this.#offer = offer;
    this.#session = new LegSession(ports, CALLER, () => ({
      symmetricRtp: ports.routes.callerTrunk?.symmetricRtp ?? true,
      sipHost: invite.source.address,
    }));
    this.#port = ports.openCaller(callSid).then(({ port }) => port);
    this.#port.catch((error: unknown) => this.#noPort(error));
    invite.onCancelled((reasons) =>
      this.#session.end({ detail: `the caller cancelled before the answer${describeReasons(reasons)}` }),
    );
  }

  answer(): void {
    if (this.#session.isOver || this.#answering) return;
    this.#answering = true;
    this.#port.then(
      (port) => this.#openMedia(port),
      () => undefined, // #noPort has already refused the call
    );
  }

  reject(sip: number): void {
    if (this.#session.isOver || this.#session.isUp) return;
    this.#invite.reject(sip);
    this.#session.end({ detail: `refused with ${sip}` });
  }

  hangUp(_reason: CancelReason): void {
    if (this.#session.isUp) this.#session.hangUp();
    else if (this.#answering) this.#hangUpOnceUp = true;
    else this.reject(480);
  }

  /** Known from the INVITE on: it is journalled before the answer goes out. */
  snapshot(): DialogSnapshot | null {
    return this.#session.isUp || this.#session.isOver ? this.#session.snapshot() : this.#invite.snapshot();
  }

  /** Only the caller can cancel it. */
  ringing(): null {
    return null;
  }

  /** The caller's first RTP changes nothing. */
  onFirstRtp(): void {}

  sendDigit(digit: string): void {
    this.#session.sendDigit(digit);
  }

  get sendsTelephoneEvents(): boolean {
    return this.#session.sendsTelephoneEvents;
  }

  #openMedia(port: number): void {
    if (this.#session.isOver) return;
    const { services, call } = this.#ports;
    const media = new LegMedia(services.mediaAddress, port, `${call.now()}${CALLER}`, this.#offer?.codec ?? null);
    this.#session.useMedia(media);
    const offer = this.#offer?.sdp ?? null;
    if (offer === null) this.#answerWith(media.offer());
    else if (typeof offer !== "string") this.#answerWith(this.#session.agree(offer));
    else this.#session.read(offer, (text) => this.#answerWith(this.#session.agree(text)));
  }

  #answerWith(sdp: string | null): void {
    if (sdp === null) {
      this.#invite.reject(488);
      this.#session.end({ detail: "the caller's session description can't be used" });
      return;
    }
    // Some trunks challenge the BYE of a call they sent.
    const credentials = this.#ports.routes.callerTrunk?.credentials ?? null;
    this.#session.begin(this.#invite.answer(sdp, credentials));
    if (this.#hangUpOnceUp) this.#session.hangUp();
  }

  /** Refuses the call for now: 503 with Retry-After. False: it is already answered or over. */
  refuseForNow(detail: string): boolean {
    if (this.#session.isOver || this.#session.isUp || this.#answering) return false;
    this.#refuse(detail);
    return true;
  }

  #noPort(error: unknown): void {
    this.#ports.routes.noPort(error, this.#ports.call.sid);
    this.#refuse(error instanceof Error ? error.message : String(error));
  }

  #refuse(detail: string): void {
    this.#invite.reject(503, null, [["Retry-After", String(RETRY_AFTER_S)]]);
    this.#session.end({ detail });
  }
}
