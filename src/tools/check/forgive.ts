import type { HttpOutcome } from "../../core/contract/http.ts";
import { ACCEPT_JSON, ACCEPT_TEXT } from "../../core/contract/request.ts";

/**
 * The outcome as it would be with status 200 and the right Content-Type, if it is otherwise an answer of that form;
 * anything else is returned unchanged. The platform forgives neither, but the check reads on to find the next mistake.
 */
export function overlookMediaType(outcome: HttpOutcome, accept: string): HttpOutcome {
  if (!outcome.ok || outcome.status < 200 || outcome.status > 299) return outcome;
  const wanted = mediaTypeFor(accept);
  if (wanted === null || !hasForm(outcome.body, wanted)) return outcome;
  if (outcome.status === 200 && isMediaType(outcome.contentType, wanted)) return outcome;
  return { ...outcome, status: 200, contentType: wanted };
}

function mediaTypeFor(accept: string): string | null {
  if (accept === ACCEPT_JSON) return "application/json";
  return accept === ACCEPT_TEXT ? "text/plain" : null;
}

function isMediaType(contentType: string | null, wanted: string): boolean {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  // Text answers may also come as JSON, with a separate warning.
  return type === wanted || (wanted === "text/plain" && type === "application/json");
}

/** Whether it is a JSON object, or, for text, anything that is not a page. */
function hasForm(body: string, wanted: string): boolean {
  if (wanted === "text/plain") return !/^\s*</.test(body);
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
