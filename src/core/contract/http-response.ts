import type { ValidationContext } from "./fields.ts";
import { error, quote, warning, type Finding, type FindingParts } from "./finding.ts";
import type { HttpFailureReason, HttpOutcome } from "./http.ts";
import type { Unusable } from "./verdict.ts";

/** An answer with status 200. `mediaType` is lower-case, without parameters; empty where the header is missing. */
export interface HttpResponse {
  readonly usable: true;
  readonly mediaType: string;
  readonly contentType: string | null;
  readonly body: string;
}

/** REQ-8: an answer has a few hundred bytes; a larger one is a mistake or an attack, and would fill memory and trace. */
export const MAX_BODY_BYTES = 65_536;

/** The limit counts bytes on the wire. */
const encoder = new TextEncoder();

/** The consequence of every finding about the answer as a whole. */
export const UNUSED = "it cannot be used";

/** The checks that every kind of answer shares: it came, with status 200, and is not too large. */
export function readResponse(outcome: HttpOutcome): HttpResponse | Unusable {
  if (!outcome.ok) return notReceived(outcome.reason, outcome.detail);
  const { status, contentType, body } = outcome;
  if (status >= 300 && status <= 399) return redirected(status);
  if (status !== 200)
    return unusable("http_error", {
      rule: "RES-1",
      found: `status ${status}`,
      allowed: "status 200",
      problem: `has status ${status}; only 200 is usable`,
    });
  if (encoder.encode(body).length > MAX_BODY_BYTES) return tooLarge();
  return { usable: true, mediaType: mediaTypeOf(contentType), contentType, body };
}

/** REQ-5. */
function redirected(status: number): Unusable {
  return unusable("http_error", {
    rule: "REQ-5",
    found: `status ${status}`,
    allowed: "status 200",
    problem: `is a redirect (status ${status}); redirects are not followed`,
  });
}

function notReceived(reason: HttpFailureReason, detail: string): Unusable {
  if (reason === "timeout")
    return unusable("timeout", {
      rule: "REQ-6",
      found: "a timeout",
      allowed: "a complete answer within 5 s",
      problem: "was not complete within 5 s",
    });
  if (reason === "too_large") return tooLarge();
  return unusable("unreachable", {
    rule: "RES-1",
    found: reason,
    allowed: "status 200",
    problem: `did not arrive: ${FAILURES[reason]}${detail === "" ? "" : ` (${detail})`}`,
  });
}

const FAILURES = {
  refused: "the connection was refused",
  dns: "the host name does not resolve",
  tls: "TLS failed",
  reset: "the connection broke",
  blocked: "the platform may not call this address",
  bad_url: "the URL is malformed",
} as const satisfies Record<Exclude<HttpFailureReason, "timeout" | "too_large">, string>;

function tooLarge(): Unusable {
  return unusable("invalid", {
    rule: "REQ-8",
    found: "more than 64 KiB",
    allowed: "at most 64 KiB",
    problem: "is larger than 64 KiB",
  });
}

/** The answer has a media type that its kind does not allow. */
export function wrongMediaType(rule: string, received: HttpResponse, allowed: string): Unusable {
  const found = contentTypeOf(received.contentType);
  return unusable("invalid", { rule, found, allowed, problem: `has ${found}; allowed is ${allowed}` });
}

/** The header as findings name it. */
export function contentTypeOf(header: string | null): string {
  return header === null ? "no Content-Type" : `Content-Type ${quote(header)}`;
}

/** The answer as a whole cannot be used, for this one reason. */
export function unusable(result: Unusable["result"], parts: Omit<FindingParts, "path" | "consequence">): Unusable {
  return { usable: false, result, findings: [error({ ...parts, path: "", consequence: UNUSED })] };
}

/** RES-1: a JSON answer. Lenient accepts `application/…+json` (such as `application/vnd.api+json`) as well. */
export function readJsonResponse(
  context: ValidationContext,
  outcome: HttpOutcome,
): { readonly usable: true; readonly value: unknown } | Unusable {
  const received = readResponse(outcome);
  if (!received.usable) return received;
  const { mediaType } = received;
  if (mediaType !== "application/json") {
    if (context.mode === "strict" || !/^application\/[^\s/]+\+json$/.test(mediaType))
      return wrongMediaType("RES-1", received, "application/json");
    context.findings.push(plusJson(mediaType));
  }
  return parseJson(received.body);
}

function plusJson(mediaType: string): Finding {
  const found = `Content-Type ${quote(mediaType)}`;
  const allowed = "application/json";
  const problem = `has ${found}; allowed is ${allowed}`;
  return warning({ rule: "RES-5", path: "", found, allowed, consequence: "it is read as JSON", problem });
}

/** The JSON value of a body, or the finding that it is not JSON. */
export function parseJson(body: string): { readonly usable: true; readonly value: unknown } | Unusable {
  try {
    const value: unknown = JSON.parse(body);
    return { usable: true, value };
  } catch {
    const found = quote(body);
    return unusable("invalid", { rule: "RES-1", found, allowed: "JSON", problem: `is ${found}, which is not JSON` });
  }
}

function mediaTypeOf(contentType: string | null): string {
  if (contentType === null) return "";
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}
