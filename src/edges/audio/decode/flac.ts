import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { AudioError } from "../../media/sound/audio-error.ts";
import { checkFormat, PhoneSound } from "../../media/sound/phone-sound.ts";

/** Decoded in one go: silence packs so well that this may unpack to tens of megabytes. */
const SLICE_BYTES = 16 * 1024;
/** `STREAMINFO` (RFC 9639 section 8.2) comes first: its rate has 20 bits, its channels 3. */
const STREAM_INFO_END = 42;
const RATE_AT = 18;

/** A FLAC file; one that is cut off is decoded as far as it goes. Throws {@link AudioError}. */
export async function decodeFlac(bytes: Buffer): Promise<Int16Array> {
  if (bytes.length < STREAM_INFO_END) throw new AudioError("is a FLAC file that is cut off in its head");
  const info = bytes.readUInt32BE(RATE_AT);
  checkFormat(((info >>> 9) & 7) + 1, info >>> 12);
  const decoder = new FLACDecoder();
  await decoder.ready;
  const sound = new PhoneSound();
  const add = ({ channelData, samplesDecoded, sampleRate }: Awaited<ReturnType<typeof decoder.decode>>): void => {
    if (samplesDecoded > 0) sound.add(channelData, sampleRate);
  };
  try {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES)
      add(await decoder.decode(bytes.subarray(at, at + SLICE_BYTES)));
    add(await decoder.flush());
  } finally {
    decoder.free();
  }
  return sound.end();
}
