import { FRAME_SAMPLES, samplesToMs } from "../sound/frame.ts";
import { g711, PCMA, PCMA_PAYLOAD_TYPE, PCMU, PCMU_PAYLOAD_TYPE } from "../sound/g711.ts";
import { JitterBuffer } from "./jitter-buffer.ts";
import { eventToDigit } from "../dtmf/dtmf.ts";
import { DtmfDetector } from "../dtmf/dtmf-detector.ts";
import { TelephoneEventReceiver } from "../dtmf/telephone-event.ts";
import type { RemoteMedia } from "../process/protocol.ts";
import { RtpReceiveStats } from "./receive-stats.ts";
import { emptyRtpHeader, parseRtp, type RtpHeader } from "./rtp.ts";
import { RtpLatch } from "./rtp-latch.ts";

/** Comfort noise (RFC 3389): tells that the other side lives, and is not played. */
const COMFORT_NOISE = 13;

export interface RtpReceiverListener {
  /** The first valid packet. */
  started(): void;
  /** Once per press, when it is recognised. */
  digit(digit: string, ms: number, via: "rfc4733" | "inband"): void;
  /** An event to pass on: down until `keyUp`. */
  eventStarted(code: number): void;
  eventEnded(): void;
}

/** One header for all: packets are handled one at a time. */
const header: RtpHeader = emptyRtpHeader();

/** What comes from the other side of one leg: whose it is, in which order, which keys, and the audio of each tick. */
export class RtpReceiver {
  readonly latch = new RtpLatch();
  readonly stats = new RtpReceiveStats();
  /** What `pull` found, for all who listen. */
  readonly frame: Int16Array = new Int16Array(FRAME_SAMPLES);
  refused = 0;
  #listeners = 0;
  #buffer: JitterBuffer | null = null;
  #remote: RemoteMedia | null = null;
  #eventType: number | null = null;
  /** The number of the other side's answer: some send events with that instead of the one we offered. */
  #answeredEventType: number | null = null;
  #detector: DtmfDetector | null = null;
  readonly #events: TelephoneEventReceiver;
  readonly #listener: RtpReceiverListener;

  constructor(listener: RtpReceiverListener) {
    this.#listener = listener;
    this.#events = new TelephoneEventReceiver({
      eventStarted: (code, duration) => this.#keyDown(code, duration),
      eventEnded: () => listener.eventEnded(),
    });
  }

  get concealed(): number {
    return this.#buffer?.concealed ?? 0;
  }

  get discarded(): number {
    return this.#buffer?.discarded ?? 0;
  }

  /** Must its audio be taken every tick? */
  get wanted(): boolean {
    return this.#listeners > 0 || this.#detector !== null;
  }

  /** True when the other side moved: its source is learnt anew. */
  expect(remote: RemoteMedia): boolean {
    this.#remote = remote;
    const event = remote.dtmfReceivePayloadType;
    this.#eventType = event === undefined ? remote.dtmfPayloadType : event;
    this.#answeredEventType = answeredEventType(remote);
    if (this.#eventType !== null) this.#detector = null;
    else this.#detector ??= new DtmfDetector();
    return this.latch.expect(remote.address, remote.port);
  }

  /** Audio is kept only while somebody listens. */
  listen(on: boolean): void {
    this.#listeners += on ? 1 : -1;
    if (this.#listeners === 0) this.#buffer?.reset();
  }

  /** False when the packet is not from whom, or not what, the leg expects. */
  packet(packet: Uint8Array, address: string, port: number, nowMs: number): boolean {
    const remote = this.#remote;
    if (remote === null || !parseRtp(packet, header) || !this.#understands(remote, header.payloadType)) {
      this.refused++;
      return false;
    }
    if (!this.latch.admit(address, port, header.ssrc, header.sequence, nowMs)) {
      this.refused++;
      return false;
    }
    const first = this.stats.received === 0;
    if (this.stats.packet(header, nowMs)) this.#newStream();
    if (first) this.#listener.started();
    this.#payload(remote, packet, nowMs);
    return true;
  }

  /** Fills `frame` for this tick; false when it is silence. Call once per tick while `wanted`. */
  pull(nowMs: number): boolean {
    this.#events.tick(nowMs);
    const heard = this.#buffer?.take(this.frame) ?? false;
    // Digits must not be heard by the bridged leg or in the recording a second time (RFC 4733 section 2.5.1.1).
    const audible = heard && !this.#events.down;
    if (!audible) this.frame.fill(0);
    if (this.#detector !== null && this.#buffer !== null) this.#detect(this.#detector);
    return audible;
  }

  #understands(remote: RemoteMedia, payloadType: number): boolean {
    return (
      payloadType === PCMU_PAYLOAD_TYPE ||
      payloadType === PCMA_PAYLOAD_TYPE ||
      this.#isEvent(payloadType) ||
      payloadType === remote.payloadType ||
      payloadType === COMFORT_NOISE
    );
  }

  #isEvent(payloadType: number): boolean {
    return this.#eventType !== null && (payloadType === this.#eventType || payloadType === this.#answeredEventType);
  }

  #newStream(): void {
    this.#buffer?.reset();
    this.#events.reset();
  }

  #payload(remote: RemoteMedia, packet: Uint8Array, nowMs: number): void {
    const type = header.payloadType;
    if (this.#isEvent(type)) {
      this.#events.packet(header.timestamp, packet, header.start, header.end, nowMs);
      return;
    }
    const receives = remote.direction === "sendrecv" || remote.direction === "recvonly";
    if (type === COMFORT_NOISE || !receives || !this.wanted) return;
    this.#buffer ??= new JitterBuffer();
    this.#buffer.put(header.timestamp, packet, header.start, header.end, this.#decoder(remote, type));
  }

  #decoder(remote: RemoteMedia, type: number): Int16Array {
    if (type === PCMU_PAYLOAD_TYPE) return PCMU.decode;
    if (type === PCMA_PAYLOAD_TYPE) return PCMA.decode;
    return g711(remote.codec).decode;
  }

  #keyDown(code: number, duration: number): void {
    this.#listener.eventStarted(code);
    const digit = eventToDigit(code);
    if (digit !== undefined) this.#listener.digit(digit, samplesToMs(duration), "rfc4733");
  }

  #detect(detector: DtmfDetector): void {
    const digit = detector.frame(this.frame);
    if (digit !== null) this.#listener.digit(digit, DtmfDetector.heardMs, "inband");
  }
}

/** Null where that number means audio. */
function answeredEventType(remote: RemoteMedia): number | null {
  const type = remote.dtmfPayloadType;
  const audio = [PCMU_PAYLOAD_TYPE, PCMA_PAYLOAD_TYPE, COMFORT_NOISE, remote.payloadType];
  return type === null || audio.includes(type) ? null : type;
}
