import { isTokenCode, plainValue, QUOTE, quotedEnd, skipBlanks, isBlank } from "./chars.ts";
import { SipParseError } from "./error.ts";

/** One parameter as on the wire: `value` is null for a flag, and keeps its quotes if it was quoted. */
export interface Param {
  readonly name: string;
  readonly value: string | null;
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** An ordered, immutable list of `;name=value` parameters with case-insensitive names. */
export class Params {
  static readonly none: Params = new Params([]);

  readonly list: readonly Param[];
  /** URI parameters may carry %-escapes, which `get` and `has` undo; in header parameters `%` is an ordinary character. */
  readonly #escaped: boolean;

  constructor(list: readonly Param[], escaped = false) {
    this.list = list;
    this.#escaped = escaped;
  }

  /** The value without its quotes; "" for a flag without value; undefined if absent. */
  get(name: string): string | undefined {
    const param = this.#find(name);
    if (param === undefined) return undefined;
    if (param.value === null) return "";
    return this.#escaped ? unescapePercent(param.value) : plainValue(param.value);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** A copy in which `name` has `value` (null: a flag), in its old place or at the end. */
  with(name: string, value: string | null): Params {
    const old = this.#find(name);
    if (old === undefined) return new Params([...this.list, { name, value }], this.#escaped);
    return new Params(
      this.list.map((param) => (param === old ? { name: param.name, value } : param)),
      this.#escaped,
    );
  }

  without(name: string): Params {
    const old = this.#find(name);
    return old === undefined
      ? this
      : new Params(
          this.list.filter((param) => param !== old),
          this.#escaped,
        );
  }

  /** `;a=b;c`, or "" if empty. */
  toString(): string {
    let out = "";
    for (const { name, value } of this.list) out += value === null ? `;${name}` : `;${name}=${value}`;
    return out;
  }

  #find(name: string): Param | undefined {
    for (const param of this.list) {
      if (param.name === name || sameName(param.name, name)) return param;
      if (this.#escaped && param.name.includes("%") && sameName(unescapePercent(param.name), name)) return param;
    }
    return undefined;
  }
}

function sameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** Undoes the %-escapes of a URI part; a part whose escapes are not UTF-8 stays as it is. */
export function unescapePercent(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/**
 * The header parameters of `text` from `pos` on: `*( SEMI generic-param )` with white space anywhere between. One
 * semicolon at the very end is forgiven, two in a row are not (RFC 4475 section 3.1.2.1).
 */
export function parseHeaderParams(text: string, pos: number): Params {
  let i = skipBlanks(text, pos);
  if (i === text.length) return Params.none;
  const list: Param[] = [];
  while (i < text.length) {
    if (text.charCodeAt(i) !== SEMICOLON) throw new SipParseError("text between parameters");
    i = skipBlanks(text, i + 1);
    if (i === text.length) break;
    i = readParam(text, i, list);
  }
  return new Params(list);
}

/** Reads one parameter at `pos`, adds it, and returns the position of the next semicolon or the end. */
function readParam(text: string, pos: number, into: Param[]): number {
  let end = pos;
  while (end < text.length && isTokenCode(text.charCodeAt(end))) end++;
  if (end === pos) throw new SipParseError("a parameter without a name");
  const name = text.slice(pos, end);
  const equals = skipBlanks(text, end);
  if (text.charCodeAt(equals) !== EQUALS) {
    into.push({ name, value: null });
    return equals;
  }
  const start = skipBlanks(text, equals + 1);
  const stop = valueEnd(text, start);
  into.push({ name, value: text.slice(start, stop) });
  return skipBlanks(text, stop);
}

/** A quoted string to its end, or a run of anything that cannot end a value: wider than token, as peers are. */
function valueEnd(text: string, start: number): number {
  if (text.charCodeAt(start) === QUOTE) {
    const end = quotedEnd(text, start);
    if (end === -1) throw new SipParseError("a quoted parameter value that never closes");
    return end;
  }
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === SEMICOLON || isBlank(code)) break;
    if (code === QUOTE || code === 0x2c || code === 0x3c || code === 0x3e)
      throw new SipParseError("a parameter value with a separator in it");
  }
  return end;
}

/** The parameters of a URI; `text` begins after the first semicolon and contains no white space. */
export function parseUriParams(text: string): Params {
  const list: Param[] = [];
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    if (name === "") throw new SipParseError("a URI parameter without a name");
    list.push({ name, value: equals === -1 ? null : part.slice(equals + 1) });
  }
  return new Params(list, true);
}
