import { SAMPLE_RATE } from "../sound/frame.ts";
import type { RtpHeader } from "./rtp.ts";

/** A jump of the sequence number beyond this is a restarted sender, not a loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000;

/** Statistics of a received stream by RFC 3550: appendix A.1 (sequence), A.3 (loss), A.8 (jitter). */
export class RtpReceiveStats {
  ssrc: number | null = null;
  received = 0;
  #baseSequence = 0;
  #highest = 0;
  #cycles = 0;
  #transit = 0;
  #jitter = 0;
  /** Packets lost in streams before the current one: a change of SSRC or a restart begins a new count. */
  #lostBefore = 0;
  #receivedBefore = 0;
  #expectedAtReport = 0;
  #receivedAtReport = 0;

  /** True if this packet begins a new stream (the first, another SSRC, or a sender that started over). */
  packet(header: RtpHeader, nowMs: number): boolean {
    const step = (header.sequence - this.#highest) & 0xffff;
    const backwards = step >= 0x10000 - MAX_DROPOUT;
    const isNew = this.ssrc !== header.ssrc || (step > MAX_DROPOUT && !backwards);
    if (isNew) this.#begin(header);
    else if (!backwards && step !== 0) {
      if (header.sequence < this.#highest) this.#cycles += 0x10000;
      this.#highest = header.sequence;
    }
    this.received++;
    this.#measureJitter(header.timestamp, nowMs, isNew);
    return isNew;
  }

  get extendedHighest(): number {
    return this.#cycles + this.#highest;
  }

  /** Packets of this and earlier streams that never came; duplicates are subtracted, but never below 0. */
  get lost(): number {
    return Math.max(0, this.#lostBefore + this.#expected - this.#receivedNow);
  }

  /** In timestamp units. */
  get jitter(): number {
    return Math.floor(this.#jitter);
  }

  get jitterMs(): number {
    return Math.round((this.#jitter * 1000) / SAMPLE_RATE);
  }

  /** Loss since the last call, as the 8-bit fraction of a report block. */
  takeFractionLost(): number {
    const expected = this.#expected - this.#expectedAtReport;
    const received = this.#receivedNow - this.#receivedAtReport;
    this.#expectedAtReport = this.#expected;
    this.#receivedAtReport = this.#receivedNow;
    const lost = expected - received;
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected));
  }

  get #expected(): number {
    return this.ssrc === null ? 0 : this.extendedHighest - this.#baseSequence + 1;
  }

  get #receivedNow(): number {
    return this.received - this.#receivedBefore;
  }

  #begin(header: RtpHeader): void {
    this.#lostBefore = this.lost;
    this.#receivedBefore = this.received;
    this.ssrc = header.ssrc;
    this.#baseSequence = header.sequence;
    this.#highest = header.sequence;
    this.#cycles = 0;
    this.#expectedAtReport = 0;
    this.#receivedAtReport = 0;
  }

  #measureJitter(timestamp: number, nowMs: number, isNew: boolean): void {
    const arrival = Math.floor((nowMs * SAMPLE_RATE) / 1000);
    const transit = (arrival - timestamp) | 0;
    const change = isNew ? 0 : Math.abs((transit - this.#transit) | 0);
    this.#transit = transit;
    // A pause in speech moves the timestamp as much as the clock; only the jump of a new talkspurt would distort the mean.
    if (change < SAMPLE_RATE) this.#jitter += (change - this.#jitter) / 16;
  }
}
