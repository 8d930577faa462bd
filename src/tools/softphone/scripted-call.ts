import type { Timer } from "../../base/clock.ts";
import type { SipCall } from "../../edges/sip/endpoint.ts";
import type { ScriptedDigits } from "./script.ts";
import type { MediaSession, SoftphoneCall, SoftphoneSetup } from "./media-session.ts";
import type { ToneSpan } from "./tone-monitor.ts";

/** A call that follows a script, whichever side began it: its state, its audio and its timers. */
export abstract class ScriptedCall implements SoftphoneCall {
  abstract readonly callId: string;
  readonly number: string;
  state: SoftphoneCall["state"] = "calling";
  end: SoftphoneCall["end"] = null;
  status: number | null = null;
  protected readonly media: MediaSession;
  /** Null before the answer. */
  protected call: SipCall | null = null;
  readonly #setup: SoftphoneSetup;
  readonly #timers: Timer[] = [];

  constructor(setup: SoftphoneSetup, media: MediaSession, number: string) {
    this.#setup = setup;
    this.media = media;
    this.number = number;
  }

  get tones(): readonly ToneSpan[] {
    return this.media.audio.tones;
  }

  get digits(): string {
    return this.media.audio.digits;
  }

  get packetsReceived(): number {
    return this.media.audio.packetsReceived;
  }

  sendDigits(digits: string): void {
    this.media.audio.sendDigits(digits);
  }

  protected startTalking(call: SipCall): void {
    this.state = "talking";
    this.status = 200;
    this.call = call;
    call.handlers = this.media.handlers((end) => this.finish(end));
  }

  protected sendScripted(presses: readonly ScriptedDigits[] = []): void {
    for (const { after_ms, digits } of presses) this.later(after_ms, () => this.sendDigits(digits));
  }

  protected later(ms: number, run: () => void): void {
    this.#timers.push(this.#setup.clock.after(ms, run));
  }

  /** False if the call was already over. */
  protected finish(end: NonNullable<SoftphoneCall["end"]>): boolean {
    if (this.state === "ended") return false;
    this.state = "ended";
    this.end = end;
    for (const timer of this.#timers) timer.cancel();
    this.media.audio.close();
    return true;
  }
}
