import { isIPv6 } from "node:net";
import { unreachable } from "../../../base/never.ts";
import { SipParseError } from "./error.ts";
import { Params, parseUriParams, unescapePercent } from "./params.ts";

/** A `sip:` or `sips:` URI (RFC 3261 section 19.1). Escapes are kept as they came. */
export interface SipUri {
  readonly kind: "sip";
  readonly scheme: "sip" | "sips";
  /** Everything before `@` or the password's `:`, including user parameters such as `;npdi;rn=`. Null: no user part. */
  readonly user: string | null;
  readonly password: string | null;
  /** Host name or address, IPv6 without its brackets; as written (compare without case). */
  readonly host: string;
  readonly port: number | null;
  readonly params: Params;
  /** What follows `?`, raw; null if there is none. */
  readonly headers: string | null;
}

/** A `tel:` URI (RFC 3966). */
export interface TelUri {
  readonly kind: "tel";
  /** As written, including visual separators. */
  readonly number: string;
  readonly params: Params;
}

/** A well-formed URI of another scheme. As a Request-URI it is owed a 416. */
export interface OtherUri {
  readonly kind: "other";
  /** Lower case. */
  readonly scheme: string;
  /** What follows the first colon. */
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;

/** The largest port; 16 bits. */
const MAX_PORT = 65_535;

/** Characters that end a URI in any context, so that no URI can contain them: white space, controls, angle brackets, quotes. */
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const NEVER_IN_URI = /[\u0000-\u0020\u007f<>"]/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
/** RFC 1123 allows no underscores in host names, but private networks have them. */
const HOST_NAME = /^[A-Za-z0-9._-]+$/;

/** Throws `SipParseError(400)` if the text is not a URI. Does not accept surrounding white space or `<>`. */
export function parseUri(text: string): Uri {
  if (NEVER_IN_URI.test(text)) throw new SipParseError("a URI with white space, brackets or quotes in it");
  const colon = text.indexOf(":");
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  if (scheme === "sip" || scheme === "sips") return parseSip(scheme, text, colon + 1);
  if (!SCHEME.test(scheme)) throw new SipParseError("a URI without a scheme");
  const rest = text.slice(colon + 1);
  if (rest === "") throw new SipParseError("a URI with nothing after its scheme");
  return scheme === "tel" ? parseTel(rest) : { kind: "other", scheme, rest };
}

function parseSip(scheme: "sip" | "sips", text: string, start: number): SipUri {
  const at = text.indexOf("@", start);
  let user: string | null = null;
  let password: string | null = null;
  if (at !== -1) {
    const colon = text.indexOf(":", start);
    const hasPassword = colon !== -1 && colon < at;
    user = text.slice(start, hasPassword ? colon : at);
    if (hasPassword) password = text.slice(colon + 1, at);
  }
  const hostStart = at === -1 ? start : at + 1;
  const question = text.indexOf("?", hostStart);
  const end = question === -1 ? text.length : question;
  const semicolon = text.indexOf(";", hostStart);
  const hasParams = semicolon !== -1 && semicolon < end;
  const { host, port } = parseHostPort(text.slice(hostStart, hasParams ? semicolon : end));
  const params = hasParams ? parseUriParams(text.slice(semicolon + 1, end)) : Params.none;
  return {
    kind: "sip",
    scheme,
    user,
    password,
    host,
    port,
    params,
    headers: question === -1 ? null : text.slice(end + 1),
  };
}

function parseTel(rest: string): TelUri {
  const semicolon = rest.indexOf(";");
  const number = semicolon === -1 ? rest : rest.slice(0, semicolon);
  if (number === "") throw new SipParseError("a tel URI without a number");
  return { kind: "tel", number, params: semicolon === -1 ? Params.none : parseUriParams(rest.slice(semicolon + 1)) };
}

/** `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; throws `SipParseError(400)`. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | null } {
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    const host = text.slice(1, Math.max(close, 1));
    if (!isIPv6(host)) throw new SipParseError("no IPv6 address between the brackets");
    return { host, port: parsePort(text.slice(close + 1)) };
  }
  const colon = text.indexOf(":");
  const host = colon === -1 ? text : text.slice(0, colon);
  if (!HOST_NAME.test(host)) throw new SipParseError("no host name or address");
  return { host, port: colon === -1 ? null : parsePort(text.slice(colon)) };
}

function parsePort(text: string): number | null {
  if (text === "") return null;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : Infinity;
  if (port > MAX_PORT) throw new SipParseError("no port number");
  return port;
}

/** The host as written in a URI or a Via: IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

export function formatUri(uri: Uri): string {
  switch (uri.kind) {
    case "sip": {
      const password = uri.password === null ? "" : `:${uri.password}`;
      const user = uri.user === null ? "" : `${uri.user}${password}@`;
      const port = uri.port === null ? "" : `:${uri.port}`;
      const headers = uri.headers === null ? "" : `?${uri.headers}`;
      return `${uri.scheme}:${user}${bracketed(uri.host)}${port}${uri.params.toString()}${headers}`;
    }
    case "tel":
      return `tel:${uri.number}${uri.params.toString()}`;
    case "other":
      return `${uri.scheme}:${uri.rest}`;
    default:
      return unreachable(uri);
  }
}

/** Makes a `sip:` URI; `user` must already be escaped (see {@link escapeUser}). */
export function sipUri(parts: {
  readonly host: string;
  readonly user?: string | null;
  readonly port?: number | null;
  readonly params?: Params;
  readonly scheme?: "sip" | "sips";
}): SipUri {
  return {
    kind: "sip",
    scheme: parts.scheme ?? "sip",
    user: parts.user ?? null,
    password: null,
    host: parts.host,
    port: parts.port ?? null,
    params: parts.params ?? Params.none,
    headers: null,
  };
}

/** Percent-escapes what is not allowed in the user part of a SIP URI (RFC 3261 section 25.1, `user-unreserved`). */
export function escapeUser(text: string): string {
  return text.toWellFormed().replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (char) => {
    let out = "";
    for (const octet of Buffer.from(char, "utf8")) out += `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
    return out;
  });
}

/** The user part as text, without escapes; null if there is none. */
export function userText(uri: SipUri): string | null {
  return uri.user === null ? null : unescapePercent(uri.user);
}

/** Equality by RFC 3261 section 19.1.4 (sip, sips), RFC 3966 section 4 (tel), octets otherwise. */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.kind === "sip" && b.kind === "sip") return sameSipUri(a, b);
  if (a.kind === "tel" && b.kind === "tel") return sameTelUri(a, b);
  return a.kind === "other" && b.kind === "other" && a.scheme === b.scheme && a.rest === b.rest;
}

/** Parameters that count even if only one of the two URIs has them. */
const ALWAYS_COMPARED = ["user", "ttl", "method", "maddr", "transport"] as const;

function sameSipUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    a.port === b.port &&
    sameOptional(a.user, b.user) &&
    sameOptional(a.password, b.password) &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    ALWAYS_COMPARED.every((name) => a.params.has(name) === b.params.has(name)) &&
    commonParamsAgree(a.params, b.params) &&
    sameUriHeaders(a.headers, b.headers)
  );
}

function sameOptional(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return a === b;
  return a === b || unescapePercent(a) === unescapePercent(b);
}

function commonParamsAgree(a: Params, b: Params): boolean {
  return a.list.every((param) => {
    const name = unescapePercent(param.name);
    const theirs = b.get(name);
    return theirs === undefined || theirs.toLowerCase() === a.get(name)?.toLowerCase();
  });
}

/** Order does not matter, every header counts. */
function sameUriHeaders(a: string | null, b: string | null): boolean {
  return normalHeaders(a) === normalHeaders(b);
}

function normalHeaders(headers: string | null): string {
  if (headers === null) return "";
  const pairs = headers.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    const name = unescapePercent(equals === -1 ? pair : pair.slice(0, equals)).toLowerCase();
    return `${name}=${equals === -1 ? "" : unescapePercent(pair.slice(equals + 1))}`;
  });
  return pairs.sort().join("&");
}

/** Visual separators do not count, and the parameters must be the same set. */
function sameTelUri(a: TelUri, b: TelUri): boolean {
  return (
    bareNumber(a.number) === bareNumber(b.number) &&
    a.params.list.length === b.params.list.length &&
    a.params.list.every(({ name }) => a.params.get(name)?.toLowerCase() === b.params.get(name)?.toLowerCase())
  );
}

function bareNumber(number: string): string {
  return number.replace(/[-.()]/g, "").toLowerCase();
}
