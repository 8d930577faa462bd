import type { Clock } from "../../../base/clock.ts";
import { seededRandom, type Random } from "../../../base/random.ts";
import { FRAME_MS, FRAME_SAMPLES } from "../sound/frame.ts";
import { PCMA, PCMA_PAYLOAD_TYPE, PCMU, PCMU_PAYLOAD_TYPE } from "../sound/g711.ts";
import { TelephoneEventReceiver } from "../dtmf/telephone-event.ts";
import { DtmfSender } from "../dtmf/dtmf-sender.ts";
import { RtpSender } from "../rtp/rtp-sender.ts";
import { monotonicClock, Ticker } from "../process/ticker.ts";
import type { Codec } from "../process/protocol.ts";
import { emptyRtpHeader, parseRtp, type RtpHeader } from "../rtp/rtp.ts";
import { DgramLayer, type SocketLayer, type UdpSocket } from "../rtp/sockets.ts";
import { Sine } from "../sound/tone.ts";

export interface RtpPhoneOptions {
  /** Default PCMU. */
  readonly codec?: Codec;
  /** Local address; default 127.0.0.1. */
  readonly address?: string;
  /** Local port; default any. */
  readonly port?: number;
  /** RFC 4733 in both directions; default 101, null: no events (digits are sent as tones). */
  readonly eventPayloadType?: number | null;
  readonly clock?: Clock;
  readonly sockets?: SocketLayer;
  readonly random?: Random;
}

/** What a packet capture of the received stream would show. */
export interface PhoneReport {
  readonly packets: number;
  /** Different SSRCs seen: 1 in a healthy call. */
  readonly ssrcs: number;
  /** Steps of the sequence other than +1. */
  readonly sequenceJumps: number;
  /** Steps of the timestamp that do not fit the step of the sequence (160 each; telephone-events keep theirs). */
  readonly timestampJumps: number;
  readonly markers: number;
  readonly maxGapMs: number;
  readonly payloadTypes: readonly number[];
}

/** Longest audio that is kept (5 minutes); later packets are only counted. */
const MAX_FRAMES = 15_000;

/**
 * A phone's media: sends a tone (or silence) every 20 ms on an absolute schedule, sends digits, and keeps what it
 * receives. For tests and load; with `clock` and `sockets` given it runs in virtual time.
 */
export class RtpPhone {
  readonly codec: Codec;
  readonly eventPayloadType: number | null;
  readonly #clock: Clock;
  readonly #socket: UdpSocket;
  readonly #sender: RtpSender;
  readonly #dtmf = new DtmfSender();
  readonly #telephoneEvents: TelephoneEventReceiver;
  readonly #ticker: Ticker;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #header: RtpHeader = emptyRtpHeader();
  readonly #ssrcs = new Set<number>();
  readonly #payloadTypes = new Set<number>();
  #frames: Int16Array[] = [];
  #tone: Sine | null = null;
  #target: { address: string; port: number } | null = null;
  #digits = "";
  #packets = 0;
  #markers = 0;
  #sequenceJumps = 0;
  #timestampJumps = 0;
  #lastSequence = 0;
  #lastTimestamp = 0;
  #lastAt = 0;
  #maxGapMs = 0;

  /** Throws when the port can't be opened. */
  static open(options: RtpPhoneOptions = {}): RtpPhone {
    return new RtpPhone(options);
  }

  private constructor(options: RtpPhoneOptions) {
    this.codec = options.codec ?? "PCMU";
    this.eventPayloadType = options.eventPayloadType === undefined ? 101 : options.eventPayloadType;
    this.#clock = options.clock ?? monotonicClock;
    const sockets = options.sockets ?? new DgramLayer(options.address ?? "127.0.0.1");
    const socket = sockets.open(options.port ?? 0, (packet) => this.#receive(packet));
    if (typeof socket === "string") throw new Error(`phone's port ${options.port}: ${socket}`);
    this.#socket = socket;
    this.#sender = new RtpSender(options.random ?? seededRandom(socket.port));
    this.#telephoneEvents = new TelephoneEventReceiver(({ kind, digit }) => {
      if (kind === "digit_started") this.#digits += digit ?? "";
    });
    this.#ticker = new Ticker(this.#clock, FRAME_MS, () => this.#tick());
  }

  /** Where it listens. */
  get port(): number {
    return this.#socket.port;
  }

  get payloadType(): number {
    return this.codec === "PCMU" ? PCMU_PAYLOAD_TYPE : PCMA_PAYLOAD_TYPE;
  }

  /** Digits received as telephone-events, in order. */
  get digits(): string {
    return this.#digits;
  }

  /** Sends there from now on: silence until a tone is set. */
  sendTo(address: string, port: number): void {
    this.#target = { address, port };
    this.#sender.configure({
      ...this.#target,
      rtcpPort: null,
      codec: this.codec,
      payloadType: this.payloadType,
      dtmfPayloadType: this.eventPayloadType,
      direction: "sendrecv",
    });
    this.#ticker.start();
  }

  /** null: silence. */
  tone(hz: number | null): void {
    this.#tone = hz === null ? null : new Sine([hz]);
  }

  sendDigits(digits: string): void {
    this.#dtmf.enqueue(digits);
  }

  /** Sends nothing until the next `sendTo`. */
  pause(): void {
    this.#ticker.stop();
  }

  /** Sends these bytes from the phone's port, as they are. */
  sendRaw(packet: Uint8Array, address: string, port: number): void {
    this.#socket.send(packet, packet.length, port, address);
  }

  /** All PCM received since the last `clear`, packets in the order of arrival. */
  received(): Int16Array {
    const out = new Int16Array(this.#frames.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#frames) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  /** Forgets the audio received so far; counts and continuity continue. */
  clear(): void {
    this.#frames = [];
  }

  report(): PhoneReport {
    return {
      packets: this.#packets,
      ssrcs: this.#ssrcs.size,
      sequenceJumps: this.#sequenceJumps,
      timestampJumps: this.#timestampJumps,
      markers: this.#markers,
      maxGapMs: this.#maxGapMs,
      payloadTypes: [...this.#payloadTypes].sort((a, b) => a - b),
    };
  }

  close(): void {
    this.#ticker.stop();
    this.#socket.close();
  }

  #tick(): void {
    if (this.#target === null) return;
    const digit = this.#dtmf.next();
    this.#tone?.fill(this.#frame);
    const audio = this.#tone === null ? null : this.#frame;
    const length = digit === null ? this.#sender.audio(audio) : this.#sender.dtmf(digit);
    this.#socket.send(this.#sender.packet, length, this.#target.port, this.#target.address);
  }

  #receive(packet: Uint8Array): void {
    const header = this.#header;
    if (!parseRtp(packet, header)) return;
    const event = header.payloadType === this.eventPayloadType;
    this.#checkContinuity(header, event);
    if (event) this.#telephoneEvents.packet(header, packet, this.#clock.now());
    else if (this.#frames.length < MAX_FRAMES) this.#frames.push(decode(packet, header));
  }

  #checkContinuity(header: RtpHeader, event: boolean): void {
    const now = this.#clock.now();
    this.#ssrcs.add(header.ssrc);
    this.#payloadTypes.add(header.payloadType);
    if (header.marker) this.#markers++;
    if (this.#packets++ > 0) {
      const step = (header.sequence - this.#lastSequence) & 0xffff;
      if (step !== 1) this.#sequenceJumps++;
      const expected = (this.#lastTimestamp + step * FRAME_SAMPLES) >>> 0;
      if (!event && header.timestamp !== expected) this.#timestampJumps++;
      this.#maxGapMs = Math.max(this.#maxGapMs, now - this.#lastAt);
      // Events keep the timestamp of their start, while time goes on.
      this.#lastTimestamp = expected;
    } else this.#lastTimestamp = header.timestamp;
    if (!event) this.#lastTimestamp = header.timestamp;
    this.#lastSequence = header.sequence;
    this.#lastAt = now;
  }
}

function decode(packet: Uint8Array, header: RtpHeader): Int16Array {
  const table = header.payloadType === PCMA_PAYLOAD_TYPE ? PCMA.decode : PCMU.decode;
  return Int16Array.from(packet.subarray(header.start, header.end), (code) => table[code] ?? 0);
}
