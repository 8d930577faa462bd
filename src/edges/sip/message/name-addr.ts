import { quoted, QUOTE, quotedEnd, singleLine, skipBlanks, splitCommaList, trimmed, unquoted } from "./chars.ts";
import { SipParseError } from "./error.ts";
import { Params, parseHeaderParams } from "./params.ts";
import { formatUri, parseUri, type Uri } from "./uri.ts";

/** The value of From, To, Contact, Route, Record-Route, P-Asserted-Identity…: a name, a URI, parameters. Immutable. */
export class NameAddr {
  /** Without quotes and escapes; null if there is none. */
  readonly displayName: string | null;
  readonly uriText: string;
  readonly params: Params;
  #uri: Uri | null;

  constructor(displayName: string | null, uri: string | Uri, params: Params = Params.none) {
    this.displayName = displayName;
    this.params = params;
    this.uriText = typeof uri === "string" ? uri : formatUri(uri);
    this.#uri = typeof uri === "string" ? null : uri;
  }

  /** Parsed on first use; throws `SipParseError(400)` if the text is not a URI. */
  get uri(): Uri {
    return (this.#uri ??= parseUri(this.uriText));
  }

  get tag(): string | null {
    return this.params.get("tag") ?? null;
  }

  withParam(name: string, value: string | null): NameAddr {
    return new NameAddr(this.displayName, this.#uri ?? this.uriText, this.params.with(name, value));
  }

  withoutParam(name: string): NameAddr {
    return new NameAddr(this.displayName, this.#uri ?? this.uriText, this.params.without(name));
  }

  /** Canonical form: `"Name" <uri>;params` – always with angle brackets. */
  toString(): string {
    const name = this.displayName === null ? "" : `${quoted(singleLine(this.displayName))} `;
    return `${name}<${this.uriText}>${this.params.toString()}`;
  }
}

const STARTS_WITH_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** One name-addr or addr-spec with its parameters; throws `SipParseError(400)`. */
export function parseNameAddr(text: string): NameAddr {
  const value = trimmed(text);
  if (value.charCodeAt(0) === QUOTE) {
    const end = quotedEnd(value, 0);
    if (end === -1) throw new SipParseError("a display name whose quotes never close");
    return parseBracketed(value, skipBlanks(value, end), unquoted(value.slice(0, end)));
  }
  const open = value.indexOf("<");
  if (open === 0) return parseBracketed(value, 0, null);
  // A scheme and a quote before the bracket: it is in a parameter's quoted value, and this is an addr-spec.
  if (open === -1 || (value.lastIndexOf('"', open) !== -1 && STARTS_WITH_SCHEME.test(value))) return parseBare(value);
  return parseBracketed(value, open, unquotedName(trimmed(value, 0, open)));
}

/**
 * RFC 3261 wants tokens here, but UTF-8 and brackets without quotes are common. A comma or semicolon is still an error
 * (RFC 4475 section 3.1.2.15): what comes before it could just as well be an element of a list.
 */
function unquotedName(name: string): string {
  if (/[,;>]/.test(name)) throw new SipParseError("a display name that needs quotes");
  return name;
}

function parseBracketed(value: string, open: number, displayName: string | null): NameAddr {
  const close = value.indexOf(">", open);
  if (value[open] !== "<" || close === -1) throw new SipParseError("an address without its angle brackets");
  return new NameAddr(displayName, value.slice(open + 1, close), parseHeaderParams(value, close + 1));
}

/** Without brackets all parameters belong to the header, and the URI may not contain `?` or `,` (RFC 3261 section 20.10). */
function parseBare(value: string): NameAddr {
  const semicolon = value.indexOf(";");
  const uriText = trimmed(value, 0, semicolon === -1 ? value.length : semicolon);
  if (uriText === "" || /[?,]/.test(uriText)) throw new SipParseError("a URI that needs angle brackets");
  return new NameAddr(null, uriText, semicolon === -1 ? Params.none : parseHeaderParams(value, semicolon));
}

/** A comma list of them (Route, Contact, P-Asserted-Identity…). */
export function parseNameAddrList(text: string): readonly NameAddr[] {
  return splitCommaList(text).map(parseNameAddr);
}
