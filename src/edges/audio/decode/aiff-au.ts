import { advised, AudioError } from "../../media/sound/audio-error.ts";
import type { SampleCoding } from "../../media/sound/pcm.ts";
import { pcmSlices, sampleReader } from "../../media/sound/pcm.ts";
import { checkFormat, PhoneSound } from "../../media/sound/phone-sound.ts";

/** Uncompressed samples, as in both kinds of file. */
interface PcmFile {
  readonly channels: number;
  readonly rate: number;
  readonly coding: SampleCoding;
  readonly bits: number;
  readonly order: "little" | "big";
  readonly data: Buffer;
}

const FORM_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const COMMON_BYTES = 18;
/** Offset and block size, before the samples. */
const SOUND_HEAD_BYTES = 8;
/** Bias of the exponent, and bits of the mantissa, of an 80-bit number. */
const EXTENDED_BIAS = 16_383;
const EXTENDED_MANTISSA_BITS = 63;

/** Compressions of AIFF-C ("Audio Interchange File Format", Apple 1989/1991) that are only a different byte order or coding. */
const AIFF_CODINGS: Readonly<Record<string, readonly [SampleCoding, "little" | "big"]>> = {
  NONE: ["signed", "big"],
  twos: ["signed", "big"],
  sowt: ["signed", "little"],
  fl32: ["float", "big"],
  FL32: ["float", "big"],
  fl64: ["float", "big"],
  FL64: ["float", "big"],
  ulaw: ["ulaw", "big"],
  ULAW: ["ulaw", "big"],
  alaw: ["alaw", "big"],
  ALAW: ["alaw", "big"],
};

const AU_HEAD_BYTES = 24;
/** The size of a stream whose length was not known. */
const AU_UNKNOWN_SIZE = 0xffff_ffff;
/** Encodings of AU files (Sun's `audio.h`) that are not compressed. */
const AU_CODINGS: Readonly<Record<number, readonly [SampleCoding, number]>> = {
  1: ["ulaw", 8],
  2: ["signed", 8],
  3: ["signed", 16],
  4: ["signed", 24],
  5: ["signed", 32],
  6: ["float", 32],
  7: ["float", 64],
  27: ["alaw", 8],
};

/** An AIFF or AIFF-C file without compression; one that is cut off is decoded as far as it goes. Throws {@link AudioError}. */
export function decodeAiff(file: Buffer): Int16Array {
  let common: Buffer | null = null;
  for (let at = FORM_HEAD_BYTES; at + CHUNK_HEAD_BYTES <= file.length;) {
    const name = file.toString("latin1", at, at + 4);
    const size = file.readUInt32BE(at + 4);
    const body = file.subarray(at + CHUNK_HEAD_BYTES, at + CHUNK_HEAD_BYTES + size);
    if (name === "COMM") common = body;
    if (name === "SSND" && common !== null && body.length >= SOUND_HEAD_BYTES)
      return decodePcm(aiffOf(common, body.subarray(SOUND_HEAD_BYTES + body.readUInt32BE(0))), "AIFF");
    at += CHUNK_HEAD_BYTES + size + (size & 1);
  }
  throw new AudioError(`is an AIFF file without ${common === null ? "a format" : "audio"}`);
}

function aiffOf(common: Buffer, data: Buffer): PcmFile {
  if (common.length < COMMON_BYTES) throw new AudioError("is an AIFF file with a broken format");
  const compression = common.length >= COMMON_BYTES + 4 ? common.toString("latin1", 18, 22) : "NONE";
  const coding = AIFF_CODINGS[compression];
  if (coding === undefined) throw new AudioError(advised(`is an AIFF file of ${compression.trim()}`));
  // The law codes have 8 bits, though their files often say 16, which is what they decode to.
  const bits = coding[0].endsWith("law") ? 8 : 8 * Math.ceil(common.readUInt16BE(6) / 8);
  const rate = Math.round(readExtended(common, 8));
  return { channels: common.readUInt16BE(0), rate, coding: coding[0], bits, order: coding[1], data };
}

/** An 80-bit floating-point number (IEEE 754 double extended), which AIFF uses for its rate. */
function readExtended(bytes: Buffer, at: number): number {
  const exponent = (bytes.readUInt16BE(at) & 0x7fff) - EXTENDED_BIAS - EXTENDED_MANTISSA_BITS;
  return Number(bytes.readBigUInt64BE(at + 2)) * 2 ** exponent;
}

/** An AU file without compression; one that is cut off is decoded as far as it goes. Throws {@link AudioError}. */
export function decodeAu(file: Buffer): Int16Array {
  if (file.length < AU_HEAD_BYTES) throw new AudioError("is an AU file that is cut off in its head");
  const [from = 0, size = 0, encoding = 0, rate = 0, channels = 0] = [4, 8, 12, 16, 20].map((at) =>
    file.readUInt32BE(at),
  );
  const coding = AU_CODINGS[encoding];
  if (coding === undefined) throw new AudioError(advised(`is an AU file of encoding ${encoding}`));
  const data = file.subarray(from, size === AU_UNKNOWN_SIZE ? file.length : from + size);
  return decodePcm({ channels, rate, coding: coding[0], bits: coding[1], order: "big", data }, "AU");
}

function decodePcm({ channels, rate, coding, bits, order, data }: PcmFile, name: string): Int16Array {
  checkFormat(channels, rate);
  const reader = sampleReader(coding, bits, order, data);
  if (reader === null) throw new AudioError(advised(`is an ${name} file with ${bits} bits`));
  const sound = new PhoneSound();
  for (const slice of pcmSlices(reader, channels, data)) sound.add(slice, rate);
  return sound.end();
}
