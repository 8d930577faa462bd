import { FRAME_SAMPLES, mixInto, msToSamples, rms, samplesToMs } from "../sound/frame.ts";
import type { Layout } from "../process/protocol.ts";
import type { OpenRecordingFile, RecordingFile } from "./recording-file.ts";
import { blockBytes, wavHeader, WAV_HEADER_BYTES } from "../sound/wav.ts";

/** Audio collected before it is written: small writes cost more than the call itself. A crash can lose this much. */
const BUFFER_MS = 1000;
/** A disk this far behind (10 s) won't catch up: the recording ends, and the call goes on. */
const MAX_WAITING_BUFFERS = 10;
/** Quieter than this (-40 dB of full scale) is not speech. */
const SPEECH_RMS = 330;

export interface RecordingEnd {
  readonly durationMs: number;
  readonly bytes: number;
  readonly reason: "stopped" | "max" | "silence" | "legs_closed" | "failed";
  readonly failure: string | null;
}

export interface RecordingSettings {
  readonly path: string;
  readonly layout: Layout;
  readonly maxMs: number | null;
  readonly silenceMs: number | null;
  readonly open: OpenRecordingFile;
  /** Once, when the file is complete. */
  ended(end: RecordingEnd): void;
}

/**
 * One recording, fed a frame per tick. Audio is written first, then the header: it never claims more than is in the
 * file, so that the file can be played no matter when this process dies.
 */
export class Recording {
  readonly path: string;
  readonly #options: RecordingSettings;
  readonly #channels: number;
  readonly #maxSamples: number;
  readonly #silenceSamples: number;
  readonly #mix = new Int16Array(FRAME_SAMPLES);
  #buffer: Int16Array;
  #used = 0;
  readonly #waiting: Int16Array[] = [];
  #file: RecordingFile | null = null;
  #busy = true;
  #samples = 0;
  #quiet = 0;
  #paused = false;
  #writtenBytes = 0;
  #reason: RecordingEnd["reason"] | null = null;
  #failure: string | null = null;

  constructor(options: RecordingSettings) {
    this.#options = options;
    this.path = options.path;
    this.#channels = options.layout === "dual" ? 2 : 1;
    this.#maxSamples = options.maxMs === null ? Infinity : msToSamples(options.maxMs);
    this.#silenceSamples = options.silenceMs === null ? Infinity : msToSamples(options.silenceMs);
    this.#buffer = this.#newBuffer();
    options.open(options.path, (file, failure) => this.#opened(file, failure));
  }

  get durationMs(): number {
    return samplesToMs(this.#samples);
  }

  /** No more frames are accepted. */
  get closing(): boolean {
    return this.#reason !== null;
  }

  /** Records silence while paused: the times in the file stay right, and the pause does not count as the caller's silence. */
  pause(paused: boolean): void {
    this.#paused = paused;
  }

  /** One frame of each recorded leg, in their order; null where a leg is silent. */
  frame(heard: readonly (Int16Array | null)[]): void {
    if (this.#reason !== null) return;
    const frames = this.#paused ? [] : heard;
    const count = Math.min(FRAME_SAMPLES, this.#maxSamples - this.#samples);
    if (this.#channels === 2) this.#addDual(frames[0] ?? null, frames[1] ?? null, count);
    else this.#addMono(frames, count);
    this.#samples += count;
    this.#watchSilence(frames, count);
    if (this.#samples >= this.#maxSamples) this.stop("max");
    else if (this.#quiet >= this.#silenceSamples) this.stop("silence");
  }

  /** Silence for missed ticks, so that the recording is as long as the call. */
  skip(ticks: number): void {
    for (let i = 0; i < ticks; i++) this.frame([]);
  }

  /** Writes the rest and closes the file → `ended`. */
  stop(reason: "stopped" | "max" | "silence" | "legs_closed"): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#flush();
    this.#writeNext();
  }

  #newBuffer(): Int16Array {
    return new Int16Array(msToSamples(BUFFER_MS) * this.#channels);
  }

  #addDual(left: Int16Array | null, right: Int16Array | null, count: number): void {
    const buffer = this.#buffer;
    for (let i = 0, at = this.#used; i < count; i++, at += 2) {
      buffer[at] = left === null ? 0 : (left[i] ?? 0);
      buffer[at + 1] = right === null ? 0 : (right[i] ?? 0);
    }
    this.#added(2 * count);
  }

  #addMono(frames: readonly (Int16Array | null)[], count: number): void {
    this.#mix.fill(0);
    for (const frame of frames) if (frame !== null) mixInto(this.#mix, frame);
    this.#buffer.set(this.#mix.subarray(0, count), this.#used);
    this.#added(count);
  }

  #added(samples: number): void {
    this.#used += samples;
    if (this.#used < this.#buffer.length) return;
    this.#flush();
    this.#writeNext();
  }

  #watchSilence(frames: readonly (Int16Array | null)[], count: number): void {
    if (this.#silenceSamples === Infinity || this.#paused) return;
    const isSpeech = frames.some((frame) => frame !== null && rms(frame) > SPEECH_RMS);
    this.#quiet = isSpeech ? 0 : this.#quiet + count;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#waiting.push(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    this.#buffer = this.#newBuffer();
    if (this.#waiting.length > MAX_WAITING_BUFFERS) this.#fail("disk too slow");
  }

  #opened(file: RecordingFile | null, failure: Error | null): void {
    this.#file = file;
    if (file === null) {
      this.#fail(failure?.message ?? "file could not be opened");
      this.#end();
      return;
    }
    this.#writeHeader(file);
  }

  /** Writes audio, then the header, one after the other; ends when nothing is left. */
  #writeNext(): void {
    if (this.#busy || this.#file === null) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      if (this.#reason !== null) this.#finish(this.#file);
      return;
    }
    const file = this.#file;
    const bytes = new Uint8Array(next.buffer, next.byteOffset, next.byteLength);
    this.#busy = true;
    file.write(bytes, WAV_HEADER_BYTES + this.#writtenBytes, (failure) => {
      if (failure === null) this.#writtenBytes += bytes.length;
      else this.#fail(failure.message);
      this.#writeHeader(file);
    });
  }

  #writeHeader(file: RecordingFile): void {
    file.write(wavHeader(this.#channels, this.#writtenBytes), 0, (failure) => {
      if (failure !== null) this.#fail(failure.message);
      this.#busy = false;
      this.#writeNext();
    });
  }

  #fail(message: string): void {
    this.#failure ??= message;
    this.#reason = "failed";
    this.#waiting.length = 0;
  }

  #finish(file: RecordingFile): void {
    this.#busy = true;
    file.close(() => this.#end());
  }

  #end(): void {
    const bytes = this.#file === null ? 0 : WAV_HEADER_BYTES + this.#writtenBytes;
    this.#options.ended({
      durationMs: samplesToMs(this.#writtenBytes / blockBytes(this.#channels)),
      bytes,
      reason: this.#reason ?? "stopped",
      failure: this.#failure,
    });
  }
}
