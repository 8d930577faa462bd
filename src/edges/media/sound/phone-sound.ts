import { SAMPLE_RATE } from "./frame.ts";
import { AudioError } from "./audio-error.ts";
import { to16Bit } from "./pcm.ts";
import { Resampler } from "./resampler.ts";

/** Longest audio that is played (10 min): as long as an applet waits for the end of a prompt. */
export const MAX_AUDIO_MS = 600_000;
/** Rates that audio files have; one far from them comes from a broken or hostile header. */
const LOWEST_RATE = 4000;
const HIGHEST_RATE = 192_000;
/** 7.1 surround; nothing for a telephone has more. */
const MAX_CHANNELS = 8;
const MAX_SAMPLES = (MAX_AUDIO_MS * SAMPLE_RATE) / 1000;

/** Collects a decoder's output in the form that a telephone plays: 8 kHz, mono, 16 bit, of limited length. */
export class PhoneSound {
  readonly #parts: Int16Array[] = [];
  #samples = 0;
  #resampler: Resampler | null = null;

  /** Takes decoded audio (full scale ±1), the same length for every channel. Throws {@link AudioError}. */
  add(channels: readonly Float32Array[], rate: number): void {
    checkFormat(channels.length, rate);
    if (this.#resampler?.rate !== rate) {
      this.#finishRate();
      this.#resampler = new Resampler(rate);
    }
    this.#keep(this.#resampler.push(mono(channels)));
  }

  /** All of it; nothing can be added afterwards. Throws {@link AudioError} if there is no sound at all. */
  end(): Int16Array {
    this.#finishRate();
    if (this.#samples === 0) throw new AudioError("holds no sound");
    const all = new Int16Array(this.#samples);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #finishRate(): void {
    if (this.#resampler !== null) this.#keep(this.#resampler.end());
    this.#resampler = null;
  }

  #keep(samples: Float32Array): void {
    this.#samples += samples.length;
    if (this.#samples > MAX_SAMPLES) throw new AudioError(`is longer than ${MAX_AUDIO_MS / 60_000} minutes`);
    if (samples.length > 0) this.#parts.push(to16Bit(samples));
  }
}

/** Throws {@link AudioError} for values that no real audio file has; called before anything large is allocated. */
export function checkFormat(channels: number, rate: number): void {
  if (channels < 1 || channels > MAX_CHANNELS)
    throw new AudioError(`has ${channels} channels: 1 to ${MAX_CHANNELS} can be played`);
  if (!(rate >= LOWEST_RATE && rate <= HIGHEST_RATE))
    throw new AudioError(`has a rate of ${rate} Hz: ${LOWEST_RATE} to ${HIGHEST_RATE} can be played`);
}

/** The mean of the channels. */
export function mono(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (first === undefined || others.length === 0) return first ?? new Float32Array(0);
  const mean = Float32Array.from(first);
  for (const other of others) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (other[i] ?? 0);
  for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) / channels.length;
  return mean;
}
