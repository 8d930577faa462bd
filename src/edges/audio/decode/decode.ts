import { unreachable } from "../../../base/never.ts";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import { AudioError } from "../../media/sound/audio-error.ts";
import { PhoneSound } from "../../media/sound/phone-sound.ts";
import { parseWav } from "../../media/sound/wav-reader.ts";
import { decodeAiff, decodeAu } from "./aiff-au.ts";
import { decodeFlac } from "./flac.ts";
import { audioKind } from "./identify.ts";
import { decodeMp3 } from "./mp3.ts";
import { mp3Start } from "./mp3-frames.ts";
import { decodeOgg } from "./ogg.ts";

/**
 * Decodes a whole audio file, whatever its name or media type says, to 8 kHz mono 16 bit. The error is a predicate:
 * "is a page of HTML, not audio". Takes milliseconds per second of audio: not for the event loop of a live process.
 */
export async function decodeAudio(file: Buffer): Promise<Result<Int16Array, string>> {
  try {
    return ok(await decodeKnown(file));
  } catch (error) {
    if (error instanceof AudioError) return err(error.message);
    return err(`cannot be decoded (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** A WAV file as 8 kHz mono 16 bit. Throws {@link AudioError}. */
export function decodeWav(file: Buffer): Int16Array {
  const wav = parseWav(file);
  const sound = new PhoneSound();
  for (const slice of wav.slices()) sound.add(slice, wav.rate);
  return sound.end();
}

function decodeKnown(file: Buffer): Promise<Int16Array> | Int16Array {
  const kind = audioKind(file);
  switch (kind) {
    case "wav":
      return decodeWav(file);
    case "ogg":
      return decodeOgg(file);
    case "flac":
      return decodeFlac(file);
    case "aiff":
      return decodeAiff(file);
    case "au":
      return decodeAu(file);
    case "mp3":
      return decodeMp3(file, mp3Start(file) ?? 0);
    default:
      return unreachable(kind);
  }
}
