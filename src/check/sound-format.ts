/** What a file is, for people, by its first bytes (RES-27). */
export interface SoundFormat {
  readonly name: string;
  /** Of a kind the platform decodes. */
  readonly playable: boolean;
  /** Exactly the format of the telephone. */
  readonly wanted: boolean;
}

const RATE_HZ = 8000;
const BITS = 16;
/** WAVE format tags that are decoded. */
const PCM = 1;
const TAGS: Readonly<Record<number, string>> = { [PCM]: "", 3: " float", 6: " A-law", 7: " µ-law", 0xfffe: "" };

/** What servers hand out under the address of an audio file: where it begins with what. */
const OTHERS: readonly (readonly [number, string, string])[] = [
  [0, "fLaC", "a FLAC file"],
  [4, "ftyp", "an MP4 (AAC) file"],
  [0, "#!AMR", "an AMR file"],
  [0, "\u001aE\u00df\u00a3", "a WebM or Matroska file"],
  [0, "FORM", "an AIFF file"],
  [0, "<", "a page of HTML or XML"],
  [0, "{", "JSON"],
];

/** Tells WAV, MP3 and Ogg, which can be played, from everything else. */
export function formatOf(file: Buffer): SoundFormat {
  if (begins(file, 0, "RIFF") && begins(file, 8, "WAVE")) return wavFormat(file);
  if (begins(file, 0, "OggS")) return { name: "Ogg", playable: true, wanted: false };
  // MPEG audio: an ID3 tag, or eleven bits of synchronisation and a layer (AAC has none).
  const synchronised = file.length > 1 && (file.readUInt16BE(0) & 0xffe0) === 0xffe0 && (file.readUInt8(1) & 6) !== 0;
  if (begins(file, 0, "ID3") || synchronised) return { name: "MP3", playable: true, wanted: false };
  const other = OTHERS.find(([at, magic]) => begins(file, at, magic))?.[2];
  return { name: file.length === 0 ? "empty" : (other ?? "no WAV, MP3 or Ogg file"), playable: false, wanted: false };
}

function wavFormat(file: Buffer): SoundFormat {
  const at = formatChunk(file);
  if (at === null) return { name: "a WAV file without a format chunk", playable: false, wanted: false };
  const tag = file.readUInt16LE(at);
  const channels = file.readUInt16LE(at + 2);
  const rate = file.readUInt32LE(at + 4);
  const bits = file.readUInt16LE(at + 14);
  const codec = TAGS[tag];
  if (codec === undefined) return { name: `WAV with codec ${tag}`, playable: false, wanted: false };
  const sides = channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`;
  const wanted = tag === PCM && channels === 1 && rate === RATE_HZ && bits === BITS;
  return { name: `WAV, ${rate / 1000} kHz, ${bits} bit${codec}, ${sides}`, playable: true, wanted };
}

function begins(file: Buffer, at: number, text: string): boolean {
  return file.toString("latin1", at, at + text.length) === text;
}

/** RIFF: chunks of a name, a length and as many bytes, padded to even. Null: there is no format chunk, or half of one. */
function formatChunk(file: Buffer): number | null {
  for (let at = 12; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    if (begins(file, at, "fmt ")) return at + 8 + 16 <= file.length ? at + 8 : null;
    at += 8 + length + (length % 2);
  }
  return null;
}
