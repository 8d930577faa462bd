import { FRAME_MS, FRAME_SAMPLES } from "../sound/frame.ts";
import { digitToEvent } from "./dtmf.ts";

/** A digit of our own: Q.24 asks receivers to accept 40 ms; gateways that relay need more. */
const DIGIT_TICKS = 100 / FRAME_MS;
const GAP_TICKS = 100 / FRAME_MS;
/** A relayed digit lasts at least this long, no matter how short the original was. */
const RELAY_MIN_TICKS = 60 / FRAME_MS;
/** A relayed digit that nothing ends (its leg was closed) ends by itself: below the 8 s that one event can last. */
const RELAY_MAX_TICKS = 5000 / FRAME_MS;
/** The last packet of an event is sent three times (RFC 4733 section 2.5.1.4). */
const END_PACKETS = 3;
/** Longer than anything people dial after the answer; keeps a runaway controller from filling the memory. */
const MAX_QUEUE = 128;

/** What a leg sends in this tick instead of audio. */
export interface DtmfFrame {
  event: number;
  /** Samples since the digit started, including this frame. */
  duration: number;
  first: boolean;
  end: boolean;
}

interface QueuedDigit {
  readonly event: number;
  /** null: until `endDigit` (a relayed digit). */
  ticks: number | null;
}

/** The digits one leg has to send, one after the other, in steps of a frame. */
export class DtmfSender {
  readonly #queue: QueuedDigit[] = [];
  readonly #frame: DtmfFrame = { event: 0, duration: 0, first: false, end: false };
  #current: QueuedDigit | null = null;
  #elapsed = 0;
  #duration = 0;
  #endsLeft = 0;
  #gap = 0;

  get idle(): boolean {
    return this.#current === null && this.#queue.length === 0;
  }

  /** Characters that are not digits are skipped. */
  enqueue(digits: string): void {
    for (const digit of digits) {
      const event = digitToEvent(digit);
      if (event >= 0 && this.#queue.length < MAX_QUEUE) this.#queue.push({ event, ticks: DIGIT_TICKS });
    }
  }

  /** A digit of another leg starts: sent until `endDigit`. */
  startDigit(event: number): void {
    this.endDigit();
    if (this.#queue.length < MAX_QUEUE) this.#queue.push({ event, ticks: null });
  }

  endDigit(): void {
    for (const digit of [...this.#queue, this.#current])
      if (digit !== null && digit.ticks === null)
        digit.ticks = Math.max(RELAY_MIN_TICKS, digit === this.#current ? this.#elapsed : 0);
  }

  /** The digit to send in this tick; null for audio. The next call reuses the object. */
  next(): DtmfFrame | null {
    if (this.#current === null) {
      if (this.#gap > 0) this.#gap--;
      else this.#begin();
    }
    const digit = this.#current;
    if (digit === null) return null;
    const frame = this.#frame;
    frame.first = this.#elapsed === 0;
    frame.event = digit.event;
    const limit = digit.ticks ?? RELAY_MAX_TICKS;
    if (this.#elapsed < limit) this.#duration += FRAME_SAMPLES;
    frame.end = this.#elapsed >= limit;
    frame.duration = this.#duration;
    this.#elapsed++;
    if (frame.end && --this.#endsLeft === 0) this.#finish();
    return frame;
  }

  #begin(): void {
    this.#current = this.#queue.shift() ?? null;
    this.#elapsed = 0;
    this.#duration = 0;
    this.#endsLeft = END_PACKETS;
  }

  #finish(): void {
    this.#current = null;
    this.#gap = GAP_TICKS;
  }
}
