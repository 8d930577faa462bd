import { isIP } from "node:net";
import { singleLine, trimmed } from "./chars.ts";
import { Headers } from "./headers.ts";
import {
  callId,
  cseq,
  DEFAULT_MAX_FORWARDS,
  makeRequest,
  NO_BODY,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  to,
  topVia,
} from "./message.ts";
import { NameAddr } from "./name-addr.ts";
import type { Uri } from "./uri.ts";
import { formatVia, type Via, viaWith } from "./via.ts";
import { reasonPhrase } from "./reasons.ts";

export { detach } from "./chars.ts";
export { reasonPhrase } from "./reasons.ts";

export interface ResponseParts {
  /** Set on To unless the request already carries a tag; never on a 100. */
  readonly toTag?: string;
  /** Values may contain anything: line breaks become spaces. */
  readonly headers?: Iterable<readonly [string, string]>;
  readonly body?: Buffer | string;
}

/** RFC 3261 section 8.2.6: Via, From, To, Call-ID, CSeq (and Record-Route for 101–299; Timestamp in 100) copied as received. */
export function buildResponse(
  request: SipRequest,
  status: number,
  reason: string = reasonPhrase(status),
  parts: ResponseParts = {},
): SipResponse {
  const source = request.headers;
  const headers = new Headers([], source.charset);
  headers.copyFrom(source, "via");
  headers.copyFrom(source, "from");
  headers.copyFrom(source, "to");
  headers.copyFrom(source, "call-id");
  headers.copyFrom(source, "cseq");
  if (status > 100 && status < 300) headers.copyFrom(source, "record-route");
  if (status === 100) headers.copyFrom(source, "timestamp");
  if (parts.toTag !== undefined && status !== 100) setToTag(headers, parts.toTag);
  for (const [name, value] of parts.headers ?? []) headers.add(name, value);
  const body = bodyOf(parts.body);
  return { kind: "response", status, reason: singleLine(reason), version: "SIP/2.0", headers, body };
}

/** A To that cannot be read is echoed unchanged: the 400 that it gets needs no tag. */
function setToTag(headers: Headers, tag: string): void {
  const value = headers.get("to");
  if (value === undefined || /;[ \t]*tag[ \t]*=/i.test(value)) return;
  headers.set("To", `${value};tag=${tag}`);
}

export interface SipRequestParts {
  readonly method: string;
  readonly uri: Uri | string;
  readonly from: NameAddr | string;
  readonly to: NameAddr | string;
  readonly callId: string;
  readonly cseq: number;
  /** Absent: the transaction layer prepends it. */
  readonly via?: Via | string;
  /** Default 70. */
  readonly maxForwards?: number;
  readonly routes?: readonly (NameAddr | string)[];
  readonly contact?: NameAddr | string;
  readonly headers?: Iterable<readonly [string, string]>;
  readonly body?: Buffer | string;
  /** Content-Type; needed if there is a body. */
  readonly contentType?: string;
}

/** A request of our own. Line breaks in any text become spaces: nothing from outside can start a header. */
export function buildRequest(parts: SipRequestParts): SipRequest {
  const headers = new Headers();
  const put = (name: string, value: string): void => headers.add(name, value);
  if (parts.via !== undefined) put("Via", typeof parts.via === "string" ? parts.via : formatVia(parts.via));
  for (const route of parts.routes ?? []) put("Route", route.toString());
  put("Max-Forwards", String(parts.maxForwards ?? DEFAULT_MAX_FORWARDS));
  put("From", parts.from.toString());
  put("To", parts.to.toString());
  put("Call-ID", parts.callId);
  put("CSeq", `${parts.cseq} ${parts.method}`);
  if (parts.contact !== undefined) put("Contact", parts.contact.toString());
  for (const [name, value] of parts.headers ?? []) put(name, value);
  if (parts.contentType !== undefined) headers.set("Content-Type", parts.contentType);
  const uri = typeof parts.uri === "string" ? singleLine(parts.uri) : parts.uri;
  return makeRequest({ method: parts.method, uri, version: "SIP/2.0", headers, body: bodyOf(parts.body) });
}

/** The same request with its headers cloned, so that they can be changed, and with another Request-URI if one is given. */
export function copyRequest(request: SipRequest, changes: { readonly uri?: Uri | string } = {}): SipRequest {
  const { method, version, body, uriText } = request;
  return makeRequest({ method, uri: changes.uri ?? uriText, version, headers: request.headers.clone(), body });
}

function bodyOf(body: Buffer | string | undefined): Buffer {
  if (body === undefined) return NO_BODY;
  return typeof body === "string" ? Buffer.from(body, "utf8") : body;
}

/** The octets on the wire; Content-Length is always computed from the body. */
export function serialize(message: SipMessage): Buffer {
  const { headers, body } = message;
  const start =
    message.kind === "request"
      ? `${message.method} ${message.uriText} ${message.version}`
      : `${message.version} ${message.status} ${message.reason}`;
  const head = `${start}\r\n${headers.toText(body.length)}\r\n`;
  const charset = headers.charset === "latin1" && isLatin1(head) ? "latin1" : "utf8";
  if (body.length === 0) return Buffer.from(head, charset);
  const octets = Buffer.allocUnsafe(Buffer.byteLength(head, charset) + body.length);
  const written = octets.write(head, charset);
  body.copy(octets, written);
  return octets;
}

/** A copy in its own memory, for whatever is retained: small buffers share a pool of 64 KiB, and each keeps all of it alive. */
export function ownCopy(octets: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(octets.length);
  octets.copy(copy);
  return copy;
}

/** Whether every character is one octet in Latin-1; in Latin-1, any other would be written as some other octet, even CR. */
function isLatin1(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the whole range is meant
  return /^[\u0000-\u00ff]*$/.test(text);
}

/** The ACK for a non-2xx final response (RFC 3261 section 17.1.1.3): same branch, Route, To of the response. */
export function buildAck(invite: SipRequest, response: SipResponse): SipRequest {
  return sameTransaction(invite, "ACK", response.headers.get("to") ?? to(invite).toString());
}

/** The CANCEL of a request (RFC 3261 section 9.1): same branch, Request-URI, Call-ID, To, CSeq number, Route. */
export function buildCancel(request: SipRequest): SipRequest {
  return sameTransaction(request, "CANCEL", request.headers.get("to") ?? "");
}

/** Reason (RFC 3326) and anything else the caller wants is added to the result's headers. */
function sameTransaction(request: SipRequest, method: "ACK" | "CANCEL", toValue: string): SipRequest {
  return buildRequest({
    method,
    uri: request.uriText,
    via: topVia(request),
    routes: request.headers.lines("route"),
    from: request.headers.get("from") ?? "",
    to: toValue,
    callId: callId(request),
    cseq: cseq(request).number,
  });
}

/**
 * RFC 3261 section 18.2.1 and RFC 3581 section 4: writes `received` into the top Via when sent-by is another address or
 * `rport` was asked for, and the port into `rport` if it was. Anything the peer wrote there itself is overwritten.
 */
export function stampReceived(request: SipRequest, address: string, port: number): void {
  const via = topVia(request);
  let stamped = via;
  if (via.rport !== null) stamped = viaWith(stamped, "rport", String(port));
  if (via.rport !== null || via.received !== null || !sameAddress(via.host, address))
    stamped = viaWith(stamped, "received", address);
  if (stamped !== via) request.headers.replaceFirst("via", formatVia(stamped));
}

/** A host name is never the same as an address: it is not resolved here. */
function sameAddress(sentBy: string, address: string): boolean {
  if (isIP(sentBy) === 0) return false;
  return trimmed(sentBy).toLowerCase() === address.toLowerCase();
}
