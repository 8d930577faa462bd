import type { Codec } from "../../edges/media/process/protocol.ts";
import { SipEndpoint } from "../../edges/sip/endpoint.ts";
import type { OutgoingInvite, SipCall, SipProtocol } from "../../edges/sip/endpoint.ts";
import type { ScriptedDigits } from "./script.ts";
import { MediaSession } from "./media-session.ts";
import type { SoftphoneCall, SoftphoneSetup } from "./media-session.ts";
import { ScriptedCall } from "./scripted-call.ts";

/** One call to make. Times are ms from the INVITE, as in the `caller` of a scenario. */
export interface CallScript {
  /** The number to call, E.164, and the SIP address to call it through. */
  readonly to: string;
  readonly via: { readonly host: string; readonly port: number; readonly protocol?: SipProtocol };
  readonly from: string;
  readonly tone_hz?: number;
  readonly codec?: Codec;
  readonly presses?: readonly ScriptedDigits[];
  readonly hang_up_after_ms?: number;
}

/** A telephone that makes calls by script, and shows what it received. */
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
export class CallerCall extends ScriptedCall {
  readonly callId: string;
  /** Every 18x status received, in order. */
  readonly progress: number[] = [];
  /** Resolves once the call is over, no matter how it ended. */
  readonly over: Promise<void>;
  readonly #invite: OutgoingInvite;
  #resolveOver: () => void = () => undefined;

  constructor(setup: SoftphoneSetup, sip: SipEndpoint, media: MediaSession, script: CallScript) {
    const { to, via, from, presses, hang_up_after_ms } = script;
    super(setup, media, to);
    this.over = new Promise((resolve) => (this.#resolveOver = resolve));
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
    this.sendScripted(presses);
    if (hang_up_after_ms !== undefined) this.later(hang_up_after_ms, () => this.hangUp());
  }

  /** Cancels before the answer, hangs up after it. */
  hangUp(): void {
    if (this.call !== null) return this.call.hangUp();
    if (this.state !== "calling") return;
    this.#invite.cancel();
    this.finish("cancelled");
  }

  protected override finish(end: NonNullable<SoftphoneCall["end"]>): boolean {
    const isFirst = super.finish(end);
    if (isFirst) this.#resolveOver();
    return isFirst;
  }

  #ringing(status: number, sdp: string | null): void {
    this.progress.push(status);
    if (sdp !== null) this.media.accept(sdp);
  }

  #answered(call: SipCall, sdp: string | null): void {
    this.startTalking(call);
    if (sdp === null || !this.media.accept(sdp)) call.hangUp();
  }

  #refused(status: number | null): void {
    this.status = status;
    this.finish("refused");
  }
}
