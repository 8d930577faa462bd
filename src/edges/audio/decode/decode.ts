import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import { AudioError } from "./audio-error.ts";
import { decodeMp3, mp3Start } from "./mp3.ts";
import { decodeOgg } from "./ogg.ts";
import { decodeWav } from "./wav.ts";

/** What can be played, for the verdicts. */
const PLAYABLE = "WAV, MP3 and Ogg can be played";

/** How files begin that are audio (or something else) that we do not play: offset, first bytes, name. */
const OTHERS: readonly (readonly [number, string, string])[] = [
  [0, "fLaC", "a FLAC file"],
  [4, "ftyp", "an MP4 (AAC) file"],
  [0, "#!AMR", "an AMR file"],
  [0, "\u001aE\u00df\u00a3", "a WebM or Matroska file"],
  [0, "FORM", "an AIFF file"],
  [0, ".snd", "an AU file"],
  [0, "caff", "a CAF file"],
  [0, "RF64", "an RF64 file"],
  [0, "0&\u00b2u", "a WMA file"],
  [0, "\u001f\u008b", "compressed with gzip, which was not asked for"],
  [0, "PK\u0003\u0004", "a ZIP file"],
  [0, "%PDF", "a PDF file"],
  [0, "\u0089PNG", "a picture"],
  [0, "\u00ff\u00d8\u00ff", "a picture"],
];
/** Looked at to tell text from sound. */
const LOOK_BYTES = 512;

/**
 * Decodes a whole audio file, whatever its name or media type said, to 8 kHz mono 16 bit. The error is a predicate:
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

function decodeKnown(file: Buffer): Promise<Int16Array> | Int16Array {
  if (file.length === 0) throw new AudioError("is empty");
  if (begins(file, 0, "RIFF") && begins(file, 8, "WAVE")) return decodeWav(file);
  if (begins(file, 0, "OggS")) return decodeOgg(file);
  const other = OTHERS.find(([at, magic]) => begins(file, at, magic))?.[2];
  if (other !== undefined) throw new AudioError(`is ${other}: ${PLAYABLE}`);
  if (isText(file)) throw new AudioError(`is ${textName(file)}, not audio`);
  const start = mp3Start(file);
  if (start !== null) return decodeMp3(file, start);
  throw new AudioError(isAdts(file) ? `is an AAC file: ${PLAYABLE}` : `is of an unknown format: ${PLAYABLE}`);
}

function begins(file: Buffer, at: number, magic: string): boolean {
  return file.toString("latin1", at, at + magic.length) === magic;
}

/** No control characters but white space: sound has them within a few bytes. */
function isText(file: Buffer): boolean {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/.test(file.toString("latin1", 0, LOOK_BYTES));
}

function textName(file: Buffer): string {
  const beginning = file.toString("latin1", 0, LOOK_BYTES).trimStart().toLowerCase();
  if (/^(?:\u00ef\u00bb\u00bf)?<(?:!doctype html|html|head|body|!--)/.test(beginning)) return "a page of HTML";
  if (beginning.startsWith("<")) return "XML";
  return beginning.startsWith("{") || beginning.startsWith("[") ? "JSON" : "text";
}

/** AAC as it comes without a container: 12 bits of synchronisation, layer 0. */
function isAdts(file: Buffer): boolean {
  return file.length > 1 && (file.readUInt16BE(0) & 0xfff6) === 0xfff0;
}
