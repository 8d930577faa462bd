import { SAMPLE_RATE } from "./frame.ts";
import type { WavAudio } from "./wav.ts";

/** Zero crossings of the filter on either side: -50 dB of what would fold back into speech. */
const LOBES = 12;
/** A little below half our rate, so that the filter's slope ends there. */
const PASS = 0.46;

/**
 * Converts to 8 kHz with a windowed sinc, a slice per call, so that a long file never holds up the tick: yields after
 * every `sliceSamples` of output.
 */
export function* resample(audio: WavAudio, sliceSamples: number): Generator<void, Int16Array> {
  const out = new Int16Array(Math.floor((audio.length * SAMPLE_RATE) / audio.rate));
  const filter = new PhaseFilter(audio.rate);
  for (let i = 0; i < out.length; i++) {
    out[i] = audio.rate === SAMPLE_RATE ? audio.sample(i) : filter.at(audio, i);
    if (i % sliceSamples === sliceSamples - 1) yield;
  }
  return out;
}

/** The filter's taps repeat after `SAMPLE_RATE / gcd` outputs: each phase is computed once. */
class PhaseFilter {
  readonly #rate: number;
  readonly #phases: number;
  readonly #reach: number;
  readonly #taps: (Float64Array | undefined)[] = [];

  constructor(rate: number) {
    this.#rate = rate;
    this.#phases = SAMPLE_RATE / gcd(rate, SAMPLE_RATE);
    this.#reach = Math.ceil((LOBES * rate) / SAMPLE_RATE);
  }

  at(audio: WavAudio, i: number): number {
    const phase = i % this.#phases;
    const taps = (this.#taps[phase] ??= this.#tapsOf(phase));
    const from = Math.floor((i * this.#rate) / SAMPLE_RATE) - this.#reach;
    let sum = 0;
    for (let k = 0; k < taps.length; k++) {
      const at = from + k;
      if (at >= 0 && at < audio.length) sum += (taps[k] ?? 0) * audio.sample(at);
    }
    return Math.max(-32768, Math.min(32767, Math.round(sum)));
  }

  #tapsOf(phase: number): Float64Array {
    const fraction = ((phase * this.#rate) / SAMPLE_RATE) % 1;
    const cutoff = (2 * PASS * SAMPLE_RATE) / this.#rate;
    const taps = Float64Array.from({ length: 2 * this.#reach + 1 }, (_, k) => {
      const x = k - this.#reach - fraction;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (this.#reach + 1));
      return sinc(cutoff * x) * window;
    });
    const sum = taps.reduce((a, b) => a + b, 0);
    return taps.map((tap) => tap / sum);
  }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
