import { readUint16, writeUint16 } from "../rtp/rtp.ts";

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
/** -10 dBm0, what most phones state. */
const VOLUME = 10;
/** Duration counts to this, then the event goes on in a segment with a later timestamp (section 2.5.1.3). */
const MAX_DURATION = 0xffff;
/** An event whose end packets were all lost is over when nothing came for so long. */
const LOST_END_AFTER_MS = 200;
/** Events older than the last one by up to this (5 s of timestamps) are stragglers. */
const STRAGGLER_SAMPLES = 40_000;

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

export interface TelephoneEventListener {
  /** `duration` in timestamp units, so far. */
  eventStarted(event: number, duration: number): void;
  eventEnded(): void;
}

/**
 * Turns event packets into one `keyDown` and one `keyUp` per press: every packet of a press carries the timestamp of its
 * begin, and the last is sent three times.
 */
export class TelephoneEventReceiver {
  readonly #listener: TelephoneEventListener;
  #timestamp: number | null = null;
  #code = 0;
  #down = false;
  #heardAt = 0;

  constructor(listener: TelephoneEventListener) {
    this.#listener = listener;
  }

  get down(): boolean {
    return this.#down;
  }

  /** Another sender: its timestamps have nothing to do with the earlier ones. */
  reset(): void {
    this.#release();
    this.#timestamp = null;
  }

  packet(timestamp: number, packet: Uint8Array, start: number, end: number, nowMs: number): void {
    if (end - start < TELEPHONE_EVENT_BYTES) return;
    const event = packet[start] ?? 0;
    const duration = readUint16(packet, start + 2);
    this.#heardAt = nowMs;
    if (this.#isNewPress(timestamp, event)) {
      this.#release();
      this.#code = event;
      this.#down = true;
      this.#timestamp = timestamp;
      this.#listener.eventStarted(event, duration);
    }
    if (((packet[start + 1] ?? 0) & END_BIT) !== 0 && timestamp === this.#timestamp) this.#release();
  }

  /** To be called now and then: gives up waiting for the end of an event. */
  tick(nowMs: number): void {
    if (this.#down && nowMs - this.#heardAt > LOST_END_AFTER_MS) this.#release();
  }

  #isNewPress(timestamp: number, event: number): boolean {
    if (this.#timestamp === null) return true;
    const later = (timestamp - this.#timestamp) | 0;
    if (later === 0 || (later < 0 && later > -STRAGGLER_SAMPLES)) return false;
    const nextSegment = later === MAX_DURATION && event === this.#code && this.#down;
    if (nextSegment) this.#timestamp = timestamp;
    return !nextSegment;
  }

  #release(): void {
    if (!this.#down) return;
    this.#down = false;
    this.#listener.eventEnded();
  }
}
