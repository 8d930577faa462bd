import type { Codec } from "../process/protocol.ts";

/** ITU-T G.711 as tables: 256 samples to decode with, 65,536 bytes to encode with (index: the sample's low 16 bits). */
export interface G711 {
  readonly decode: Int16Array;
  readonly encode: Uint8Array;
  /** The code of silence. Any other constant clicks. */
  readonly silence: number;
}

const ULAW_BIAS = 0x84;
const ULAW_CLIP = 32635;

export function decodeUlaw(code: number): number {
  const u = ~code & 0xff;
  const magnitude = ((((u & 0x0f) << 3) + ULAW_BIAS) << ((u & 0x70) >> 4)) - ULAW_BIAS;
  return (u & 0x80) === 0 ? magnitude : -magnitude;
}

export function encodeUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), ULAW_CLIP) + ULAW_BIAS;
  const exponent = 24 - Math.clz32(biased);
  const mantissa = (biased >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** Every second bit of an A-law code is inverted on the wire. */
const ALAW_INVERSION = 0x55;

export function decodeAlaw(code: number): number {
  const a = code ^ ALAW_INVERSION;
  const segment = (a & 0x70) >> 4;
  const step = ((a & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (a & 0x80) === 0 ? -magnitude : magnitude;
}

export function encodeAlaw(sample: number): number {
  const positive = sample >= 0;
  const magnitude = (positive ? sample : ~sample) >> 4;
  const segment = magnitude < 32 ? magnitude >> 4 : 28 - Math.clz32(magnitude);
  const mantissa = segment < 2 ? magnitude & 0x0f : (magnitude >> (segment - 1)) & 0x0f;
  return ((positive ? 0x80 : 0) | (segment << 4) | mantissa) ^ ALAW_INVERSION;
}

function tables(decode: (code: number) => number, encode: (sample: number) => number): G711 {
  return {
    decode: Int16Array.from({ length: 256 }, (_, code) => decode(code)),
    encode: Uint8Array.from({ length: 65536 }, (_, index) => encode((index << 16) >> 16)),
    silence: encode(0),
  };
}

export const PCMU = tables(decodeUlaw, encodeUlaw);
export const PCMA = tables(decodeAlaw, encodeAlaw);

/** Static payload types (RFC 3551 section 6). */
export const PCMU_PAYLOAD_TYPE = 0;
export const PCMA_PAYLOAD_TYPE = 8;

export function g711(codec: Codec): G711 {
  return codec === "PCMU" ? PCMU : PCMA;
}
