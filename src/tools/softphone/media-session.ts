import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Codec } from "../../edges/media/process/protocol.ts";
import { answerOffer, createOffer, readAnswer } from "../../edges/sdp/negotiate.ts";
import type { LocalMedia, NegotiatedMedia } from "../../edges/sdp/negotiate.ts";
import { parseSdp } from "../../edges/sdp/parse.ts";
import type { CallEnd, CallHandlers } from "../../edges/sip/endpoint.ts";
import type { ToneSpan } from "./tone-monitor.ts";
import { RtpAudio } from "./rtp-audio.ts";

/** What every robot stands on. `host` is the address it lives at. */
export interface SoftphoneSetup {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  /** Receives sound without listening to it: for load. */
  readonly ignoreAudio?: boolean;
}

/** One call as a robot lived it. Everything is up to date at any time. */
export interface SoftphoneCall {
  readonly callId: string;
  /** As dialled: the user part of the Request-URI. */
  readonly number: string;
  readonly state: "calling" | "talking" | "ended";
  /**
   * Null while it goes on. `cancelled`: given up before an answer · `refused`: ended by a final status · else how the
   * call that was up ended.
   */
  readonly end: CallEnd | "cancelled" | "refused" | null;
  /** The final SIP status; null: none yet, or none ever came. */
  readonly status: number | null;
  readonly heard: readonly ToneSpan[];
  readonly digitsHeard: string;
  readonly packetsReceived: number;
}

const BOTH: readonly Codec[] = ["PCMU", "PCMA"];

/** A robot's half of one conversation: the session description it stands by, and its voice. */
export class MediaSession {
  readonly voice: RtpAudio;
  readonly #address: string;
  readonly #sessionId: string;
  readonly #codecs: readonly Codec[];
  #offer: string | null = null;
  #answer: string | null = null;

  private constructor(voice: RtpAudio, setup: SoftphoneSetup, codec: Codec | undefined) {
    this.voice = voice;
    this.#address = setup.host;
    this.#sessionId = String(Number.parseInt(setup.random.hex(4), 16));
    this.#codecs = codec === undefined ? BOTH : [codec];
  }

  static async open(setup: SoftphoneSetup, toneHz: number | null, codec: Codec | undefined): Promise<MediaSession> {
    const { clock, random, host, ignoreAudio = false } = setup;
    return new MediaSession(await RtpAudio.open({ clock, random, host, toneHz, ignoreAudio }), setup, codec);
  }

  /** Our offer; its answer belongs to `accept`. */
  offer(): string {
    this.#offer = createOffer(this.#ours());
    this.#answer = this.#offer;
    return this.#offer;
  }

  /** Their answer to our offer: speaks to them from now on. False when it cannot be used. */
  accept(sdp: string): boolean {
    const answer = parseSdp(sdp);
    const offer = parseSdp(this.#offer ?? "");
    if (!answer.ok || !offer.ok) return false;
    const remote = readAnswer(answer.value, offer.value);
    if (remote.ok) this.#speakTo(remote.value);
    return remote.ok;
  }

  /** Our answer to their offer, or null when we have no codec in common; speaks to them from now on. */
  answer(sdp: string): string | null {
    const offer = parseSdp(sdp);
    if (!offer.ok) return null;
    const answered = answerOffer(offer.value, this.#ours());
    if (!answered.ok) return null;
    this.#answer = answered.value.sdp;
    this.#speakTo(answered.value.remote);
    return answered.value.sdp;
  }

  /** What a call that is up does by itself: agrees to new offers, and reports its end. */
  handlers(onEnded: (end: CallEnd) => void): CallHandlers {
    return {
      onEnded,
      onOffer: (sdp) => (sdp === null ? this.offer() : (this.answer(sdp) ?? { status: 488 })),
      onAnswer: (sdp) => void this.accept(sdp),
      onInfo: () => undefined,
    };
  }

  #speakTo({ address, port, codec, payloadType, dtmfPayloadType }: NegotiatedMedia): void {
    this.voice.speakTo({ address, port, codec, payloadType, dtmfPayloadType });
  }

  #ours(): LocalMedia {
    return {
      address: this.#address,
      port: this.voice.port,
      codecs: this.#codecs,
      sessionId: this.#sessionId,
      version: 1,
      previous: this.#answer,
    };
  }
}
