import { INVALID, type ValidationMode } from "./fields.ts";
import { error, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import { maskCredentials } from "./query.ts";
import { contentTypeOf, readResponse, UNUSED } from "./http-response.ts";

/** The verdict on an audio URL. Not `ok`: strict, the answer that names it is invalid; lenient, it is left out. */
export interface AudioVerdict {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** The format of an audio file, where more than its media type was looked at. */
export interface AudioFormat {
  /** For findings: "WAV, 44.1 kHz, 16 bit, stereo". */
  readonly name: string;
  /** `native`: played as it is; `decodable`: converted before it is played; `unsupported`: there is no decoder for it. */
  readonly support: "native" | "decodable" | "unsupported";
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
 * credentials. Where only the media type is known (`format` null), one that cannot be decoded makes the URL unusable;
 * another format than WAV, or a type that says nothing, is a warning.
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
  if (format !== null) return validateFormat(path, format.name, format.support, mode);
  const { mediaType } = received;
  const found = contentTypeOf(received.contentType);
  if (WAV.has(mediaType)) return validateFormat(path, found, "native", mode);
  if (NO_AUDIO.test(mediaType)) return notAudio(path, found, mode);
  return validateFormat(path, found, UNSUPPORTED.test(mediaType) ? "unsupported" : "decodable", mode);
}

function validateFormat(
  path: string,
  found: string,
  support: AudioFormat["support"],
  mode: ValidationMode,
): AudioVerdict {
  if (support === "native") return { ok: true, findings: [] };
  if (support === "unsupported") {
    const allowed = `${WANTED_AUDIO} (convert it)`;
    return unusableAudio(path, found, allowed, `has ${found}, which cannot be decoded; allowed is ${allowed}`, mode);
  }
  const problem = `has ${found}; best is ${WANTED_AUDIO}`;
  const parts = { rule: "RES-27", path, found, allowed: WANTED_AUDIO, problem };
  return { ok: true, findings: [warning({ ...parts, consequence: CONVERTED })] };
}

function notAudio(path: string, found: string, mode: ValidationMode): AudioVerdict {
  return unusableAudio(path, found, WANTED_AUDIO, `has ${found}; allowed is ${WANTED_AUDIO}`, mode);
}

function unusableAudio(
  path: string,
  found: string,
  allowed: string,
  problem: string,
  mode: ValidationMode,
): AudioVerdict {
  const finding = mode === "strict" ? error : warning;
  const consequence = consequenceOf(mode);
  return { ok: false, findings: [finding({ rule: "RES-27", path, found, allowed, consequence, problem })] };
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
