import { isToken, isBlank, trimmed } from "./chars.ts";
import { SipParseError } from "./error.ts";
import { type Charset, headerKey, Headers, isUsualName } from "./headers.ts";
import { declaredLength, makeRequest, NO_BODY, type SipMessage, type SipRequest } from "./message.ts";

/** One message, headers and body. The largest UDP datagram, and more than any signalling needs on a stream. */
export const MAX_MESSAGE_OCTETS = 65_536;
/** Header lines of one message: the longest torture message has 42; bounds what one packet makes us allocate. */
export const MAX_HEADER_FIELDS = 256;
/** Characters of one header line, folded lines together: room for a STIR Identity of 4 KiB, twice. */
export const MAX_HEADER_CHARS = 8_192;

const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const CRLF_CRLF = Buffer.from("\r\n\r\n");

/** Nothing to parse and nothing to answer: empty, only CR LF and NUL, or `jaK`. */
export function isKeepAlive(datagram: Buffer): boolean {
  if (datagram.length <= 4 && datagram.toString("latin1").startsWith("jaK")) return true;
  return datagram.every((octet) => octet === CR || octet === LF || octet === NUL);
}

/**
 * One datagram. Leading CRLFs are skipped; octets behind Content-Length are dropped. Accepts everything that can be
 * represented – ask `validateRequest` / `validateResponse` next. A body shorter than its Content-Length is delivered
 * as it is, for `validateRequest` to refuse. Throws `SipParseError`.
 * Empty, CRLF-only, NUL-only and `jaK` keep-alive datagrams are not messages: see {@link isKeepAlive}.
 */
export function parseDatagram(datagram: Buffer): SipMessage {
  if (datagram.length > MAX_MESSAGE_OCTETS) throw new SipParseError("a datagram over the limit", null);
  const start = skipLineBreaks(datagram);
  const found = datagram.indexOf(CRLF_CRLF, start);
  const head = parseHead(datagram, start, found === -1 ? datagram.length : found + 2);
  const bodyStart = found !== -1 && head.end === found + 2 ? found + 4 : skipOneLineBreak(datagram, head.end);
  const available = datagram.length - bodyStart;
  return head.withBody(datagram.subarray(bodyStart, bodyStart + Math.min(bodyLength(head.headers), available)));
}

/** Infinity (take what there is) when it is absent or nonsense; `validateRequest` refuses the latter. */
function bodyLength(headers: Headers): number {
  try {
    return declaredLength(headers) ?? Infinity;
  } catch (error) {
    if (error instanceof SipParseError) return Infinity;
    throw error;
  }
}

/** The first octet that is no CR or LF. */
export function skipLineBreaks(octets: Buffer, from = 0): number {
  let i = from;
  while (octets[i] === CR || octets[i] === LF) i++;
  return i;
}

function skipOneLineBreak(octets: Buffer, from: number): number {
  const i = octets[from] === CR ? from + 1 : from;
  return octets[i] === LF ? i + 1 : i;
}

/** Start line and headers of a message whose body is not cut yet. */
export interface Head {
  readonly headers: Headers;
  /** Octet position of the blank line (or of the end, when there is none). */
  readonly end: number;
  withBody(body: Buffer): SipMessage;
}

/**
 * Reads start line and headers from the octets `start` to `end`; a blank line before `end` (peers that end lines with
 * a bare LF) ends them too. Throws `SipParseError`.
 */
export function parseHead(octets: Buffer, start: number, end: number): Head {
  const { text, charset } = decode(octets, start, end);
  const lineEnd = lineEndAt(text, 0);
  const line = text.slice(0, lineEnd.text);
  const make = line.startsWith("SIP/") ? statusLine(line) : requestLine(line);
  const headers = new Headers([], charset);
  const withBody = (body: Buffer): SipMessage => make(headers, body);
  const textEnd = readFields(text, lineEnd.next, headers, () => requestOf(withBody(NO_BODY)));
  const endOctet = textEnd === text.length ? end : start + Buffer.byteLength(text.slice(0, textEnd), charset);
  return { headers, end: endOctet, withBody };
}

/** UTF-8 by RFC 3261; octets that are none (old PBXs write Latin-1 names) are kept one to one instead of being lost. */
function decode(octets: Buffer, start: number, end: number): { readonly text: string; readonly charset: Charset } {
  const text = octets.toString("utf8", start, end);
  // A replacement character is either a broken sequence or was sent as such; only the first changes its octets.
  if (!text.includes("\ufffd") || Buffer.byteLength(text) === end - start) return { text, charset: "utf8" };
  return { text: octets.toString("latin1", start, end), charset: "latin1" };
}

type Make = (headers: Headers, body: Buffer) => SipMessage;

function requestOf(message: SipMessage): SipRequest | null {
  return message.kind === "request" ? message : null;
}

/** The Request-URI is all between the first and the last space: judging it is for `validateRequest`. */
function requestLine(line: string): Make {
  const first = line.indexOf(" ");
  const method = line.slice(0, Math.max(first, 0));
  const bare = trimmed(line);
  const last = bare.lastIndexOf(" ");
  const version = line.slice(last + 1);
  if (!isToken(method) || last <= first || !/^SIP\/\d{1,9}\.\d{1,9}[ \t]*$/i.test(version))
    throw new SipParseError("no SIP start line", null);
  const uri = line.slice(first + 1, last);
  const written = version === "SIP/2.0" ? version : version.toUpperCase();
  return (headers, body) => makeRequest({ method, uri, version: written, headers, body });
}

/** A response is never answered, so what is wrong with it is owed nothing. The reason may be missing. */
function statusLine(line: string): Make {
  const match = /^SIP\/(\d{1,9}\.\d{1,9})[ \t]+(\d{3})(?:[ \t]([^]*))?$/.exec(line);
  const status = Number(match?.[2]);
  if (match === null || status < 100 || status > 699) throw new SipParseError("no SIP status line", null);
  const version = `SIP/${match[1]}`;
  const reason = trimmed(match[3] ?? "");
  return (headers, body) => ({ kind: "response", status, reason, version, headers, body });
}

/** Where the line at `pos` ends: its text (without the line break), and where the next begins. */
function lineEndAt(text: string, pos: number): { readonly text: number; readonly next: number } {
  const lf = text.indexOf("\n", pos);
  if (lf === -1) return { text: text.length, next: text.length };
  return { text: lf > pos && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf, next: lf + 1 };
}

/** Adds every field from `pos` on; gives the position of the blank line, or the end. */
function readFields(text: string, pos: number, headers: Headers, soFar: () => SipRequest | null): number {
  let at = pos;
  while (at < text.length) {
    let lf = text.indexOf("\n", at);
    if (lf === -1) throw refused("a header cut off in the middle", 400, soFar);
    if (lf === at || (lf === at + 1 && text.charCodeAt(at) === CR)) return at;
    const firstLineEnd = lf;
    while (isBlank(text.charCodeAt(lf + 1))) {
      lf = text.indexOf("\n", lf + 1);
      if (lf === -1) throw refused("a header cut off in the middle", 400, soFar);
    }
    if (lf - at > MAX_HEADER_CHARS || headers.size === MAX_HEADER_FIELDS)
      throw refused("a header over the limit", 513, soFar);
    const end = text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
    if (!addField(text, at, end, firstLineEnd !== lf, headers)) throw refused("a malformed header line", 400, soFar);
    at = lf + 1;
  }
  return at;
}

/** False when the line is no header field. A CR that ends no line would end one for somebody else: not taken. */
function addField(text: string, at: number, end: number, folded: boolean, headers: Headers): boolean {
  const colon = text.indexOf(":", at);
  if (colon === -1 || colon >= end) return false;
  const name = trimmed(text, at, colon);
  if (!isUsualName(name) && (isBlank(text.charCodeAt(at)) || !isToken(name))) return false;
  const line = trimmed(text, colon + 1, end);
  const value = folded ? trimmed(line.replace(/[ \t]*\r?\n[ \t]+/g, " ")) : line;
  if (value.includes("\r")) return false;
  headers.appendClean(name, headerKey(name), value);
  return true;
}

function refused(why: string, status: number, soFar: () => SipRequest | null): SipParseError {
  const request = soFar();
  const answerable = request !== null && request.method !== "ACK" && request.headers.has("via");
  return new SipParseError(why, answerable ? status : null, request);
}
