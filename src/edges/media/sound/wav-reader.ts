import { decodeImaBlock, decodeMsBlock } from "./adpcm.ts";
import { advised, AudioError } from "./audio-error.ts";
import { SAMPLE_RATE } from "./frame.ts";
import { GSM_BLOCK_BYTES, GSM_BLOCK_SAMPLES, GsmDecoder } from "./gsm.ts";
import type { SampleCoding } from "./pcm.ts";
import { pcmSlices, sampleReader, SLICE_FRAMES, to16Bit, toFloat } from "./pcm.ts";
import { checkFormat, mono } from "./phone-sound.ts";

const RIFF_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const FORMAT_BYTES = 16;
/** The real format is in the first two bytes of the sub-format GUID. */
const EXTENSIBLE = 0xfffe;
const SUBFORMAT_AT = 24;
/** Sizes from this on belong to streams whose length was not known when the head was written. */
const UNKNOWN_SIZE = 0x7fff_0000;

/** `fmt ` codes. */
const PCM = 1;
const MS_ADPCM = 0x02;
const IMA_ADPCM = 0x11;
const GSM = 0x31;
const CODINGS: Readonly<Record<number, SampleCoding>> = { [PCM]: "signed", 3: "float", 6: "alaw", 7: "ulaw" };
const NAMES: Readonly<Record<number, string>> = {
  3: "floating point",
  6: "A-law",
  7: "µ-law",
  [MS_ADPCM]: "Microsoft ADPCM",
  [IMA_ADPCM]: "IMA ADPCM",
  [GSM]: "GSM 6.10",
  0x50: "MPEG",
  0x55: "MP3",
};

/** What the head of a WAV file says about its audio. */
export interface WavFormat {
  readonly code: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
  /** Bytes of a block: what the compressed codings decode in one go. */
  readonly blockBytes: number;
}

/** The audio of a WAV file. */
export interface WavAudio {
  readonly format: WavFormat;
  readonly rate: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly length: number;
  /** The samples as they are stored, if that is what a telephone plays (8 kHz, 16 bit, mono); else null. */
  asStored(): Int16Array | null;
  /** Decoded (full scale ±1), a piece of at most about `sliceFrames` at a time. */
  slices(sliceFrames?: number): Generator<Float32Array[], void>;
  /** Sample `i` as 16 bit, the mean of the channels. Decodes the whole file once. */
  sample(i: number): number;
}

/**
 * A WAV file: PCM of 8, 16, 24 or 32 bits, floating point, µ-law, A-law, IMA and Microsoft ADPCM, GSM 6.10. Chunks it does
 * not know are skipped. A file that is shorter than its head says is read as far as it goes. Throws {@link AudioError}.
 */
export function parseWav(bytes: Buffer): WavAudio {
  const { format, data, samples } = findChunks(bytes);
  if (format === null) throw new AudioError("is a WAV file without a format");
  if (data === null) throw new AudioError("is a WAV file without audio");
  checkFormat(format.channels, format.rate);
  const { length, slices } = codecOf(format, data, samples);
  let whole: Int16Array | null = null;
  return {
    format,
    rate: format.rate,
    channels: format.channels,
    length,
    asStored: () => (isBest(format) ? storedSamples(data) : null),
    slices,
    sample: (i) => (whole ??= to16Bit(joined([...slices()].map(mono))))[i] ?? 0,
  };
}

/** The format of a WAV file from its beginning; null if it is not a WAV file, or its format comes later. */
export function wavFormatOf(beginning: Buffer): WavFormat | null {
  return isWav(beginning) ? findChunks(beginning).format : null;
}

/** Whether it is what a telephone plays: WAV, 8 kHz, 16 bit, mono (RES-27). */
export function isBest({ code, channels, rate, bits }: WavFormat): boolean {
  return code === PCM && channels === 1 && rate === SAMPLE_RATE && bits === 16;
}

/** The format in words: "WAV, 44.1 kHz, 16 bit, stereo". */
export function wavFormatName({ code, channels, rate, bits }: WavFormat): string {
  const sides = channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`;
  const coding = code === PCM ? `${bits} bit` : (NAMES[code] ?? `format ${code}`);
  return `WAV, ${rate / 1000} kHz, ${coding}, ${sides}`;
}

/** Why audio of this format cannot be played, as a predicate; null if it can be. */
export function wavProblem({ code, bits, channels }: WavFormat): string | null {
  if (code === GSM && channels === 1) return null;
  if ((code === IMA_ADPCM || code === MS_ADPCM) && bits === 4) return null;
  const coding = codingOf(code, bits);
  if (coding !== null && sampleReader(coding, bits, "little", Buffer.alloc(0)) !== null) return null;
  return advised(`is a WAV file of ${NAMES[code] ?? `format ${code}`} with ${bits} bits`);
}

export function isWav(bytes: Buffer): boolean {
  return bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE";
}

function storedSamples(data: Buffer): Int16Array {
  const samples = new Int16Array(data.length >> 1);
  // Both are little-endian on every machine that Node runs on.
  data.copy(new Uint8Array(samples.buffer), 0, 0, 2 * samples.length);
  return samples;
}

interface WavChunks {
  readonly format: WavFormat | null;
  readonly data: Buffer | null;
  /** The `fact` chunk: samples of one channel; the last block may hold fewer than it could. */
  readonly samples: number | null;
}

function findChunks(bytes: Buffer): WavChunks {
  if (!isWav(bytes)) throw new AudioError("is not a WAV file");
  let format: WavFormat | null = null;
  let samples: number | null = null;
  for (let at = RIFF_HEAD_BYTES; at + CHUNK_HEAD_BYTES <= bytes.length;) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + CHUNK_HEAD_BYTES, at + CHUNK_HEAD_BYTES + size);
    if (name === "fmt ") format = formatOf(body);
    if (name === "fact" && body.length >= 4) samples = body.readUInt32LE(0);
    if (name === "data" && format !== null)
      return { format, data: dataOf(bytes.subarray(at + CHUNK_HEAD_BYTES), size), samples };
    // Chunks begin at even offsets.
    at += CHUNK_HEAD_BYTES + size + (size & 1);
  }
  return { format, data: null, samples };
}

function formatOf(body: Buffer): WavFormat {
  if (body.length < FORMAT_BYTES) throw new AudioError("is a WAV file with a broken format");
  const stated = body.readUInt16LE(0);
  const code = stated === EXTENSIBLE && body.length > SUBFORMAT_AT + 1 ? body.readUInt16LE(SUBFORMAT_AT) : stated;
  return {
    code,
    channels: body.readUInt16LE(2),
    rate: body.readUInt32LE(4),
    blockBytes: body.readUInt16LE(12),
    bits: body.readUInt16LE(14),
  };
}

/** The audio up to the size that the head states; all there is if the size was not known, or the file is cut off. */
function dataOf(rest: Buffer, stated: number): Buffer {
  return stated === 0 || stated >= UNKNOWN_SIZE ? rest : rest.subarray(0, stated);
}

type Codec = Pick<WavAudio, "length" | "slices">;

function codecOf(format: WavFormat, data: Buffer, samples: number | null): Codec {
  const problem = wavProblem(format);
  if (problem !== null) throw new AudioError(problem);
  const { code, bits, channels } = format;
  if (code === GSM) return gsmCodec(data, samples);
  if (code === IMA_ADPCM) return blockCodec(format, data, samples, decodeImaBlock);
  if (code === MS_ADPCM) return blockCodec(format, data, samples, decodeMsBlock);
  const reader = sampleReader(codingOf(code, bits) ?? "signed", bits, "little", data);
  if (reader === null) throw new AudioError("is a WAV file with a broken format");
  const length = Math.floor(data.length / (reader.bytes * channels));
  return { length, slices: (sliceFrames) => pcmSlices(reader, channels, data, sliceFrames) };
}

/** 8 bits of PCM are unsigned, all others signed. */
function codingOf(code: number, bits: number): SampleCoding | null {
  return code === PCM && bits === 8 ? "unsigned" : (CODINGS[code] ?? null);
}

function blockCodec(
  { channels, blockBytes }: WavFormat,
  data: Buffer,
  samples: number | null,
  decode: (block: Buffer, channels: number) => Int16Array[],
): Codec {
  if (blockBytes === 0) throw new AudioError("is a WAV file with a broken format");
  const blocks = Math.ceil(data.length / blockBytes);
  const block = (i: number): Float32Array[] =>
    decode(data.subarray(i * blockBytes, (i + 1) * blockBytes), channels).map(toFloat);
  const perBlock = decode(Buffer.alloc(blockBytes), channels)[0]?.length ?? 0;
  const last = decode(data.subarray((blocks - 1) * blockBytes), channels)[0]?.length ?? 0;
  const length = Math.min(blocks === 0 ? 0 : (blocks - 1) * perBlock + last, samples ?? Number.POSITIVE_INFINITY);
  return { length, slices: (sliceFrames) => limited(grouped(blocks, block, sliceFrames), length) };
}

function gsmCodec(data: Buffer, samples: number | null): Codec {
  const blocks = Math.floor(data.length / GSM_BLOCK_BYTES);
  const length = Math.min(blocks * GSM_BLOCK_SAMPLES, samples ?? Number.POSITIVE_INFINITY);
  const slices = (sliceFrames?: number): Generator<Float32Array[], void> => {
    const decoder = new GsmDecoder();
    const block = (i: number): Float32Array[] => {
      const decoded = decoder.decodeBlock(data.subarray(i * GSM_BLOCK_BYTES, (i + 1) * GSM_BLOCK_BYTES));
      return [toFloat(decoded ?? new Int16Array(0))];
    };
    return limited(grouped(blocks, block, sliceFrames), length);
  };
  return { length, slices };
}

/** Blocks in their order, several to a slice. */
function* grouped(
  blocks: number,
  decode: (i: number) => Float32Array[],
  sliceFrames = SLICE_FRAMES,
): Generator<Float32Array[], void> {
  let slice: Float32Array[][] = [];
  let frames = 0;
  for (let i = 0; i < blocks; i++) {
    const channels = decode(i);
    slice.push(channels);
    frames += channels[0]?.length ?? 0;
    if (frames < sliceFrames && i + 1 < blocks) continue;
    yield channels.map((_, channel) => joined(slice.map((block) => block[channel] ?? new Float32Array(0))));
    slice = [];
    frames = 0;
  }
}

function* limited(slices: Generator<Float32Array[], void>, length: number): Generator<Float32Array[], void> {
  let left = length;
  for (const slice of slices) {
    const channels = slice.map((samples) => samples.subarray(0, left));
    left -= channels[0]?.length ?? 0;
    if ((channels[0]?.length ?? 0) > 0) yield channels;
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
