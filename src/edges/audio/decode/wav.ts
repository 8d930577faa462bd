import { PCMA, PCMU } from "../../media/sound/g711.ts";
import { AudioError } from "./audio-error.ts";
import { checkFormat, PhoneSound } from "./phone-sound.ts";

const RIFF_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const FORMAT_BYTES = 16;
/** The real format stands in the first two bytes of the sub-format GUID. */
const EXTENSIBLE = 0xfffe;
const SUBFORMAT_AT = 24;
/** Sizes from here on are those of a stream whose length was not known when its head was written. */
const UNKNOWN_SIZE = 0x7fff_0000;
/** Decoded in one go: bounds what lies in memory as floating point. */
const SLICE_FRAMES = 32_768;

/** `fmt ` codes, by name for the verdict. */
const PCM = 1;
const FLOAT = 3;
const ALAW = 6;
const ULAW = 7;
const UNSUPPORTED: Readonly<Record<number, string>> = {
  0x02: "Microsoft ADPCM",
  0x11: "IMA ADPCM",
  0x31: "GSM 6.10",
  0x50: "MPEG",
  0x55: "MP3",
};

interface WavFormat {
  readonly code: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

/**
 * A WAV file: PCM of 8, 16, 24 or 32 bits, floating point, µ-law, A-law. Chunks it does not know are skipped. Throws
 * {@link AudioError}.
 */
export function decodeWav(bytes: Buffer): Int16Array {
  let format: WavFormat | null = null;
  for (let at = RIFF_HEAD_BYTES; at + CHUNK_HEAD_BYTES <= bytes.length;) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + CHUNK_HEAD_BYTES, at + CHUNK_HEAD_BYTES + size);
    if (name === "fmt ") format = formatOf(body);
    if (name === "data" && format !== null)
      return decodeData(format, wholeData(bytes.subarray(at + CHUNK_HEAD_BYTES), size));
    // Chunks begin at even offsets.
    at += CHUNK_HEAD_BYTES + size + (size & 1);
  }
  throw new AudioError(format === null ? "is a WAV file without a format" : "is a WAV file without audio");
}

function formatOf(body: Buffer): WavFormat {
  if (body.length < FORMAT_BYTES) throw new AudioError("is a WAV file with a broken format");
  const stated = body.readUInt16LE(0);
  const code = stated === EXTENSIBLE && body.length > SUBFORMAT_AT + 1 ? body.readUInt16LE(SUBFORMAT_AT) : stated;
  const format = { code, channels: body.readUInt16LE(2), rate: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
  checkFormat(format.channels, format.rate);
  return format;
}

/** The audio up to the size that the head states; all there is when the size was not known. */
function wholeData(rest: Buffer, stated: number): Buffer {
  if (stated === 0 || stated >= UNKNOWN_SIZE) return rest;
  if (stated > rest.length)
    throw new AudioError(`is cut off: its head promises ${stated} bytes of audio, ${rest.length} are there`);
  return rest.subarray(0, stated);
}

function decodeData(format: WavFormat, data: Buffer): Int16Array {
  const { channels, rate } = format;
  const { bytes, read } = sampleReader(format, data);
  const frames = Math.floor(data.length / (bytes * channels));
  const sound = new PhoneSound();
  for (let from = 0; from < frames; from += SLICE_FRAMES) {
    const length = Math.min(SLICE_FRAMES, frames - from);
    const slice = Array.from({ length: channels }, () => new Float32Array(length));
    for (const [channel, samples] of slice.entries())
      for (let i = 0; i < length; i++) samples[i] = read(((from + i) * channels + channel) * bytes);
    sound.add(slice, rate);
  }
  return sound.end();
}

/** How one sample lies there: its bytes, and its value (±1) at an offset. */
interface SampleReader {
  readonly bytes: number;
  readonly read: (at: number) => number;
}

function sampleReader({ code, bits }: WavFormat, data: Buffer): SampleReader {
  switch (`${code} ${bits}`) {
    case `${PCM} 8`:
      return { bytes: 1, read: (at) => ((data[at] ?? 128) - 128) / 128 };
    case `${PCM} 16`:
      return { bytes: 2, read: (at) => data.readInt16LE(at) / 2 ** 15 };
    case `${PCM} 24`:
      return { bytes: 3, read: (at) => data.readIntLE(at, 3) / 2 ** 23 };
    case `${PCM} 32`:
      return { bytes: 4, read: (at) => data.readInt32LE(at) / 2 ** 31 };
    case `${FLOAT} 32`:
      return { bytes: 4, read: (at) => finite(data.readFloatLE(at)) };
    case `${FLOAT} 64`:
      return { bytes: 8, read: (at) => finite(data.readDoubleLE(at)) };
    case `${ULAW} 8`:
      return { bytes: 1, read: (at) => (PCMU.decode[data[at] ?? 0] ?? 0) / 2 ** 15 };
    case `${ALAW} 8`:
      return { bytes: 1, read: (at) => (PCMA.decode[data[at] ?? 0] ?? 0) / 2 ** 15 };
    default:
      throw new AudioError(
        `is a WAV file of ${UNSUPPORTED[code] ?? `format ${code}`} with ${bits} bits: PCM, floating point, µ-law and A-law can be played`,
      );
  }
}

function finite(sample: number): number {
  return Number.isFinite(sample) ? sample : 0;
}
