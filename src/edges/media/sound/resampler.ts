import { SAMPLE_RATE } from "./frame.ts";

/** Zero crossings of the filter on either side: with the window below, flat to 3.4 kHz and -70 dB from 4 kHz on. */
const LOBES = 32;
/** Kaiser's shape parameter for 70 dB. */
const BETA = 7;
/** Middle of the filter's slope, as a share of half the lower rate: the slope ends before the frequencies that would fold back. */
const PASS = 0.93;
const NOTHING = new Float32Array(0);

/**
 * Brings mono sound of one rate to 8 kHz, band-limited (a polyphase windowed sinc), piece by piece, so that long
 * audio is never in memory at its own rate. Full scale is ±1.
 */
export class Resampler {
  readonly rate: number;
  readonly #reach: number;
  readonly #phases: number;
  /** In double precision, like `#held`: the inner loop then converts nothing and is a quarter faster. */
  readonly #taps: (Float64Array | undefined)[] = [];
  /** Input from sample `#from` on; before the first sample there is silence. */
  #held: Float64Array;
  #from: number;
  /** The next output sample. */
  #next = 0;
  #received = 0;

  /** `rate`: whole Hz of the input. */
  constructor(rate: number) {
    this.rate = rate;
    this.#reach = Math.ceil(LOBES * Math.max(1, rate / SAMPLE_RATE));
    this.#phases = SAMPLE_RATE / gcd(rate, SAMPLE_RATE);
    this.#held = new Float64Array(this.#reach);
    this.#from = -this.#reach;
  }

  /** Takes more input and returns the output that is complete by now. */
  push(input: Float32Array): Float32Array {
    this.#received += input.length;
    if (this.rate === SAMPLE_RATE) return input;
    this.#hold(input);
    return this.#convert(Number.POSITIVE_INFINITY);
  }

  /** The rest of the output. */
  end(): Float32Array {
    if (this.rate === SAMPLE_RATE) return NOTHING;
    const whole = Math.floor((this.#received * SAMPLE_RATE) / this.rate);
    this.#hold(new Float32Array(this.#reach + 1));
    return this.#convert(whole);
  }

  #hold(input: Float32Array): void {
    const held = new Float64Array(this.#held.length + input.length);
    held.set(this.#held);
    held.set(input, this.#held.length);
    this.#held = held;
  }

  /** All samples whose surroundings are known, up to output sample `limit`. */
  #convert(limit: number): Float32Array {
    const last = this.#from + this.#held.length - 1 - this.#reach;
    // The last output sample whose middle is at `last` or before it.
    const ready = Math.min(limit, Math.floor(((last + 1) * SAMPLE_RATE - 1) / this.rate) + 1);
    const out = new Float32Array(Math.max(0, ready - this.#next));
    for (let i = 0; i < out.length; i++, this.#next++) out[i] = this.#at(this.#next);
    const keep = Math.max(0, Math.floor((this.#next * this.rate) / SAMPLE_RATE) - this.#reach - this.#from);
    this.#held = this.#held.slice(keep);
    this.#from += keep;
    return out;
  }

  #at(n: number): number {
    const taps = (this.#taps[n % this.#phases] ??= this.#tapsOf(n));
    const held = this.#held;
    const start = Math.floor((n * this.rate) / SAMPLE_RATE) - this.#reach - this.#from;
    let sum = 0;
    for (let k = 0; k < taps.length; k++) sum += (taps[k] ?? 0) * (held[start + k] ?? 0);
    return sum;
  }

  /** The filter around output sample `n`; it repeats after `#phases` samples. */
  #tapsOf(n: number): Float64Array {
    const fraction = ((n * this.rate) % SAMPLE_RATE) / SAMPLE_RATE;
    const cutoff = PASS * Math.min(1, SAMPLE_RATE / this.rate);
    const taps = Float64Array.from({ length: 2 * this.#reach + 1 }, (_, k) => {
      const x = k - this.#reach - fraction;
      return sinc(cutoff * x) * kaiser(x / (this.#reach + 1));
    });
    const sum = taps.reduce((a, b) => a + b, 0);
    return taps.map((tap) => tap / sum);
  }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** `x` from -1 to 1. */
function kaiser(x: number): number {
  return bessel0(BETA * Math.sqrt(Math.max(0, 1 - x * x)));
}

/** Modified Bessel function of order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
