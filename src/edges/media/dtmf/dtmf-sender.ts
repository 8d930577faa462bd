import { FRAME_MS, FRAME_SAMPLES } from "../sound/frame.ts";
import { digitToEvent } from "./dtmf.ts";

/** A key we press ourselves: Q.24 asks receivers for 40 ms; gateways that relay want more. */
const PRESS_TICKS = 100 / FRAME_MS;
const GAP_TICKS = 100 / FRAME_MS;
/** A relayed key is pressed at least so long, however short the original. */
const RELAY_MIN_TICKS = 60 / FRAME_MS;
/** A relayed key nobody releases (its leg is gone) ends by itself: below the 8 s that one event can last. */
const RELAY_MAX_TICKS = 5000 / FRAME_MS;
/** The last packet of an event goes out three times (RFC 4733 section 2.5.1.4). */
const END_PACKETS = 3;
/** Longer strings than anybody dials after the answer. */
const MAX_QUEUE = 128;

/** What a leg sends in this tick instead of audio. */
export interface DtmfFrame {
  event: number;
  /** Samples since the begin of the press, this frame included. */
  duration: number;
  first: boolean;
  end: boolean;
}

interface Press {
  readonly event: number;
  /** null: until released (a relayed key). */
  ticks: number | null;
}

/** The keys one leg has to send, one after the other, in steps of a frame. */
export class DtmfSender {
  readonly #queue: Press[] = [];
  readonly #frame: DtmfFrame = { event: 0, duration: 0, first: false, end: false };
  #pressed: Press | null = null;
  #elapsed = 0;
  #duration = 0;
  #endsLeft = 0;
  #gap = 0;

  get idle(): boolean {
    return this.#pressed === null && this.#queue.length === 0;
  }

  /** Characters that are no keys are passed over. */
  enqueue(digits: string): void {
    for (const digit of digits) {
      const event = digitToEvent(digit);
      if (event >= 0 && this.#queue.length < MAX_QUEUE) this.#queue.push({ event, ticks: PRESS_TICKS });
    }
  }

  /** A key of another leg goes down: pressed until `release`. */
  press(event: number): void {
    this.release();
    if (this.#queue.length < MAX_QUEUE) this.#queue.push({ event, ticks: null });
  }

  release(): void {
    for (const press of [...this.#queue, this.#pressed])
      if (press !== null && press.ticks === null)
        press.ticks = Math.max(RELAY_MIN_TICKS, press === this.#pressed ? this.#elapsed : 0);
  }

  /** The key to send in this tick; null for audio. The object is used again by the next call. */
  next(): DtmfFrame | null {
    if (this.#pressed === null) {
      if (this.#gap > 0) this.#gap--;
      else this.#begin();
    }
    const press = this.#pressed;
    if (press === null) return null;
    const frame = this.#frame;
    frame.first = this.#elapsed === 0;
    frame.event = press.event;
    const limit = press.ticks ?? RELAY_MAX_TICKS;
    if (this.#elapsed < limit) this.#duration += FRAME_SAMPLES;
    frame.end = this.#elapsed >= limit;
    frame.duration = this.#duration;
    this.#elapsed++;
    if (frame.end && --this.#endsLeft === 0) this.#finish();
    return frame;
  }

  #begin(): void {
    this.#pressed = this.#queue.shift() ?? null;
    this.#elapsed = 0;
    this.#duration = 0;
    this.#endsLeft = END_PACKETS;
  }

  #finish(): void {
    this.#pressed = null;
    this.#gap = GAP_TICKS;
  }
}
