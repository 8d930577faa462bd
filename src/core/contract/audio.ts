import { INVALID, type ValidationMode } from "./fields.ts";
import { error, quote, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import { maskCredentials } from "./query.ts";
import { readResponse, UNUSED } from "./http-response.ts";

/** What a check of an audio URL came to. Not `ok`: strict, the answer that names it is invalid; lenient, drop it. */
export interface AudioVerdict {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** WAV under the names servers give it. */
const WAV = new Set(["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"]);
/** Media types that say for certain that this is no audio: usually a page of error or of login. */
const NO_AUDIO = /^(?:text|image|video|font|multipart|message)\/|^application\/(?:.*\+)?(?:json|xml|pdf)$/;
const WANTED_AUDIO = "WAV, 8 kHz, 16 bit, mono";

/**
 * RES-27: judges the answer to the check (HEAD, or GET) of one audio URL, named in the findings without its
 * credentials. The media type is all that a check sees of the format: one that cannot be audio makes it unusable;
 * audio that is not WAV, or a type that says nothing, is a warning.
 */
export function validateAudio(url: string, outcome: HttpOutcome, mode: ValidationMode = "strict"): AudioVerdict {
  const path = maskCredentials(url);
  const received = readResponse(outcome);
  if (!received.usable) return { ok: false, findings: received.findings.map((each) => ofAudio(each, path, mode)) };
  const { mediaType, contentType } = received;
  if (WAV.has(mediaType)) return { ok: true, findings: [] };
  const found = contentType === null ? "no Content-Type" : `Content-Type ${quote(contentType)}`;
  const problem = `has ${found}; allowed is ${WANTED_AUDIO}`;
  const parts = { rule: "RES-27", path, found, allowed: WANTED_AUDIO, problem };
  if (!NO_AUDIO.test(mediaType))
    return { ok: true, findings: [warning({ ...parts, consequence: "it is decoded where possible" })] };
  const finding = mode === "strict" ? error : warning;
  return { ok: false, findings: [finding({ ...parts, consequence: consequenceOf(mode) })] };
}

/** A finding about an HTTP answer, told about an audio file. */
function ofAudio(found: Finding, path: string, mode: ValidationMode): Finding {
  const consequence = consequenceOf(mode);
  const message = `${path}${found.message.slice("The answer".length, -`${UNUSED}.`.length)}${consequence}.`;
  return { ...found, level: mode === "strict" ? "error" : "warning", rule: "RES-27", path, consequence, message };
}

function consequenceOf(mode: ValidationMode): string {
  return mode === "strict" ? INVALID : "it is not played";
}
