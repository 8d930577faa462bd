import { unreachable } from "../../../base/never.ts";
import type { G711 } from "./g711.ts";
import { PCMA, PCMU } from "./g711.ts";

/** How one sample is stored. */
export type SampleCoding = "unsigned" | "signed" | "float" | "ulaw" | "alaw";

/** Reads single samples. */
export interface SampleReader {
  /** Bytes of one sample. */
  readonly bytes: number;
  /** The sample at this offset, full scale ±1. NaN counts as silence. */
  readonly read: (at: number) => number;
}

/** Frames (samples of all channels) decoded in one go: limits what is in memory as floating point. */
export const SLICE_FRAMES = 32_768;
/** Full scale of 16 bits. */
const FULL_SCALE = 2 ** 15;

/** A reader of `data`; null if such samples are not supported. */
export function sampleReader(
  coding: SampleCoding,
  bits: number,
  order: "little" | "big",
  data: Buffer,
): SampleReader | null {
  switch (coding) {
    case "unsigned":
      return bits === 8 ? { bytes: 1, read: (at) => ((data[at] ?? 128) - 128) / 128 } : null;
    case "signed":
      return signedReader(bits, order === "little", data);
    case "float":
      return floatReader(bits, order === "little", data);
    case "ulaw":
    case "alaw":
      return bits === 8 ? lawReader(coding === "ulaw" ? PCMU : PCMA, data) : null;
    default:
      return unreachable(coding);
  }
}

function signedReader(bits: number, little: boolean, data: Buffer): SampleReader | null {
  switch (bits) {
    case 8:
      return { bytes: 1, read: (at) => data.readInt8(at) / 128 };
    case 16:
      return { bytes: 2, read: (at) => (little ? data.readInt16LE(at) : data.readInt16BE(at)) / FULL_SCALE };
    case 24:
      return { bytes: 3, read: (at) => (little ? data.readIntLE(at, 3) : data.readIntBE(at, 3)) / 2 ** 23 };
    case 32:
      return { bytes: 4, read: (at) => (little ? data.readInt32LE(at) : data.readInt32BE(at)) / 2 ** 31 };
    default:
      return null;
  }
}

function floatReader(bits: number, little: boolean, data: Buffer): SampleReader | null {
  if (bits === 32) return { bytes: 4, read: (at) => finite(little ? data.readFloatLE(at) : data.readFloatBE(at)) };
  if (bits === 64) return { bytes: 8, read: (at) => finite(little ? data.readDoubleLE(at) : data.readDoubleBE(at)) };
  return null;
}

function lawReader({ decode }: G711, data: Buffer): SampleReader {
  return { bytes: 1, read: (at) => (decode[data[at] ?? 0] ?? 0) / FULL_SCALE };
}

/** Interleaved samples as channels, in pieces of at most `sliceFrames`. A frame that is cut off is left out. */
export function* pcmSlices(
  { bytes, read }: SampleReader,
  channels: number,
  data: Buffer,
  sliceFrames = SLICE_FRAMES,
): Generator<Float32Array[], void> {
  const frames = Math.floor(data.length / (bytes * channels));
  for (let from = 0; from < frames; from += sliceFrames) {
    const length = Math.min(sliceFrames, frames - from);
    const slice = Array.from({ length: channels }, () => new Float32Array(length));
    for (const [channel, samples] of slice.entries())
      for (let i = 0; i < length; i++) samples[i] = read(((from + i) * channels + channel) * bytes);
    yield slice;
  }
}

/** 16-bit samples at full scale ±1. */
export function toFloat(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / FULL_SCALE);
}

/** Samples of full scale ±1 as 16 bit, clipped. */
export function to16Bit(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < out.length; i++) {
    const scaled = Math.round((samples[i] ?? 0) * FULL_SCALE);
    out[i] = scaled > 32_767 ? 32_767 : scaled < -32_768 ? -32_768 : scaled;
  }
  return out;
}

function finite(sample: number): number {
  return Number.isFinite(sample) ? sample : 0;
}
