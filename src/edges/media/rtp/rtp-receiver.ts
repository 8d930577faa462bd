import { FRAME_SAMPLES } from "../sound/frame.ts";
import { g711, PCMA, PCMA_PAYLOAD_TYPE, PCMU, PCMU_PAYLOAD_TYPE } from "../sound/g711.ts";
import { JitterBuffer } from "./jitter-buffer.ts";
import { digitToEvent, type DtmfEvent } from "../dtmf/dtmf.ts";
import { DtmfDetector } from "../dtmf/dtmf-detector.ts";
import { TelephoneEventReceiver } from "../dtmf/telephone-event.ts";
import type { RemoteMedia } from "../process/protocol.ts";
import { RtpReceiveStats } from "./receive-stats.ts";
import { emptyRtpHeader, parseRtp, type RtpHeader } from "./rtp.ts";
import { RtpLatch, type SourceEvent } from "./rtp-latch.ts";
import { StreamSelector } from "./stream-selector.ts";

/** Comfort noise (RFC 3389): a sign that the other side is alive; it is not played. */
const COMFORT_NOISE = 13;

/** What happens on the receiving side of a leg. `first_rtp`: the first valid packet has come, which may be early media. */
export type ReceiverEvent = { readonly kind: "first_rtp" } | SourceEvent | DtmfEvent;

/** One header for all: packets are handled one at a time. */
const header: RtpHeader = emptyRtpHeader();

/** The receiving side of one leg: accepts packets of its source, orders them, finds digits, and yields each tick's audio. */
export class RtpReceiver {
  readonly latch: RtpLatch;
  readonly stats = new RtpReceiveStats();
  /** What `pull` found, for every leg and recording that takes it. */
  readonly frame: Int16Array = new Int16Array(FRAME_SAMPLES);
  /** Packets that are not RTP for us, or from a source that is not the leg's. */
  refused = 0;
  /** Packets of an older stream while a newer one comes from the same source. */
  superseded = 0;
  #consumers = 0;
  #started = false;
  /** When the last packet of the stream that is played came. */
  #mediaAt = 0;
  #buffer: JitterBuffer | null = null;
  #remote: RemoteMedia | null = null;
  #eventType: number | null = null;
  /** The number of the other side's answer: some phones send events with that instead of the one we offered. */
  #answeredEventType: number | null = null;
  #detector: DtmfDetector | null = null;
  readonly #streams = new StreamSelector();
  readonly #events: TelephoneEventReceiver;
  readonly #report: (event: ReceiverEvent) => void;

  constructor(report: (event: ReceiverEvent) => void) {
    this.#report = report;
    this.#events = new TelephoneEventReceiver(report);
    this.latch = new RtpLatch((event) => this.#sourceChanged(event));
  }

  get concealed(): number {
    return this.#buffer?.concealed ?? 0;
  }

  /** Audio packets that were not played: too late, duplicated, or of a superseded stream. */
  get discarded(): number {
    return (this.#buffer?.discarded ?? 0) + this.superseded;
  }

  /** Must its audio be pulled every tick? */
  get wanted(): boolean {
    return this.#consumers > 0 || this.#detector !== null;
  }

  /** True if the other side named another address: its source is then learnt again. */
  expect(remote: RemoteMedia): boolean {
    this.#remote = remote;
    const event = remote.dtmfReceivePayloadType;
    this.#eventType = event === undefined ? remote.dtmfPayloadType : event;
    this.#answeredEventType = answeredEventType(remote);
    if (this.#eventType !== null) this.#detector = null;
    else this.#detector ??= new DtmfDetector();
    return this.latch.expect(remote);
  }

  /** Adds (on) or removes a consumer of this leg's audio, which is buffered only while there is one. */
  consume(on: boolean): void {
    this.#consumers += on ? 1 : -1;
    if (this.#consumers === 0) this.#buffer?.reset();
  }

  /** False if the packet is not from the source, or not of the kind, that the leg expects. */
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
    if (!this.#started) this.#start();
    if (this.#isEvent(header.payloadType)) this.#eventPacket(packet, nowMs);
    else this.#mediaPacket(remote, packet, nowMs);
    return true;
  }

  /** Fills `frame` for this tick; false when it is silence. Call once per tick while `wanted`. */
  pull(nowMs: number): boolean {
    this.#events.tick(nowMs);
    const filled = this.#buffer?.take(this.frame) ?? false;
    // A digit must not reach the bridged leg or the recording a second time, as audio (RFC 4733 section 2.5.1.1).
    const audible = filled && !this.#events.active;
    if (!audible) this.frame.fill(0);
    if (this.#detector !== null && this.#buffer !== null) this.#detect(this.#detector, nowMs);
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

  #start(): void {
    this.#started = true;
    this.#report({ kind: "first_rtp" });
  }

  #sourceChanged(event: SourceEvent): void {
    if (event.kind !== "source_refused") this.#streams.reset();
    this.#report(event);
  }

  /** Some gateways send events with a separate SSRC: these neither replace the audio's stream nor count in it. */
  #eventPacket(packet: Uint8Array, nowMs: number): void {
    if (this.stats.ssrc === null || header.ssrc === this.stats.ssrc) this.stats.packet(header, nowMs);
    this.#events.packet(header, packet, nowMs);
  }

  #mediaPacket(remote: RemoteMedia, packet: Uint8Array, nowMs: number): void {
    if (header.ssrc !== this.stats.ssrc && this.#isSuperseded(header.ssrc, nowMs)) {
      this.superseded++;
      return;
    }
    this.#mediaAt = nowMs;
    // A stream that starts or restarts has its own timestamps.
    if (this.stats.packet(header, nowMs)) this.#buffer?.reset();
    const type = header.payloadType;
    const receives = remote.direction === "sendrecv" || remote.direction === "recvonly";
    if (type === COMFORT_NOISE || !receives || !this.wanted) return;
    this.#buffer ??= new JitterBuffer();
    this.#buffer.put(header.timestamp, packet, header.start, header.end, this.#decoder(remote, type));
  }

  #isSuperseded(ssrc: number, nowMs: number): boolean {
    const current = this.stats.ssrc;
    return current !== null && !this.#streams.supersedes(ssrc, current, nowMs - this.#mediaAt);
  }

  #decoder(remote: RemoteMedia, type: number): Int16Array {
    if (type === PCMU_PAYLOAD_TYPE) return PCMU.decode;
    if (type === PCMA_PAYLOAD_TYPE) return PCMA.decode;
    return g711(remote.codec).decode;
  }

  #detect(detector: DtmfDetector, nowMs: number): void {
    const digit = detector.frame(this.frame);
    if (digit === null) return;
    const durationMs = DtmfDetector.CONFIRM_MS;
    const startedAtMs = Math.round(nowMs - durationMs);
    this.#report({ kind: "digit_started", code: digitToEvent(digit), digit, startedAtMs, durationMs, via: "inband" });
  }
}

/** Null where that number means audio. */
function answeredEventType(remote: RemoteMedia): number | null {
  const type = remote.dtmfPayloadType;
  const audio = [PCMU_PAYLOAD_TYPE, PCMA_PAYLOAD_TYPE, COMFORT_NOISE, remote.payloadType];
  return type === null || audio.includes(type) ? null : type;
}
