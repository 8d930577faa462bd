import type { Timer } from "../../base/clock.ts";
import { callId } from "../../edges/sip/message/message.ts";
import type { IncomingInvite, SipCall } from "../../edges/sip/endpoint.ts";
import type { ToneSpan } from "./tone-monitor.ts";
import { endingOf, hangUpAfterMs } from "./script.ts";
import type { PhoneScript } from "./script.ts";
import { MediaSession } from "./media-session.ts";
import type { SoftphoneCall, SoftphoneSetup } from "./media-session.ts";

/** One INVITE at a robot's phone, played by its script. */
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
  #media: MediaSession | null = null;
  #up: SipCall | null = null;

  constructor(setup: SoftphoneSetup, invite: IncomingInvite, number: string, script: PhoneScript) {
    this.#setup = setup;
    this.#invite = invite;
    this.#script = script;
    this.number = number;
    this.callId = callId(invite.request);
    invite.onCancelled(() => this.#ended("cancelled"));
    void this.#play();
  }

  get heard(): readonly ToneSpan[] {
    return this.#media?.voice.heard ?? [];
  }

  get digitsHeard(): string {
    return this.#media?.voice.digitsHeard ?? "";
  }

  get packetsReceived(): number {
    return this.#media?.voice.packetsReceived ?? 0;
  }

  press(keys: string): void {
    this.#media?.voice.press(keys);
  }

  /** Ends the call in whatever state it is. */
  hangUp(): void {
    if (this.#up !== null) this.#up.hangUp();
    else this.#refuse(480);
  }

  async #play(): Promise<void> {
    const { ring_after_ms, early_media_after_ms, tone_hz, codec } = this.#script;
    const ending = endingOf(this.#script);
    this.#media = await MediaSession.open(this.#setup, tone_hz ?? null, codec);
    if (this.state === "ended") return this.#media.voice.close();
    if (ring_after_ms !== undefined) this.#later(ring_after_ms, () => this.#invite.ring());
    if (early_media_after_ms !== undefined) this.#later(early_media_after_ms, () => this.#ringAloud());
    if (ending === null) return;
    this.#later(ending.afterMs, () => (ending.sip === 200 ? this.#answer() : this.#refuse(ending.sip)));
  }

  #ringAloud(): void {
    const sdp = this.#agree();
    if (sdp !== null) this.#invite.ring(183, sdp);
  }

  #answer(): void {
    const sdp = this.#agree();
    if (this.#media === null || sdp === null) return this.#refuse(488);
    this.state = "talking";
    this.status = 200;
    this.#up = this.#invite.answer(sdp);
    this.#up.handlers = this.#media.handlers((end) => this.#ended(end));
    const after = hangUpAfterMs(this.#script);
    if (after !== null) this.#later(after, () => this.#up?.hangUp());
    for (const { after_ms, digits } of this.#script.presses ?? []) this.#later(after_ms, () => this.press(digits));
  }

  /** Our answer to what came with the INVITE; an offer of ours where nothing came. */
  #agree(): string | null {
    const { offer } = this.#invite;
    return (offer === null ? this.#media?.offer() : this.#media?.answer(offer)) ?? null;
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
    this.#media?.voice.close();
  }
}
