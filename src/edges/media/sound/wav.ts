import { open, stat } from "node:fs/promises";
import { samplesToMs, SAMPLE_RATE } from "./frame.ts";

export { parseWav } from "./wav-reader.ts";

/** Our own files: RIFF header, 16-byte `fmt `, then `data`, so that the audio begins here. */
export const WAV_HEADER_BYTES = 44;
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;
const BYTES_PER_SAMPLE = 2;
const FORMAT_PCM = 1;

/** Bytes of one sample of all channels. */
export function blockBytes(channels: number): number {
  return channels * BYTES_PER_SAMPLE;
}

/** Header of an 8 kHz 16-bit file with this many bytes of audio. */
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
 * Repairs a recording that was cut off by a crash: its header then counts everything that reached the file. Does nothing
 * to one that was closed. A file too short for a head becomes an empty recording. Rejects if there is no such file, or
 * if it is not a recording of ours.
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
      throw new Error(`${path} is not a recording of ours`);
    const { size } = await file.stat();
    const samples = Math.floor((size - WAV_HEADER_BYTES) / blockBytes(channels));
    const whole = wavHeader(channels, samples * blockBytes(channels));
    if (!whole.equals(head)) await file.write(whole, 0, WAV_HEADER_BYTES, 0);
    return { durationMs: samplesToMs(samples) };
  } finally {
    await file.close();
  }
}

/** Size and last change of a file, to notice changes. */
export async function fileVersion(path: string): Promise<{ bytes: number; version: string }> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, version: `${size} ${mtimeMs}` };
}
