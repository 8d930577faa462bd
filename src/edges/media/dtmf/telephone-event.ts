import { samplesToMs } from "../sound/frame.ts";
import { readUint16, writeUint16, type RtpHeader } from "../rtp/rtp.ts";
import { eventToDigit, type DtmfEvent } from "./dtmf.ts";

/**
 * Telephone-event payload (RFC 4733 section 2.3).
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |     event     |E|R| volume    |          duration             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export const TELEPHONE_EVENT_BYTES = 4;
const END_BIT = 0x80;
/** -10 dBm0, what most phones send. */
const VOLUME = 10;
/** Durations count up to this; a longer event goes on in a segment with a later timestamp (section 2.5.1.3). */
const MAX_DURATION = 0xffff;
/** An event whose end packets were all lost is over when nothing has come for this long. */
const LOST_END_AFTER_MS = 200;
/** Events older than the last one by up to this (5 s of timestamps) are stragglers. */
const STRAGGLER_SAMPLES = 40_000;
/**
 * A packet with the same code continues the event when the gap (in timestamp units) to what the event covered so far is at
 * most this: 20 ms, because the shortest pause between two digits is 40 ms (ITU-T Q.24). Within an event, where the
 * marker of a new one is missing, 60 ms: two packets may be lost.
 */
const MAX_GAP = 160;
const MAX_GAP_WITHOUT_MARKER = 480;

export function writeTelephoneEvent(
  packet: Uint8Array,
  at: number,
  event: number,
  end: boolean,
  duration: number,
): void {
  packet[at] = event;
  packet[at + 1] = (end ? END_BIT : 0) | VOLUME;
  writeUint16(packet, at + 2, Math.min(duration, MAX_DURATION));
}

/**
 * Turns event packets into one `digit_started` and one `digit_ended` per event. By the RFC all packets of an event carry
 * the timestamp of its start, and the last is sent three times. In practice some senders move the timestamp with every
 * packet, and split long events into segments of any length: such packets belong to the same event when they follow on
 * from it without a gap.
 */
export class TelephoneEventReceiver {
  readonly #report: (event: DtmfEvent) => void;
  #ssrc: number | null = null;
  /** Timestamp of the last packet; null before the first. */
  #timestamp: number | null = null;
  #duration = 0;
  #code = 0;
  #active = false;
  #startedAt = 0;
  #receivedAt = 0;

  constructor(report: (event: DtmfEvent) => void) {
    this.#report = report;
  }

  /** Whether an event has started and not ended. */
  get active(): boolean {
    return this.#active;
  }

  /** The payload is `packet[header.start..header.end)`; one that is too short is ignored. */
  packet(header: RtpHeader, packet: Uint8Array, nowMs: number): void {
    const { start, end, timestamp } = header;
    if (end - start < TELEPHONE_EVENT_BYTES) return;
    if (header.ssrc !== this.#ssrc) this.#newSender(header.ssrc);
    const code = packet[start] ?? 0;
    const duration = readUint16(packet, start + 2);
    const ended = ((packet[start + 1] ?? 0) & END_BIT) !== 0;
    if (this.#isStraggler(timestamp)) return;
    this.#receivedAt = nowMs;
    const isNew = !this.#belongs(timestamp, code, header.marker);
    if (isNew) this.#end();
    this.#duration = timestamp === this.#timestamp ? Math.max(this.#duration, duration) : duration;
    this.#timestamp = timestamp;
    if (isNew) this.#start(code, nowMs - samplesToMs(duration));
    if (ended) this.#end();
  }

  /** To be called from time to time: stops waiting for the end of an event. */
  tick(nowMs: number): void {
    if (this.#active && nowMs - this.#receivedAt > LOST_END_AFTER_MS) this.#end();
  }

  /** Its timestamps have nothing to do with the earlier sender's. */
  #newSender(ssrc: number): void {
    this.#end();
    this.#ssrc = ssrc;
    this.#timestamp = null;
  }

  #isStraggler(timestamp: number): boolean {
    if (this.#timestamp === null) return false;
    const later = (timestamp - this.#timestamp) | 0;
    return later < 0 && later > -STRAGGLER_SAMPLES;
  }

  /** Does this packet continue the last event (or repeat its end)? */
  #belongs(timestamp: number, code: number, marker: boolean): boolean {
    if (this.#timestamp === null) return false;
    const later = (timestamp - this.#timestamp) | 0;
    if (later === 0) return true;
    if (later < 0 || code !== this.#code) return false;
    const gap = later - this.#duration;
    return gap <= (this.#active && !marker ? MAX_GAP_WITHOUT_MARKER : MAX_GAP);
  }

  #start(code: number, startedAtMs: number): void {
    this.#code = code;
    this.#active = true;
    this.#startedAt = startedAtMs;
    this.#report(this.#event("digit_started"));
  }

  #end(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#report(this.#event("digit_ended"));
  }

  #event(kind: DtmfEvent["kind"]): DtmfEvent {
    return {
      kind,
      code: this.#code,
      digit: eventToDigit(this.#code) ?? null,
      startedAtMs: Math.round(this.#startedAt),
      durationMs: Math.round(this.#receivedAt - this.#startedAt),
      via: "rfc4733",
    };
  }
}
