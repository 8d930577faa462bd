import type { Timer } from "../../base/clock.ts";
import { callId } from "../../edges/sip/message/message.ts";
import type { IncomingInvite, SipCall } from "../../edges/sip/endpoint.ts";
import type { ToneSpan } from "./tone-monitor.ts";
import { endingOf, hangUpAfterMs } from "./script.ts";
import type { PhoneScript } from "./script.ts";
import { MediaSession } from "./media-session.ts";
import type { SoftphoneCall, SoftphoneSetup } from "./media-session.ts";

/** One INVITE to a softphone, handled as its script says. */
export class PhoneCall implements SoftphoneCall {
  readonly callId: string;
  readonly number: string;
  state: SoftphoneCall["state"] = "calling";
  end: SoftphoneCall["end"] = null;
  status: number | null = null;
  readonly #setup: SoftphoneSetup;
  readonly #invite: IncomingInvite;
  readonly #script: PhoneScript;
  readonly #timers: Timer[] = [];
  readonly #media: MediaSession;
  #call: SipCall | null = null;

  constructor(setup: SoftphoneSetup, invite: IncomingInvite, number: string, script: PhoneScript) {
    this.#setup = setup;
    this.#invite = invite;
    this.#script = script;
    this.number = number;
    this.callId = callId(invite.request);
    this.#media = new MediaSession(setup, script.tone_hz ?? null, script.codec);
    invite.onCancelled(() => this.#ended("cancelled"));
    this.#schedule();
  }

  get tones(): readonly ToneSpan[] {
    return this.#media.audio.tones;
  }

  get digits(): string {
    return this.#media.audio.digits;
  }

  get packetsReceived(): number {
    return this.#media.audio.packetsReceived;
  }

  sendDigits(digits: string): void {
    this.#media.audio.sendDigits(digits);
  }

  /** Ends the call whatever its state. */
  hangUp(): void {
    if (this.#call !== null) this.#call.hangUp();
    else this.#refuse(480);
  }

  #schedule(): void {
    const { ring_after_ms, early_media_after_ms } = this.#script;
    const ending = endingOf(this.#script);
    if (ring_after_ms !== undefined) this.#later(ring_after_ms, () => this.#invite.ring());
    if (early_media_after_ms !== undefined) this.#later(early_media_after_ms, () => this.#sendEarlyMedia());
    if (ending === null) return;
    this.#later(ending.afterMs, () => (ending.sip === 200 ? this.#answer() : this.#refuse(ending.sip)));
  }

  #sendEarlyMedia(): void {
    const sdp = this.#localSdp();
    if (sdp !== null) this.#invite.ring(183, sdp);
  }

  #answer(): void {
    const sdp = this.#localSdp();
    if (sdp === null) return this.#refuse(488);
    this.state = "talking";
    this.status = 200;
    this.#call = this.#invite.answer(sdp);
    this.#call.handlers = this.#media.handlers((end) => this.#ended(end));
    const after = hangUpAfterMs(this.#script);
    if (after !== null) this.#later(after, () => this.#call?.hangUp());
    for (const { after_ms, digits } of this.#script.presses ?? []) this.#later(after_ms, () => this.sendDigits(digits));
  }

  /** Our answer to the offer of the INVITE, or an offer when it had none; null when there is no common codec. */
  #localSdp(): string | null {
    const { offer } = this.#invite;
    return offer === null ? this.#media.offer() : this.#media.answer(offer);
  }

  #refuse(status: number): void {
    if (this.state !== "calling") return;
    this.status = status;
    this.#invite.reject(status);
    this.#ended("refused");
  }

  #later(ms: number, run: () => void): void {
    this.#timers.push(this.#setup.clock.after(ms, run));
  }

  #ended(end: NonNullable<SoftphoneCall["end"]>): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.end = end;
    for (const timer of this.#timers) timer.cancel();
    this.#media.audio.close();
  }
}
