import { FRAME_SAMPLES, rms } from "../sound/frame.ts";

/** Half a second: later packets are not worth playing. A power of two, for the ring. */
const CAPACITY = 4096;
/** Marks a sample that has not arrived yet. No G.711 code decodes to it. */
const ABSENT = -32768;
/** Held back before the first sample is played: a packet may be this late without being missed. */
const PREFILL = FRAME_SAMPLES;
/** Beyond this (300 ms) the conversation suffers: the rest is dropped at once. */
const MAX_DEPTH = 15 * FRAME_SAMPLES;
/** Longest packet accepted (200 ms); phones send 10 to 60. */
const MAX_PACKET = 10 * FRAME_SAMPLES;
/** This many late packets in a row mean that the sender's timestamps moved back, not that the network is slow. */
const LATE_RUN_LIMIT = 10;
/** A surplus of one frame is dropped after 2 s, three or more (a stall) after 200 ms. */
const SHRINK_AFTER_TICKS = 100;
const SHRINK_FAST_AFTER_TICKS = 10;
const SHRINK_FAST_FROM = 3 * FRAME_SAMPLES;
/** Dropping a frame waits this long for silence, where it can't be heard. */
const WAIT_FOR_SILENCE_TICKS = 25;
const SILENCE_RMS = 100;
/** Missing frames are concealed with the last one, quieter each time, for 60 ms. */
const CONCEAL_FRAMES = 3;

/**
 * Orders packets of any length (10, 20, 30, 40 ms) by timestamp and yields 20-ms frames at our pace. A late packet makes
 * the delay grow by its lateness; a lasting surplus makes it shrink.
 */
export class JitterBuffer {
  concealed = 0;
  discarded = 0;
  readonly #ring = new Int16Array(CAPACITY).fill(ABSENT);
  readonly #last = new Int16Array(FRAME_SAMPLES);
  #started = false;
  /** Next sample to play, and the end of the newest packet, as timestamps. */
  #read = 0;
  #end = 0;
  #lateRun = 0;
  #concealRun = CONCEAL_FRAMES;
  #surplus = Number.MAX_SAFE_INTEGER;
  #watched = 0;
  #stalledTicks = 0;
  #dropWait = -1;

  /** Starts over with the next packet: another sender, or the audio was not taken for a while. */
  reset(): void {
    this.#started = false;
    this.#concealRun = CONCEAL_FRAMES;
  }

  /** Samples waiting to be played. */
  get depth(): number {
    return this.#started ? (this.#end - this.#read) | 0 : 0;
  }

  /** Takes the G.711 bytes `packet[start..end)` that belong at `timestamp`. */
  put(timestamp: number, packet: Uint8Array, start: number, end: number, decode: Int16Array): void {
    const count = end - start;
    if (count <= 0 || count > MAX_PACKET) return;
    if (!this.#started) this.#begin(timestamp);
    if (this.depth < FRAME_SAMPLES && ((timestamp - this.#end) | 0) > 0) this.#skipGap(timestamp);
    let offset = (timestamp - this.#read) | 0;
    if (offset + count <= 0) {
      this.discarded++;
      if (++this.#lateRun < LATE_RUN_LIMIT) return;
    }
    if (offset + count <= 0 || offset + count > CAPACITY) {
      this.#begin(timestamp);
      offset = PREFILL;
    }
    this.#lateRun = 0;
    for (let i = Math.max(0, -offset); i < count; i++)
      this.#ring[(timestamp + i) & (CAPACITY - 1)] = decode[packet[start + i] ?? 0] ?? 0;
    const packetEnd = (timestamp + count) >>> 0;
    if (((packetEnd - this.#end) | 0) > 0) this.#end = packetEnd;
    if (this.depth > MAX_DEPTH) this.#advance(this.depth - PREFILL);
  }

  /** Fills `frame` with what is due now. False if that is silence. */
  take(frame: Int16Array): boolean {
    if (this.depth < FRAME_SAMPLES) return this.#conceal(frame);
    const filled = this.#takeFrame(frame);
    this.#watchSurplus();
    if (this.#dropWait >= 0 && this.depth >= FRAME_SAMPLES) this.#maybeDrop(frame);
    if (!filled) return this.#conceal(frame);
    this.#last.set(frame);
    this.#concealRun = 0;
    return true;
  }

  #begin(timestamp: number): void {
    this.#ring.fill(ABSENT);
    this.#started = true;
    this.#read = (timestamp - PREFILL) >>> 0;
    this.#end = timestamp;
    this.#lateRun = 0;
    this.#forgetSurplus();
    // Samples before the first packet are not lost.
    this.#concealRun = CONCEAL_FRAMES;
  }

  /** The sender paused (or packets were lost while the buffer was empty): continue where it continues, with the usual reserve. */
  #skipGap(timestamp: number): void {
    const ahead = (timestamp - this.#read) | 0;
    if (ahead > CAPACITY) {
      this.#begin(timestamp);
      return;
    }
    this.#advance(Math.max(0, ahead - PREFILL));
  }

  #advance(samples: number): void {
    for (let i = 0; i < samples; i++) this.#ring[(this.#read + i) & (CAPACITY - 1)] = ABSENT;
    this.#read = (this.#read + samples) >>> 0;
    if (this.depth < 0) this.#end = this.#read;
    this.#forgetSurplus();
  }

  /** False if no sample of the frame has arrived. */
  #takeFrame(frame: Int16Array): boolean {
    let missing = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const at = (this.#read + i) & (CAPACITY - 1);
      const sample = this.#ring[at] ?? ABSENT;
      this.#ring[at] = ABSENT;
      if (sample === ABSENT) missing++;
      frame[i] = sample === ABSENT ? 0 : sample;
    }
    this.#read = (this.#read + FRAME_SAMPLES) >>> 0;
    return missing < FRAME_SAMPLES;
  }

  #conceal(frame: Int16Array): boolean {
    if (this.#concealRun >= CONCEAL_FRAMES) {
      frame.fill(0);
      return false;
    }
    this.#concealRun++;
    this.concealed++;
    for (let i = 0; i < FRAME_SAMPLES; i++) this.#last[i] = (this.#last[i] ?? 0) >> 1;
    frame.set(this.#last);
    return true;
  }

  #forgetSurplus(): void {
    this.#surplus = Number.MAX_SAFE_INTEGER;
    this.#watched = 0;
    this.#stalledTicks = 0;
    this.#dropWait = -1;
  }

  #watchSurplus(): void {
    const surplus = this.depth - PREFILL;
    this.#surplus = Math.min(this.#surplus, surplus);
    this.#stalledTicks = surplus >= SHRINK_FAST_FROM ? this.#stalledTicks + 1 : 0;
    if (this.#dropWait >= 0) return;
    if (this.#stalledTicks >= SHRINK_FAST_AFTER_TICKS) this.#dropWait = 0;
    else if (++this.#watched >= SHRINK_AFTER_TICKS) this.#endWatch();
  }

  #endWatch(): void {
    const tooDeep = this.#surplus >= FRAME_SAMPLES;
    this.#forgetSurplus();
    if (tooDeep) this.#dropWait = WAIT_FOR_SILENCE_TICKS;
  }

  #maybeDrop(frame: Int16Array): void {
    if (this.#dropWait > 0 && rms(frame) > SILENCE_RMS) {
      this.#dropWait--;
      return;
    }
    this.#takeFrame(frame);
    this.#forgetSurplus();
  }
}
