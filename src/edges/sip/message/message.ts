import { decimal, isToken, skipBlanks, trimmed } from "./chars.ts";
import { SipParseError } from "./error.ts";
import { Headers } from "./headers.ts";
import { type NameAddr, parseNameAddr } from "./name-addr.ts";
import { formatUri, parseUri, type Uri } from "./uri.ts";
import { parseVia, type Via } from "./via.ts";

export type { Headers, NameAddr, Uri, Via };

/** The largest CSeq number: below 2^31 (RFC 3261 section 8.1.1.5). */
export const MAX_CSEQ = 2 ** 31 - 1;
/** The value that a larger delta-seconds counts as (RFC 3261 section 20.19). */
export const MAX_SECONDS = 2 ** 32 - 1;
/** Max-Forwards is 0 to 255 (RFC 3261 section 20.22). */
const MAX_MAX_FORWARDS = 255;
/** What RFC 3261 section 8.1.1.6 recommends, and what a request without Max-Forwards counts as. */
export const DEFAULT_MAX_FORWARDS = 70;

export interface SipRequest {
  readonly kind: "request";
  /** Case-sensitive, as written. */
  readonly method: string;
  /** Parsed on first use; throws `SipParseError(400)` if it is not a URI. After `validateRequest` it does not throw. */
  readonly uri: Uri;
  /** The Request-URI octet for octet. */
  readonly uriText: string;
  /** "SIP/2.0" in everything that passes `validateRequest`. */
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** The body of a message without one. */
export const NO_BODY: Buffer = Buffer.alloc(0);

class Request implements SipRequest {
  readonly kind = "request";
  readonly method: string;
  readonly uriText: string;
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
  #uri: Uri | null;

  constructor(method: string, uri: Uri | string, version: string, headers: Headers, body: Buffer) {
    this.method = method;
    this.uriText = typeof uri === "string" ? uri : formatUri(uri);
    this.#uri = typeof uri === "string" ? null : uri;
    this.version = version;
    this.headers = headers;
    this.body = body;
  }

  get uri(): Uri {
    return (this.#uri ??= parseUri(this.uriText));
  }
}

/** The only way to make a request from parts; outside of this folder use `buildRequest`. */
export function makeRequest(parts: {
  readonly method: string;
  readonly uri: Uri | string;
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
}): SipRequest {
  return new Request(parts.method, parts.uri, parts.version, parts.headers, parts.body);
}

/*
 * Typed reading of a message's headers. Each parses on first use, remembers the result, and throws `SipParseError(400)`
 * if the header is missing or malformed. None of these throws for a request that passed `validateRequest` or a response
 * that passed `validateResponse`.
 */

/** Every hop, latest first. */
export function vias(message: SipMessage): readonly Via[] {
  return (message.headers.parsed.vias ??= message.headers.all("via").map(parseVia));
}

export function topVia(message: SipMessage): Via {
  const via = vias(message)[0];
  if (via === undefined) throw new SipParseError("no Via");
  return via;
}

export function from(message: SipMessage): NameAddr {
  return (message.headers.parsed.from ??= parseNameAddr(required(message, "from")));
}

export function to(message: SipMessage): NameAddr {
  return (message.headers.parsed.to ??= parseNameAddr(required(message, "to")));
}

export function callId(message: SipMessage): string {
  const value = required(message, "call-id");
  if (value === "" || /[ \t]/.test(value)) throw new SipParseError("a malformed Call-ID");
  return value;
}

export function cseq(message: SipMessage): CSeq {
  return (message.headers.parsed.cseq ??= parseCSeq(required(message, "cseq")));
}

function parseCSeq(value: string): CSeq {
  const end = value.search(/[ \t]/);
  const method = end === -1 ? "" : value.slice(skipBlanks(value, end));
  if (!isToken(method)) throw new SipParseError("a malformed CSeq");
  return { number: decimal(value.slice(0, end), MAX_CSEQ, "CSeq"), method };
}

/** Empty if there is none. `"*"` is the wildcard of an un-REGISTER. */
export function contacts(message: SipMessage): readonly NameAddr[] | "*" {
  return (message.headers.parsed.contacts ??= parseContacts(message.headers.all("contact")));
}

function parseContacts(values: readonly string[]): readonly NameAddr[] | "*" {
  return values.length === 1 && values[0] === "*" ? "*" : values.map(parseNameAddr);
}

/** Null if absent. */
export function maxForwards(message: SipMessage): number | null {
  const value = message.headers.get("max-forwards");
  return value === undefined ? null : decimal(value, MAX_MAX_FORWARDS, "Max-Forwards");
}

/** Route, topmost first; empty if there is none. */
export function routes(message: SipMessage): readonly NameAddr[] {
  return (message.headers.parsed.routes ??= message.headers.all("route").map(parseNameAddr));
}

/** Record-Route, topmost first; empty if there is none. */
export function recordRoutes(message: SipMessage): readonly NameAddr[] {
  return (message.headers.parsed.recordRoutes ??= message.headers.all("record-route").map(parseNameAddr));
}

/** Null if absent. Throws if two fields disagree: then the end of the body is unknown. */
export function contentLength(message: SipMessage): number | null {
  return declaredLength(message.headers);
}

/** {@link contentLength} of a header block whose message is still being put together. */
export function declaredLength(headers: Headers): number | null {
  const first = headers.get("content-length");
  if (first === undefined) return null;
  const length = decimal(first, Number.MAX_SAFE_INTEGER, "Content-Length");
  if (!headers.isRepeated("content-length")) return length;
  if (headers.lines("content-length").some((other) => other !== first && Number(other) !== length))
    throw new SipParseError("two Content-Lengths that disagree");
  return length;
}

/** Lower case `type/subtype` without parameters; null if absent. */
export function contentType(message: SipMessage): string | null {
  const value = message.headers.get("content-type");
  if (value === undefined) return null;
  const semicolon = value.indexOf(";");
  return trimmed(value, 0, semicolon === -1 ? value.length : semicolon).toLowerCase();
}

/** The option tags or tokens of a list header (Supported, Require, Allow…), as written. */
export function tokens(message: SipMessage, name: string): readonly string[] {
  return message.headers.all(name);
}

/** Whether the option tag or method is in that list header, in any case. */
export function hasToken(message: SipMessage, name: string, token: string): boolean {
  const wanted = token.toLowerCase();
  return tokens(message, name).some((have) => have.toLowerCase() === wanted);
}

/**
 * A header that is one delta-seconds number (Expires, Min-Expires, Min-SE, RSeq…), parameters and comments ignored;
 * null if absent or not a number. Values above 2^32-1 count as 2^32-1.
 */
export function numberOf(message: SipMessage, name: string): number | null {
  const digits = /^\d+/.exec(message.headers.get(name) ?? "")?.[0];
  return digits === undefined ? null : Math.min(Number(digits), MAX_SECONDS);
}

function required(message: SipMessage, name: string): string {
  const value = message.headers.get(name);
  if (value === undefined) throw new SipParseError(`no ${name}`);
  return value;
}
