/** The format of a file that can be decoded (RES-27). */
export interface SoundFormat {
  /** For people: "WAV, 44.1 kHz, 16 bit, stereo". */
  readonly name: string;
  /** WAV, 8 kHz, 16 bit, mono: played as it is. */
  readonly wanted: boolean;
}

const RATE_HZ = 8000;
const BITS = 16;
/** WAVE format tags; with the last the codec is named further on. */
const PCM = 1;
const CODECS: Readonly<Record<number, string>> = { [PCM]: "", 3: " float", 6: " A-law", 7: " µ-law", 0xfffe: "" };

/** Reads the beginning of a file that is WAV, MP3 or Ogg. */
export function formatOf(file: Buffer): SoundFormat {
  if (begins(file, 0, "OggS")) return { name: "Ogg", wanted: false };
  const at = begins(file, 0, "RIFF") && begins(file, 8, "WAVE") ? formatChunk(file) : null;
  if (at === null) return { name: "MP3", wanted: false };
  const tag = file.readUInt16LE(at);
  const channels = file.readUInt16LE(at + 2);
  const rate = file.readUInt32LE(at + 4);
  const bits = file.readUInt16LE(at + 14);
  const sides = channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`;
  const wanted = tag === PCM && channels === 1 && rate === RATE_HZ && bits === BITS;
  return { name: `WAV, ${rate / 1000} kHz, ${bits} bit${CODECS[tag] ?? ` codec ${tag}`}, ${sides}`, wanted };
}

function begins(file: Buffer, at: number, text: string): boolean {
  return file.toString("latin1", at, at + text.length) === text;
}

/** RIFF: chunks of a name, a length and that many bytes, padded to even. Null: no format chunk, or an incomplete one. */
function formatChunk(file: Buffer): number | null {
  for (let at = 12; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    if (begins(file, at, "fmt ")) return at + 8 + 16 <= file.length ? at + 8 : null;
    at += 8 + length + (length % 2);
  }
  return null;
}
