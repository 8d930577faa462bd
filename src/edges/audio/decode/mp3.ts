import { MPEGDecoder } from "mpg123-decoder";
import { PhoneSound } from "../../media/sound/phone-sound.ts";

/** Decoded in one go: at the lowest bit rate 6 MB of samples. */
const SLICE_BYTES = 32 * 1024;

/** MPEG-1, 2 and 2.5 layer III from its first frame on. Throws an `AudioError`. */
export async function decodeMp3(bytes: Buffer, start: number): Promise<Int16Array> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const sound = new PhoneSound();
  try {
    for (let at = start; at < bytes.length; at += SLICE_BYTES) {
      const { channelData, samplesDecoded, sampleRate } = decoder.decode(bytes.subarray(at, at + SLICE_BYTES));
      if (samplesDecoded > 0) sound.add(channelData, sampleRate);
    }
  } finally {
    decoder.free();
  }
  return sound.end();
}
