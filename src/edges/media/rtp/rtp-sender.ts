import type { Random } from "../../../base/random.ts";
import { digitTones } from "../dtmf/dtmf.ts";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { g711, PCMU, PCMU_PAYLOAD_TYPE, type G711 } from "../sound/g711.ts";
import { TELEPHONE_EVENT_BYTES, writeTelephoneEvent } from "../dtmf/telephone-event.ts";
import type { DtmfFrame } from "../dtmf/dtmf-sender.ts";
import type { RemoteMedia } from "../process/protocol.ts";
import { RTP_HEADER_BYTES, writeRtp } from "./rtp.ts";
import { Sine } from "../sound/tone.ts";

/** Level of each of the two tones of an in-band digit: -15 dB of full scale. */
const DTMF_TONE_PEAK = 5800;

/** Holds nothing between two calls. */
const scratch = new Int16Array(FRAME_SAMPLES);

/**
 * The one stream that a leg sends, from its first packet to its last: constant SSRC, sequence +1, timestamp +160 per tick,
 * whatever it contains. Each call writes one packet into `packet` and returns its length.
 */
export class RtpSender {
  readonly packet = new Uint8Array(RTP_HEADER_BYTES + FRAME_SAMPLES);
  readonly ssrc: number;
  packets = 0;
  octets = 0;
  #sequence: number;
  #timestamp: number;
  #eventTimestamp = 0;
  #mark = true;
  #codec: G711 = PCMU;
  #payloadType = PCMU_PAYLOAD_TYPE;
  #eventType: number | null = null;
  #tones: Sine | null = null;

  constructor(random: Random) {
    this.ssrc = randomInteger(random, 2 ** 32);
    this.#sequence = randomInteger(random, 2 ** 16);
    this.#timestamp = randomInteger(random, 2 ** 32);
  }

  get timestamp(): number {
    return this.#timestamp;
  }

  configure(remote: RemoteMedia): void {
    this.#codec = g711(remote.codec);
    this.#payloadType = remote.payloadType;
    this.#eventType = remote.dtmfPayloadType;
  }

  /** The next audio packet begins a new talkspurt (marker bit, RFC 3551 section 4.1). */
  mark(): void {
    this.#mark = true;
  }

  /** 20 ms of audio; null: silence. */
  audio(samples: Int16Array | null): number {
    writeRtp(this.packet, this.#payloadType, this.#mark, this.#sequence, this.#timestamp, this.ssrc);
    this.#mark = false;
    if (samples === null) this.packet.fill(this.#codec.silence, RTP_HEADER_BYTES);
    else this.#encode(samples);
    return this.#sent(FRAME_SAMPLES);
  }

  /** 20 ms of a digit: as an event if the other side accepts them, else as tones. */
  dtmf(dtmf: DtmfFrame): number {
    if (this.#eventType === null) return this.#dtmfTones(dtmf);
    if (dtmf.first) this.#eventTimestamp = this.#timestamp;
    writeRtp(this.packet, this.#eventType, dtmf.first, this.#sequence, this.#eventTimestamp, this.ssrc);
    writeTelephoneEvent(this.packet, RTP_HEADER_BYTES, dtmf.event, dtmf.end, dtmf.duration);
    this.#mark = true;
    return this.#sent(TELEPHONE_EVENT_BYTES);
  }

  /** Ticks in which nothing was sent: the timestamp advances, the sequence doesn't. */
  skip(ticks: number): void {
    this.#timestamp = (this.#timestamp + ticks * FRAME_SAMPLES) >>> 0;
    this.#mark = true;
  }

  #dtmfTones(dtmf: DtmfFrame): number {
    if (dtmf.end) return this.audio(null);
    if (dtmf.first) this.#tones = new Sine(digitTones(dtmf.event), DTMF_TONE_PEAK);
    this.#tones?.fill(scratch);
    return this.audio(scratch);
  }

  #encode(samples: Int16Array): void {
    const table = this.#codec.encode;
    const packet = this.packet;
    for (let i = 0; i < FRAME_SAMPLES; i++) packet[RTP_HEADER_BYTES + i] = table[(samples[i] ?? 0) & 0xffff] ?? 0;
  }

  #sent(payloadBytes: number): number {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
    this.packets++;
    this.octets += payloadBytes;
    return RTP_HEADER_BYTES + payloadBytes;
  }
}

function randomInteger(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}
