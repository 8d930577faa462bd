import { advised, AudioError } from "../../media/sound/audio-error.ts";
import { isBest, isWav, wavFormatName, wavFormatOf, wavProblem } from "../../media/sound/wav-reader.ts";
import { mp3Start } from "./mp3-frames.ts";

/** Kinds of files that are decoded. */
export type AudioKind = "wav" | "ogg" | "mp3" | "flac" | "aiff" | "au";

/** What an audio file is, as far as its beginning shows (RES-27). */
export interface SourceFormat {
  /** For people: "WAV, 44.1 kHz, 16 bit, stereo". */
  readonly name: string;
  /** WAV of 8 kHz, 16 bit, mono: it is played as it is. Any other is converted. */
  readonly best: boolean;
  /** Why it cannot be played, as a predicate: "is a page of HTML, not audio". Null if it can be. */
  readonly problem: string | null;
}

/** How files begin: offset, first bytes, kind. */
const KNOWN: readonly (readonly [number, string, AudioKind])[] = [
  [0, "OggS", "ogg"],
  [0, "fLaC", "flac"],
  [8, "AIFF", "aiff"],
  [8, "AIFC", "aiff"],
  [0, ".snd", "au"],
];
/** How files begin that we do not decode, audio or not: offset, first bytes, name. */
const OTHERS: readonly (readonly [number, string, string])[] = [
  [4, "ftyp", "an MP4 (AAC) file"],
  [0, "ADIF", "an AAC file"],
  [0, "#!AMR", "an AMR file"],
  [0, "\u001aE\u00df\u00a3", "a WebM or Matroska file"],
  [0, "caff", "a CAF file"],
  [0, "RF64", "an RF64 file"],
  [0, "0&\u00b2u", "a WMA file"],
  [0, "\u001f\u008b", "compressed with gzip, which was not asked for"],
  [0, "PK\u0003\u0004", "a ZIP file"],
  [0, "%PDF", "a PDF file"],
  [0, "\u0089PNG", "a picture"],
  [0, "\u00ff\u00d8\u00ff", "a picture"],
];
const NAMES: Readonly<Record<Exclude<AudioKind, "wav">, string>> = {
  ogg: "Ogg",
  mp3: "MP3",
  flac: "FLAC",
  aiff: "AIFF",
  au: "AU",
};
/** Bytes examined to tell text from sound. */
const LOOK_BYTES = 512;

/** What kind of file it is, from its beginning, whatever its name or media type says. Throws {@link AudioError}. */
export function audioKind(file: Buffer): AudioKind {
  if (file.length === 0) throw new AudioError("is empty");
  if (isWav(file)) return "wav";
  const known = KNOWN.find(([at, magic]) => begins(file, at, magic))?.[2];
  if (known !== undefined) return known;
  const other = OTHERS.find(([at, magic]) => begins(file, at, magic))?.[2];
  if (other !== undefined) throw new AudioError(advised(`is ${other}`));
  if (isText(file)) throw new AudioError(`is ${textName(file)}, not audio`);
  if (mp3Start(file) !== null) return "mp3";
  throw new AudioError(advised(isAdts(file) ? "is an AAC file" : "is of an unknown format"));
}

/** The format of a file from its beginning; null if it is not known yet. Never throws. */
export function sourceFormat(beginning: Buffer, whole: boolean): SourceFormat | null {
  try {
    const kind = audioKind(beginning);
    if (kind !== "wav") return { name: NAMES[kind], best: false, problem: null };
    const format = wavFormatOf(beginning);
    if (format === null) return null;
    return { name: wavFormatName(format), best: isBest(format), problem: wavProblem(format) };
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    // After a long tag, the audio of an MP3 begins later.
    if (!whole && begins(beginning, 0, "ID3")) return { name: NAMES.mp3, best: false, problem: null };
    return { name: "not playable audio", best: false, problem: error.message };
  }
}

function begins(file: Buffer, at: number, magic: string): boolean {
  return file.toString("latin1", at, at + magic.length) === magic;
}

/** Text has no control characters except white space; sound has them within a few bytes. */
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
