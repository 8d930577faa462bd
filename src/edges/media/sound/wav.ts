import { open, stat } from "node:fs/promises";
import { samplesToMs, SAMPLE_RATE } from "./frame.ts";
import { PCMA, PCMU } from "./g711.ts";

/** Our own files: RIFF head, 16-byte `fmt `, `data` at once, so that the audio begins here. */
export const WAV_HEADER_BYTES = 44;
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;
const BYTES_PER_SAMPLE = 2;
const FORMAT_PCM = 1;
const FORMAT_ALAW = 6;
const FORMAT_ULAW = 7;
/** The real format stands in the first two bytes of the sub-format GUID. */
const FORMAT_EXTENSIBLE = 0xfffe;

/** Bytes of one sample of all channels. */
export function blockBytes(channels: number): number {
  return channels * BYTES_PER_SAMPLE;
}

/** Head of an 8 kHz 16-bit file with so many bytes of audio. */
export function wavHeader(channels: number, dataBytes: number): Buffer {
  const head = Buffer.alloc(WAV_HEADER_BYTES);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(WAV_HEADER_BYTES - 8 + dataBytes, RIFF_SIZE_AT);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(FORMAT_PCM, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * blockBytes(channels), 28);
  head.writeUInt16LE(blockBytes(channels), 32);
  head.writeUInt16LE(8 * BYTES_PER_SAMPLE, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(dataBytes, DATA_SIZE_AT);
  return head;
}

/**
 * Makes a recording that was cut off by a crash whole: its head counts everything that reached the file. Does nothing to
 * one that was closed. A file too short for a head becomes an empty recording. Rejects when there is no such file, or
 * when it is no recording of ours.
 */
export async function repairWav(path: string): Promise<{ durationMs: number }> {
  const file = await open(path, "r+");
  try {
    const head = Buffer.alloc(WAV_HEADER_BYTES);
    const { bytesRead } = await file.read(head, 0, WAV_HEADER_BYTES, 0);
    if (bytesRead < WAV_HEADER_BYTES) {
      await file.truncate(0);
      await file.write(wavHeader(1, 0), 0, WAV_HEADER_BYTES, 0);
      return { durationMs: 0 };
    }
    const channels = head.readUInt16LE(22);
    if (
      !head.subarray(0, RIFF_SIZE_AT).equals(wavHeader(1, 0).subarray(0, RIFF_SIZE_AT)) ||
      channels < 1 ||
      channels > 2
    )
      throw new Error(`${path} is no recording of ours`);
    const { size } = await file.stat();
    const samples = Math.floor((size - WAV_HEADER_BYTES) / blockBytes(channels));
    const whole = wavHeader(channels, samples * blockBytes(channels));
    if (!whole.equals(head)) await file.write(whole, 0, WAV_HEADER_BYTES, 0);
    return { durationMs: samplesToMs(samples) };
  } finally {
    await file.close();
  }
}

/** Audio of a WAV file, still as it lies there. */
export interface WavAudio {
  readonly rate: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly length: number;
  /** Mono sample `i`: the mean of the channels. */
  sample(i: number): number;
}

interface WavFormat {
  readonly format: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

/** Throws with a sentence that says what is wrong with the file. */
export function parseWav(bytes: Buffer): WavAudio {
  if (bytes.length < 12 || bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WAVE")
    throw new Error("not a WAV file");
  let format: WavFormat | null = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (name === "fmt ") format = parseFormat(body);
    // A size beyond the end (a stream whose length was not known) means all there is.
    if (name === "data" && format !== null) return audioOf(format, body);
    at += 8 + size + (size & 1);
  }
  throw new Error(format === null ? "WAV file without format" : "WAV file without audio");
}

function parseFormat(body: Buffer): WavFormat {
  if (body.length < 16) throw new Error("WAV file with a broken format");
  const stated = body.readUInt16LE(0);
  const format = stated === FORMAT_EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : stated;
  return { format, channels: body.readUInt16LE(2), rate: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
}

function audioOf(wav: WavFormat, data: Buffer): WavAudio {
  const { channels, rate } = wav;
  if (channels < 1 || channels > 2) throw new Error(`WAV file with ${channels} channels: one or two are understood`);
  if (rate < 8000 || rate > 48_000) throw new Error(`WAV file of ${rate} Hz: 8000 to 48000 are understood`);
  const { bytes, read } = sampleReader(wav, data);
  const sample = channels === 1 ? read : (i: number): number => Math.round((read(2 * i) + read(2 * i + 1)) / 2);
  return { rate, channels, length: Math.floor(data.length / (bytes * channels)), sample };
}

function sampleReader(wav: WavFormat, data: Buffer): { bytes: number; read: (i: number) => number } {
  const { format, bits } = wav;
  if (format === FORMAT_PCM && bits === 16) return { bytes: 2, read: (i) => data.readInt16LE(2 * i) };
  if (format === FORMAT_PCM && bits === 8) return { bytes: 1, read: (i) => ((data[i] ?? 128) - 128) << 8 };
  if (format === FORMAT_ULAW && bits === 8) return { bytes: 1, read: (i) => PCMU.decode[data[i] ?? 0] ?? 0 };
  if (format === FORMAT_ALAW && bits === 8) return { bytes: 1, read: (i) => PCMA.decode[data[i] ?? 0] ?? 0 };
  throw new Error(`WAV file of format ${format} with ${bits} bits: PCM 8 or 16, µ-law and A-law are understood`);
}

/** Size and last change of a file, to notice that it became another. */
export async function fileVersion(path: string): Promise<{ bytes: number; version: string }> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, version: `${size} ${mtimeMs}` };
}
