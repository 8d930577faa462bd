import { INVALID, type ValidationMode } from "./fields.ts";
import { error, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import { maskCredentials } from "./query.ts";
import { contentTypeOf, type HttpResponse, readResponse, UNUSED } from "./http-response.ts";

/** The verdict on an audio URL. If not `ok`, strict makes the answer that names it invalid; lenient leaves the audio out. */
export interface AudioVerdict {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** What an audio file is, as far as its beginning shows (RES-27). */
export interface AudioFormat {
  /** For people: "WAV, 44.1 kHz, 16 bit, stereo". */
  readonly name: string;
  /** WAV of 8 kHz, 16 bit, mono: it is played as it is. Any other is converted. */
  readonly best: boolean;
  /** Why it cannot be played, as a predicate: "is a page of HTML, not audio". Null: it can be. */
  readonly problem: string | null;
}

/** WAV under the names servers give it. */
const WAV = new Set(["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"]);
/** Media types of audio that no decoder here reads: AAC and its containers, AMR, WMA, WebM, MIDI. */
const UNSUPPORTED =
  /^audio\/(?:aacp?|x-aac|mp4|x-m4a|m4a|mp4a-latm|3gpp2?|amr(?:-wb\+?)?|x-ms-wma|webm|midi|x-midi|x-matroska)$/;
/** Media types that say for certain that this is not audio: usually an error or login page. */
const NO_AUDIO = /^(?:text|image|video|font|multipart|message)\/|^application\/(?:.*\+)?(?:json|xml|pdf)$/;
const WANTED_AUDIO = "WAV, 8 kHz, 16 bit, mono";
const CONVERTED = "it is decoded and converted";

/**
 * RES-27: validates the answer to the check (HEAD, or GET) of one audio URL, named in the findings without its
 * credentials. One that cannot be decoded makes the URL unusable; another format than WAV, 8 kHz, 16 bit, mono is a
 * warning. If the file itself was not examined (`format` null), its media type decides; one that says nothing is a warning.
 */
export function validateAudio(
  url: string,
  outcome: HttpOutcome,
  mode: ValidationMode = "strict",
  format: AudioFormat | null = null,
): AudioVerdict {
  const path = maskCredentials(url);
  const received = readResponse(outcome);
  if (!received.usable) return { ok: false, findings: received.findings.map((each) => ofAudio(each, path, mode)) };
  if (format !== null) return validateFormat(path, format, "is", mode);
  return validateFormat(path, formatOf(received), "has", mode);
}

/** What the media type alone says. */
function formatOf({ mediaType, contentType }: HttpResponse): AudioFormat {
  const name = contentTypeOf(contentType);
  if (NO_AUDIO.test(mediaType)) return { name, best: false, problem: `has ${name}, which is not audio` };
  if (UNSUPPORTED.test(mediaType))
    return { name, best: false, problem: `has ${name}, which cannot be decoded (convert it)` };
  return { name, best: WAV.has(mediaType), problem: null };
}

function validateFormat(path: string, format: AudioFormat, verb: "is" | "has", mode: ValidationMode): AudioVerdict {
  const { name, best, problem } = format;
  if (best) return { ok: true, findings: [] };
  const parts = { rule: "RES-27", path, found: name, allowed: WANTED_AUDIO };
  if (problem === null) {
    const converted = { consequence: CONVERTED, problem: `${verb} ${name}; best is ${WANTED_AUDIO}` };
    return { ok: true, findings: [warning({ ...parts, ...converted })] };
  }
  const finding = mode === "strict" ? error : warning;
  const unusable = { consequence: consequenceOf(mode), problem: `${problem}; allowed is ${WANTED_AUDIO}` };
  return { ok: false, findings: [finding({ ...parts, ...unusable })] };
}

/** A finding about an HTTP answer, as one about an audio file. */
function ofAudio(found: Finding, path: string, mode: ValidationMode): Finding {
  const consequence = consequenceOf(mode);
  const message = `${path}${found.message.slice("The answer".length, -`${UNUSED}.`.length)}${consequence}.`;
  return { ...found, level: mode === "strict" ? "error" : "warning", rule: "RES-27", path, consequence, message };
}

function consequenceOf(mode: ValidationMode): string {
  return mode === "strict" ? INVALID : "it is not played";
}
