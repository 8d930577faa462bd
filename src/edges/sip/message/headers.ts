import { singleLine, splitCommaList, trimmed } from "./chars.ts";
import type { NameAddr } from "./name-addr.ts";
import type { Via } from "./via.ts";

/** Long names by their compact form (RFC 3261 section 7.3.3 and the registry's later ones). */
const COMPACT: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  n: "identity-info",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** The headers whose grammar is a comma list, so that several lines mean the same as one. */
const LISTS: ReadonlySet<string> = new Set(
  `accept accept-contact accept-encoding accept-language alert-info allow allow-events call-info contact
   content-encoding content-language diversion error-info history-info in-reply-to p-asserted-identity p-associated-uri
   p-preferred-identity path proxy-require reason record-route reject-contact remote-party-id
   request-disposition require route security-client security-server security-verify service-route supported unsupported user-to-user via
   warning`.split(/\s+/),
);

/** Names that nearly every message carries, spelled as nearly everyone spells them: found without a lower-case copy. */
const USUAL_NAMES =
  `Via Max-Forwards From To Call-ID Call-Id CSeq Contact Content-Type Content-Length Allow Supported Require
   Proxy-Require Unsupported User-Agent Server Record-Route Route Expires Min-Expires Accept Accept-Encoding Accept-Language
   Session-Expires Min-SE P-Asserted-Identity P-Preferred-Identity Remote-Party-ID Privacy Diversion History-Info
   Authorization Proxy-Authorization WWW-Authenticate Proxy-Authenticate Authentication-Info Date Timestamp Subject Organization
   Reason Warning Retry-After RSeq RAck Event Allow-Events Subscription-State Refer-To Referred-By Replaces Path Service-Route
   User-to-User Identity Content-Disposition Content-Language MIME-Version`.split(/\s+/);

const KEYS = new Map<string, string>();
for (const name of USUAL_NAMES) {
  const key = name.toLowerCase();
  KEYS.set(name, key).set(key, key).set(name.toUpperCase(), key);
}
for (const [compact, key] of Object.entries(COMPACT)) KEYS.set(compact, key).set(compact.toUpperCase(), key);

/** The one name by which a header is known, whatever its case or form: its long name in lower case. */
export function headerKey(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return KEYS.get(lower) ?? lower;
}

/** Whether the name is one that needs no check of its characters. */
export function isUsualName(name: string): boolean {
  return KEYS.has(name);
}

/** What the typed accessors of `message.ts` remember; thrown away whenever a header changes. */
export class ParsedHeaders {
  vias: readonly Via[] | null = null;
  from: NameAddr | null = null;
  to: NameAddr | null = null;
  cseq: { readonly number: number; readonly method: string } | null = null;
  contacts: readonly NameAddr[] | "*" | null = null;
  routes: readonly NameAddr[] | null = null;
  recordRoutes: readonly NameAddr[] | null = null;
}

const NONE: readonly string[] = [];

/** How the octets of a header block were read, and will be written. */
export type Charset = "utf8" | "latin1";

/**
 * The ordered header fields of one message. Names compare without case; compact forms and long forms are the same.
 * A line break in a value that is set here becomes a space: no value can start another header.
 */
export class Headers {
  /** `latin1` if the block was not UTF-8: every octet survives, and is sent back unchanged. */
  readonly charset: Charset;
  /** Only for the accessors of `message.ts`. */
  parsed = new ParsedHeaders();
  readonly #names: string[] = [];
  readonly #keys: string[] = [];
  readonly #values: string[] = [];

  constructor(entries: Iterable<readonly [string, string]> = [], charset: Charset = "utf8") {
    this.charset = charset;
    for (const [name, value] of entries) this.#push(name, headerKey(name), singleLine(value));
  }

  /** The number of fields (lines). */
  get size(): number {
    return this.#names.length;
  }

  /** The first raw value, unfolded and trimmed. */
  get(name: string): string | undefined {
    const index = this.#keys.indexOf(headerKey(name));
    return index === -1 ? undefined : this.#values[index];
  }

  has(name: string): boolean {
    return this.#keys.includes(headerKey(name));
  }

  /** Whether that name has more than one field. */
  isRepeated(name: string): boolean {
    const key = headerKey(name);
    const first = this.#keys.indexOf(key);
    return first !== -1 && this.#keys.includes(key, first + 1);
  }

  /** Every raw value in order, one per line of the message. */
  lines(name: string): readonly string[] {
    const key = headerKey(name);
    if (!this.#keys.includes(key)) return NONE;
    return this.#values.filter((_, index) => this.#keys[index] === key);
  }

  /** Every raw value in order; comma lists are split if the header's grammar is a list (Via, Route, Contact, Supported…). */
  all(name: string): readonly string[] {
    const lines = this.lines(name);
    if (!LISTS.has(headerKey(name)) || !lines.some((line) => line.includes(",") || line === "")) return lines;
    return lines.flatMap(splitCommaList);
  }

  /** Replaces all fields with that name by one, in the place of the first. */
  set(name: string, value: string): void {
    const key = headerKey(name);
    const index = this.#keys.indexOf(key);
    if (index === -1) {
      this.#changed();
      this.#push(name, key, singleLine(value));
      return;
    }
    for (let i = this.#keys.length - 1; i > index; i--) if (this.#keys[i] === key) this.#removeAt(i);
    this.#replaceAt(index, name, value);
  }

  /** Appends after the last field with that name, or at the end. */
  add(name: string, value: string): void {
    const key = headerKey(name);
    const last = this.#keys.lastIndexOf(key);
    this.#insert(last === -1 ? this.#keys.length : last + 1, name, key, value);
  }

  /** Puts a field before all others with that name (or at the front): for Via and Record-Route. */
  prepend(name: string, value: string): void {
    const key = headerKey(name);
    this.#insert(Math.max(this.#keys.indexOf(key), 0), name, key, value);
  }

  remove(name: string): void {
    const key = headerKey(name);
    for (let i = this.#keys.length - 1; i >= 0; i--) if (this.#keys[i] === key) this.#removeAt(i);
  }

  /** Removes the first *element* (not the line) of a list header: for removing one's own Via or Route. */
  removeFirst(name: string): void {
    this.replaceFirst(name, null);
  }

  /** Puts `value` in the place of the first element of a list header; null removes it. */
  replaceFirst(name: string, value: string | null): void {
    const index = this.#keys.indexOf(headerKey(name));
    if (index === -1) return;
    const rest = splitCommaList(this.#values[index] ?? "").slice(1);
    const elements = value === null ? rest : [value, ...rest];
    if (elements.length === 0) this.#removeAt(index);
    else this.#replaceAt(index, this.#names[index] ?? name, elements.join(", "));
  }

  /** Raw `[name, value]` in order, as received. */
  entries(): (readonly [string, string])[] {
    return this.#names.map((name, index) => [name, this.#values[index] ?? ""] as const);
  }

  clone(): Headers {
    return new Headers(this.entries(), this.charset);
  }

  /**
   * Appends a field that is known to be clean, for the parser and the builders: `key` is `headerKey(name)`, the value
   * holds no line break.
   */
  appendClean(name: string, key: string, value: string): void {
    this.#push(name, key, value);
  }

  /** Appends all fields of `name` that `source` has, as they are. */
  copyFrom(source: Headers, name: string): void {
    const key = headerKey(name);
    for (let i = source.#keys.indexOf(key); i !== -1; i = source.#keys.indexOf(key, i + 1))
      this.#push(source.#names[i] ?? name, key, source.#values[i] ?? "");
    this.#changed();
  }

  /** `Name: value` lines, each with its CRLF, `Content-Length` replaced (or added at the end) by `length`. */
  toText(length: number): string {
    let out = "";
    let counted = false;
    for (let i = 0; i < this.#names.length; i++) {
      if (this.#keys[i] !== "content-length") out += `${this.#names[i]}: ${this.#values[i]}\r\n`;
      else if (!counted) {
        out += `${this.#names[i]}: ${length}\r\n`;
        counted = true;
      }
    }
    return counted ? out : `${out}Content-Length: ${length}\r\n`;
  }

  #push(name: string, key: string, value: string): void {
    this.#names.push(name);
    this.#keys.push(key);
    this.#values.push(value);
  }

  #insert(index: number, name: string, key: string, value: string): void {
    this.#names.splice(index, 0, name);
    this.#keys.splice(index, 0, key);
    this.#values.splice(index, 0, trimmed(singleLine(value)));
    this.#changed();
  }

  #replaceAt(index: number, name: string, value: string): void {
    this.#names[index] = name;
    this.#values[index] = trimmed(singleLine(value));
    this.#changed();
  }

  #removeAt(index: number): void {
    this.#names.splice(index, 1);
    this.#keys.splice(index, 1);
    this.#values.splice(index, 1);
    this.#changed();
  }

  #changed(): void {
    this.parsed = new ParsedHeaders();
  }
}
