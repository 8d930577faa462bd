import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Codec } from "../../edges/media/process/protocol.ts";
import { answerOffer, createOffer, readAnswer } from "../../edges/sdp/negotiate.ts";
import type { LocalMedia } from "../../edges/sdp/negotiate.ts";
import { parseSdp } from "../../edges/sdp/parse.ts";
import type { CallEnd, CallHandlers } from "../../edges/sip/endpoint.ts";
import type { ToneSpan } from "./tone-monitor.ts";
import { RtpAudio } from "./rtp-audio.ts";

/** What every softphone needs. `host` is the address it runs on. */
export interface SoftphoneSetup {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  /** Counts received packets without analysing their audio: for load. */
  readonly ignoreAudio?: boolean;
}

/** One call as a softphone saw it. Every member is up to date at any time. */
export interface SoftphoneCall {
  readonly callId: string;
  /** The number as dialled: the user part of the Request-URI. */
  readonly number: string;
  readonly state: "calling" | "talking" | "ended";
  /**
   * Null while the call lasts. `cancelled`: before an answer · `refused`: by a final status · otherwise how the
   * answered call ended.
   */
  readonly end: CallEnd | "cancelled" | "refused" | null;
  /** The final SIP status; null if there is none yet, or there never was one. */
  readonly status: number | null;
  /** Tones received so far. */
  readonly tones: readonly ToneSpan[];
  /** Digits received as telephone-events, in order. */
  readonly digits: string;
  readonly packetsReceived: number;
}

const BOTH: readonly Codec[] = ["PCMU", "PCMA"];

/** A softphone's half of one conversation: its session description and its audio. */
export class MediaSession {
  readonly audio: RtpAudio;
  readonly #address: string;
  readonly #sessionId: string;
  readonly #codecs: readonly Codec[];
  #offer: string | null = null;
  #sent: string | null = null;

  /** Takes a free RTP port; throws if there is none. `codec` undefined: both, PCMU first. */
  constructor(setup: SoftphoneSetup, toneHz: number | null, codec: Codec | undefined) {
    const { clock, random, host, ignoreAudio = false } = setup;
    this.audio = new RtpAudio({ clock, random, host, toneHz, ignoreAudio });
    this.#address = host;
    this.#sessionId = String(Number.parseInt(random.hex(4), 16));
    this.#codecs = codec === undefined ? BOTH : [codec];
  }

  /** Our offer; pass its answer to `accept`. */
  offer(): string {
    this.#offer = createOffer(this.#local());
    this.#sent = this.#offer;
    return this.#offer;
  }

  /** Their answer to our offer: media goes to them from now on. False if the answer can't be used. */
  accept(sdp: string): boolean {
    const answer = parseSdp(sdp);
    const offer = parseSdp(this.#offer ?? "");
    if (!answer.ok || !offer.ok) return false;
    const remote = readAnswer(answer.value, offer.value);
    if (remote.ok) this.audio.sendTo(remote.value);
    return remote.ok;
  }

  /** Our answer to their offer, or null if there is no common codec; media goes to them from now on. */
  answer(sdp: string): string | null {
    const offer = parseSdp(sdp);
    if (!offer.ok) return null;
    const answered = answerOffer(offer.value, this.#local());
    if (!answered.ok) return null;
    this.#sent = answered.value.sdp;
    this.audio.sendTo(answered.value.remote);
    return answered.value.sdp;
  }

  /** The handlers of an answered call: agree to new offers, and report its end. */
  handlers(onEnded: (end: CallEnd) => void): CallHandlers {
    return {
      onEnded,
      onOffer: (sdp) => (sdp === null ? this.offer() : (this.answer(sdp) ?? { status: 488 })),
      onAnswer: (sdp) => void this.accept(sdp),
      onInfo: () => undefined,
    };
  }

  #local(): LocalMedia {
    return {
      address: this.#address,
      port: this.audio.port,
      codecs: this.#codecs,
      sessionId: this.#sessionId,
      version: 1,
      previous: this.#sent,
    };
  }
}
