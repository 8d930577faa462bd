/**
 * GSM 06.10 full rate (ETSI EN 300 961), the decoder: a frame of 260 bits becomes 160 samples. All arithmetic is that of
 * section 5.1, 16 bits with saturation, so that the result matches the standard bit for bit.
 */

/** Two frames as in WAV files: 520 bits, the lowest bit of each byte first. */
export const GSM_BLOCK_BYTES = 65;
export const GSM_BLOCK_SAMPLES = 320;
const FRAME_SAMPLES = 160;
const SUBFRAME_SAMPLES = 40;
const SUBFRAMES = 4;
const PULSES = 13;
/** Longest lag of the long-term predictor. */
const HISTORY = 120;
const SHORTEST_LAG = 40;

/** Section 1.7, table 1.1: bits of the eight coded log area ratios. */
const LAR_BITS = [6, 6, 5, 5, 4, 4, 3, 3];
/** Section 5.4, tables 4.1 to 4.6. */
const LAR_B = [0, 0, 2048, -2560, 94, -1792, -341, -1144];
const LAR_MIC = [-32, -32, -16, -16, -8, -8, -4, -4];
const LAR_INVERSE_A = [13_107, 13_107, 13_107, 13_107, 19_223, 17_476, 31_454, 29_708];
const LTP_GAINS = [3277, 11_469, 21_299, 32_767];
const MANTISSAS = [18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767];
/** Section 5.3.5: the de-emphasis filter's coefficient. */
const DE_EMPHASIS = 28_180;

/** One subframe's parameters. */
interface Subframe {
  readonly lag: number;
  readonly gain: number;
  readonly grid: number;
  readonly blockMaximum: number;
  readonly pulses: readonly number[];
}

/** Decodes the frames of one recording in their order: each builds on the one before. */
export class GsmDecoder {
  #lag = SHORTEST_LAG;
  readonly #residual = new Int16Array(HISTORY + SUBFRAME_SAMPLES);
  #previousLars = new Int16Array(8);
  readonly #filter = new Int16Array(9);
  #emphasis = 0;

  /** One block of a WAV file; null if it is not complete. */
  decodeBlock(block: Buffer): Int16Array | null {
    if (block.length < GSM_BLOCK_BYTES) return null;
    const bits = new BitReader(block);
    const out = new Int16Array(GSM_BLOCK_SAMPLES);
    out.set(this.#decodeFrame(bits));
    out.set(this.#decodeFrame(bits), FRAME_SAMPLES);
    return out;
  }

  #decodeFrame(bits: BitReader): Int16Array {
    const lars = Int16Array.from(LAR_BITS, (count, i) => decodeLar(bits.read(count), i));
    const excitation = new Int16Array(FRAME_SAMPLES);
    for (let i = 0; i < SUBFRAMES; i++) {
      const residual = this.#predictLongTerm(readSubframe(bits));
      excitation.set(residual, i * SUBFRAME_SAMPLES);
    }
    const speech = this.#synthesize(lars, excitation);
    this.#previousLars = lars;
    return this.#deEmphasize(speech);
  }

  /** Section 5.3.2. */
  #predictLongTerm(subframe: Subframe): Int16Array {
    if (subframe.lag >= SHORTEST_LAG && subframe.lag <= HISTORY) this.#lag = subframe.lag;
    const gain = LTP_GAINS[subframe.gain] ?? 0;
    const residual = this.#residual;
    for (const [k, pulse] of pulsesOnGrid(subframe).entries()) {
      const predicted = multiply(gain, residual[HISTORY + k - this.#lag] ?? 0);
      residual[HISTORY + k] = saturate(pulse + predicted);
    }
    const result = residual.slice(HISTORY);
    residual.copyWithin(0, SUBFRAME_SAMPLES);
    return result;
  }

  /** Sections 5.2.9.1 and 5.3.4: the coefficients move from the previous frame's to this one's. */
  #synthesize(lars: Int16Array, excitation: Int16Array): Int16Array {
    const before = this.#previousLars;
    const mixed = (mix: (before: number, now: number) => number): Int16Array =>
      Int16Array.from(lars, (now, i) => reflection(mix(before[i] ?? 0, now)));
    const out = new Int16Array(FRAME_SAMPLES);
    const filter = (from: number, to: number, coefficients: Int16Array): void => {
      for (let k = from; k < to; k++) out[k] = this.#filterSample(coefficients, excitation[k] ?? 0);
    };
    filter(
      0,
      13,
      mixed((a, b) => saturate(saturate((a >> 2) + (b >> 2)) + (a >> 1))),
    );
    filter(
      13,
      27,
      mixed((a, b) => saturate((a >> 1) + (b >> 1))),
    );
    filter(
      27,
      40,
      mixed((a, b) => saturate(saturate((a >> 2) + (b >> 2)) + (b >> 1))),
    );
    filter(
      40,
      FRAME_SAMPLES,
      mixed((_, b) => b),
    );
    return out;
  }

  #filterSample(coefficients: Int16Array, excitation: number): number {
    const state = this.#filter;
    let sample = excitation;
    for (let i = 7; i >= 0; i--) {
      const coefficient = coefficients[i] ?? 0;
      sample = saturate(sample - multiply(coefficient, state[i] ?? 0));
      state[i + 1] = saturate((state[i] ?? 0) + multiply(coefficient, sample));
    }
    state[0] = sample;
    return sample;
  }

  /** Sections 5.3.5 to 5.3.7: de-emphasis, upscaling, and clearing the lowest three bits. */
  #deEmphasize(speech: Int16Array): Int16Array {
    return speech.map((sample) => {
      this.#emphasis = saturate(sample + multiply(this.#emphasis, DE_EMPHASIS));
      return saturate(2 * this.#emphasis) & ~7;
    });
  }
}

function readSubframe(bits: BitReader): Subframe {
  const [lag, gain, grid, blockMaximum] = [bits.read(7), bits.read(2), bits.read(2), bits.read(6)];
  const pulses = Array.from({ length: PULSES }, () => bits.read(3));
  return { lag, gain, grid, blockMaximum, pulses };
}

/** Section 5.3.1: the 13 pulses of a subframe, decoded and put in their places. */
function pulsesOnGrid({ grid, blockMaximum, pulses }: Subframe): Int16Array {
  const { exponent, mantissa } = exponentOf(blockMaximum);
  const factor = MANTISSAS[mantissa] ?? 0;
  const shift = 6 - exponent;
  const rounding = shift > 0 ? 1 << (shift - 1) : 0;
  const out = new Int16Array(SUBFRAME_SAMPLES);
  for (const [i, code] of pulses.entries()) {
    const scaled = multiply(factor, ((2 * code - 7) << 12) & 0xffff_ffff);
    out[grid + 3 * i] = saturate(scaled + rounding) >> shift;
  }
  return out;
}

/** Section 5.2.15. */
function exponentOf(blockMaximum: number): { readonly exponent: number; readonly mantissa: number } {
  let exponent = blockMaximum > 15 ? (blockMaximum >> 3) - 1 : 0;
  let mantissa = blockMaximum - (exponent << 3);
  if (mantissa === 0) return { exponent: -4, mantissa: 7 };
  for (; mantissa <= 7; exponent--) mantissa = (mantissa << 1) | 1;
  return { exponent, mantissa: mantissa - 8 };
}

/** Section 5.2.8. */
function decodeLar(code: number, i: number): number {
  const shifted = saturate(code + (LAR_MIC[i] ?? 0)) << 10;
  const scaled = multiply(LAR_INVERSE_A[i] ?? 0, saturate(shifted - 2 * (LAR_B[i] ?? 0)));
  return saturate(2 * scaled);
}

/** Section 5.2.9.2: from a log area ratio to a reflection coefficient. */
function reflection(lar: number): number {
  const size = saturate(Math.abs(lar));
  const value = size < 11_059 ? size << 1 : size < 20_070 ? size + 11_059 : saturate((size >> 2) + 26_112);
  return lar < 0 ? -value : value;
}

/** The standard's `mult_r`: a product of fractions, rounded. */
function multiply(a: number, b: number): number {
  return saturate((a * b + 16_384) >> 15);
}

function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

class BitReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      value |= (((this.#bytes[this.#at >> 3] ?? 0) >> (this.#at & 7)) & 1) << i;
    return value;
  }
}
