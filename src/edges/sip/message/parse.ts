import { isUtf8 } from "node:buffer";
import { isToken, isBlank, trimmed } from "./chars.ts";
import { SipParseError } from "./error.ts";
import { RefusedMessage } from "./refused-message.ts";
import { type Charset, headerKey, Headers, isUsualName } from "./headers.ts";
import { declaredLength, makeRequest, NO_BODY, type SipMessage, type SipRequest } from "./message.ts";

/** One message, headers and body. The largest UDP datagram, and more than any signalling needs on a stream. */
export const MAX_MESSAGE_OCTETS = 65_536;
/** Header lines of one message: the longest torture message has 42; limits what one packet makes us allocate. */
export const MAX_HEADER_FIELDS = 256;
/** Characters of one header line, folded lines together: room for a STIR Identity of 4 KiB, twice. */
export const MAX_HEADER_CHARS = 8_192;

const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const LF_CRLF = Buffer.from("\n\r\n");
const LF_LF = Buffer.from("\n\n");

/** Nothing to parse and nothing to answer: empty, only CR LF and NUL, or `jaK`. */
export function isKeepAlive(datagram: Buffer): boolean {
  if (datagram.length <= 4 && datagram.toString("latin1").startsWith("jaK")) return true;
  return datagram.every((octet) => octet === CR || octet === LF || octet === NUL);
}

/**
 * One datagram. Leading CRLFs are skipped; octets after Content-Length are dropped. Accepts everything that can be
 * represented – call `validateRequest` / `validateResponse` next. A body shorter than its Content-Length is delivered
 * as it is, for `validateRequest` to refuse. Throws `SipParseError`. Empty, CRLF-only, NUL-only and `jaK` keep-alive
 * datagrams are not messages: see {@link isKeepAlive}.
 */
export function parseDatagram(datagram: Buffer): SipMessage {
  if (datagram.length > MAX_MESSAGE_OCTETS) throw new RefusedMessage("a datagram over the limit", 400, null);
  const start = skipLineBreaks(datagram);
  const { headEnd, bodyStart } = findBlankLine(datagram, start);
  const head = parseHead(datagram, start, headEnd);
  const available = datagram.length - bodyStart;
  return head.withBody(datagram.subarray(bodyStart, bodyStart + Math.min(bodyLength(head.headers), available)));
}

/** Where the headers end (after their last line break) and the body begins; a blank line may be a bare LF. */
function findBlankLine(octets: Buffer, start: number): { readonly headEnd: number; readonly bodyStart: number } {
  const crlf = octets.indexOf(LF_CRLF, start);
  const limit = crlf === -1 ? octets.length : crlf;
  const lf = octets.subarray(0, limit).indexOf(LF_LF, start);
  if (lf !== -1) return { headEnd: lf + 1, bodyStart: lf + 2 };
  return crlf === -1 ? { headEnd: limit, bodyStart: limit } : { headEnd: crlf + 1, bodyStart: crlf + 3 };
}

/** Infinity (take what there is) if it is absent or nonsense; `validateRequest` refuses the latter. */
function bodyLength(headers: Headers): number {
  try {
    return declaredLength(headers) ?? Infinity;
  } catch (error) {
    if (error instanceof SipParseError) return Infinity;
    throw error;
  }
}

/** The first octet that is neither CR nor LF. */
function skipLineBreaks(octets: Buffer): number {
  let i = 0;
  while (octets[i] === CR || octets[i] === LF) i++;
  return i;
}

/** Start line and headers of a message whose body has not been read yet. */
export interface Head {
  readonly headers: Headers;
  withBody(body: Buffer): SipMessage;
}

/**
 * Reads start line and headers from the octets `start` to `end`, which is after the line break of the last header. A
 * blank line among them is an error. Throws `SipParseError`.
 */
export function parseHead(octets: Buffer, start: number, end: number): Head {
  const { text, charset } = decode(octets, start, end);
  const lf = text.indexOf("\n");
  const line = text.slice(0, lf > 0 && text.charCodeAt(lf - 1) === CR ? lf - 1 : Math.max(lf, 0));
  const make = line.startsWith("SIP/") ? statusLine(line) : requestLine(line);
  const headers = new Headers([], charset);
  const withBody = (body: Buffer): SipMessage => make(headers, body);
  readFields(text, lf + 1, headers, () => requestOf(withBody(NO_BODY)));
  return { headers, withBody };
}

/** UTF-8 by RFC 3261; octets that are not (old PBXs write Latin-1 names) are kept one to one, so that nothing is lost. */
function decode(octets: Buffer, start: number, end: number): { readonly text: string; readonly charset: Charset } {
  const text = octets.toString("utf8", start, end);
  // A replacement character either replaces broken octets or was sent as such.
  if (!text.includes("\ufffd") || isUtf8(octets.subarray(start, end))) return { text, charset: "utf8" };
  return { text: octets.toString("latin1", start, end), charset: "latin1" };
}

type Make = (headers: Headers, body: Buffer) => SipMessage;

function requestOf(message: SipMessage): SipRequest | null {
  return message.kind === "request" ? message : null;
}

/** The Request-URI is everything between the first and the last space; `validateRequest` checks it. */
function requestLine(line: string): Make {
  const first = line.indexOf(" ");
  const method = line.slice(0, Math.max(first, 0));
  const bare = trimmed(line);
  const last = bare.lastIndexOf(" ");
  const version = line.slice(last + 1);
  if (!isToken(method) || last <= first || !/^SIP\/\d{1,9}\.\d{1,9}[ \t]*$/i.test(version))
    throw new RefusedMessage("no SIP start line", 400, null);
  const uri = line.slice(first + 1, last);
  const written = version === "SIP/2.0" ? version : version.toUpperCase();
  return (headers, body) => makeRequest({ method, uri, version: written, headers, body });
}

/** A response is never answered, so a wrong one gets nothing. The reason may be missing. */
function statusLine(line: string): Make {
  const match = /^SIP\/(\d{1,9}\.\d{1,9})[ \t]+(\d{3})(?:[ \t]([^\r]*))?$/.exec(line);
  const status = Number(match?.[2]);
  if (match === null || status < 100 || status > 699) throw new RefusedMessage("no SIP status line", 400, null);
  const version = `SIP/${match[1]}`;
  const reason = trimmed(match[3] ?? "");
  return (headers, body) => ({ kind: "response", status, reason, version, headers, body });
}

/** Adds every field from `pos` to the end. */
function readFields(text: string, pos: number, headers: Headers, soFar: () => SipRequest | null): void {
  let at = pos;
  while (at < text.length) {
    const firstLf = text.indexOf("\n", at);
    let lf = firstLf;
    while (lf !== -1 && isBlank(text.charCodeAt(lf + 1))) lf = text.indexOf("\n", lf + 1);
    if (lf === -1) throw refused("a header cut off in the middle", 400, soFar);
    if (lf - at > MAX_HEADER_CHARS || headers.size === MAX_HEADER_FIELDS)
      throw refused("a header over the limit", 513, soFar);
    const end = text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
    if (!addField(text, at, end, firstLf !== lf, headers)) throw refused("a malformed header line", 400, soFar);
    at = lf + 1;
  }
}

/** False if the line is not a header field. A bare CR is refused, because it would end a line for other parsers. */
function addField(text: string, at: number, end: number, folded: boolean, headers: Headers): boolean {
  const colon = text.indexOf(":", at);
  if (colon === -1 || colon >= end) return false;
  const name = trimmed(text, at, colon);
  if (!isUsualName(name) && (isBlank(text.charCodeAt(at)) || !isToken(name))) return false;
  // Unfolded before it is trimmed: a last line of nothing but spaces would leave its line break behind.
  const value = folded ? trimmed(unfolded(text.slice(colon + 1, end))) : trimmed(text, colon + 1, end);
  if (value.includes("\r")) return false;
  headers.appendClean(name, headerKey(name), value);
  return true;
}

function unfolded(text: string): string {
  return text.replace(/[ \t]*\r?\n[ \t]+/g, " ");
}

function refused(why: string, status: number, soFar: () => SipRequest | null): SipParseError {
  return new RefusedMessage(why, status, soFar());
}
