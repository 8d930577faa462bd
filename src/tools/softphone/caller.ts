import type { Timer } from "../../base/clock.ts";
import type { Codec } from "../../edges/media/process/protocol.ts";
import { SipEndpoint } from "../../edges/sip/endpoint.ts";
import type { OutgoingInvite, SipCall, SipProtocol } from "../../edges/sip/endpoint.ts";
import type { ToneSpan } from "./tone-monitor.ts";
import type { ScriptedDigits } from "./script.ts";
import { MediaSession } from "./media-session.ts";
import type { SoftphoneCall, SoftphoneSetup } from "./media-session.ts";

/** One call to make. Times are ms from the INVITE, as in the `caller` of a scenario. */
export interface CallScript {
  /** The number to call, E.164, and the SIP address through which. */
  readonly to: string;
  readonly via: { readonly host: string; readonly port: number; readonly protocol?: SipProtocol };
  readonly from: string;
  readonly tone_hz?: number;
  readonly codec?: Codec;
  readonly presses?: readonly ScriptedDigits[];
  readonly hang_up_after_ms?: number;
}

/** A telephone that calls: makes calls by script, and shows what it received. */
export class SoftphoneCaller {
  readonly calls: CallerCall[] = [];
  readonly #setup: SoftphoneSetup;
  readonly #sip: SipEndpoint;

  constructor(setup: SoftphoneSetup) {
    this.#setup = setup;
    this.#sip = new SipEndpoint({
      listeners: [{ protocol: "udp", host: setup.host, port: 0 }],
      advertised: null,
      clock: setup.clock,
      random: setup.random,
      log: setup.log,
      userAgent: "plugboard-softphone",
      handlers: { onInvite: (invite) => invite.reject(480), admits: () => "accept" },
    });
  }

  start(): Promise<void> {
    return this.#sip.start();
  }

  /** Ends its calls and closes the socket. */
  async stop(): Promise<void> {
    for (const call of this.calls) call.hangUp();
    await this.#sip.stop();
  }

  call(script: CallScript): CallerCall {
    const media = new MediaSession(this.#setup, script.tone_hz ?? null, script.codec);
    const call = new CallerCall(this.#setup, this.#sip, media, script);
    this.calls.push(call);
    return call;
  }
}

/** A call that a softphone makes. */
export class CallerCall implements SoftphoneCall {
  readonly callId: string;
  readonly number: string;
  state: SoftphoneCall["state"] = "calling";
  end: SoftphoneCall["end"] = null;
  status: number | null = null;
  /** Every 18x status that came, in order. */
  readonly progress: number[] = [];
  /** Resolves once the call is over, however it ended. */
  readonly over: Promise<void>;
  readonly #media: MediaSession;
  readonly #invite: OutgoingInvite;
  readonly #timers: Timer[];
  #call: SipCall | null = null;
  #finish: () => void = () => undefined;

  constructor(setup: SoftphoneSetup, sip: SipEndpoint, media: MediaSession, script: CallScript) {
    const { to, via, from, presses = [], hang_up_after_ms } = script;
    this.number = to;
    this.#media = media;
    this.over = new Promise((resolve) => (this.#finish = resolve));
    const uri = `sip:${to}@${via.host}:${via.port}`;
    this.#invite = sip.dial({
      target: { uri, address: via.host, port: via.port, protocol: via.protocol ?? "udp" },
      from: { uri: `sip:${from}@${setup.host}` },
      to: { uri },
      sdp: media.offer(),
      handlers: {
        onProgress: (status, sdp) => this.#ringing(status, sdp),
        onAnswered: (call, sdp) => this.#answered(call, sdp),
        onFailed: (status) => this.#refused(status),
      },
    });
    this.callId = this.#invite.callId;
    this.#timers = presses.map(({ after_ms, digits }) => setup.clock.after(after_ms, () => this.sendDigits(digits)));
    if (hang_up_after_ms !== undefined) this.#timers.push(setup.clock.after(hang_up_after_ms, () => this.hangUp()));
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

  /** Cancels before the answer, hangs up after it. */
  hangUp(): void {
    if (this.#call !== null) return this.#call.hangUp();
    if (this.state !== "calling") return;
    this.#invite.cancel();
    this.#ended("cancelled");
  }

  #ringing(status: number, sdp: string | null): void {
    this.progress.push(status);
    if (sdp !== null) this.#media.accept(sdp);
  }

  #answered(call: SipCall, sdp: string | null): void {
    this.state = "talking";
    this.status = 200;
    this.#call = call;
    call.handlers = this.#media.handlers((end) => this.#ended(end));
    if (sdp === null || !this.#media.accept(sdp)) call.hangUp();
  }

  #refused(status: number | null): void {
    this.status = status;
    this.#ended("refused");
  }

  #ended(end: NonNullable<SoftphoneCall["end"]>): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.end = end;
    for (const timer of this.#timers) timer.cancel();
    this.#media.audio.close();
    this.#finish();
  }
}
