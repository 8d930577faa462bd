import { SipParseError } from "./error.ts";

/*
 * Character classes of RFC 3261 section 25.1 and the scanning that every header shares. White space means space and tab
 * only: `trim()` and `\s` would also eat U+FEFF and U+00A0, which are text.
 */

export const SPACE = 0x20;
export const TAB = 0x09;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

const TOKEN_CLASS = new Uint8Array(128);
for (const char of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~")
  TOKEN_CLASS[char.charCodeAt(0)] = 1;

export function isTokenCode(code: number): boolean {
  return code < 128 && TOKEN_CLASS[code] === 1;
}

export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isTokenCode(text.charCodeAt(i))) return false;
  return text.length > 0;
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** The first position at or after `pos` that is not a space or tab. */
export function skipBlanks(text: string, pos: number): number {
  let i = pos;
  while (i < text.length && isBlank(text.charCodeAt(i))) i++;
  return i;
}

/** `text.slice(start, end)` without spaces and tabs at its ends. */
export function trimmed(text: string, start = 0, end = text.length): string {
  let first = start;
  let last = end;
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

/** The position after the closing quote of the quoted string that opens at `pos`; -1 if it never closes. */
export function quotedEnd(text: string, pos: number): number {
  for (let i = pos + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return -1;
}

/** The content of a quoted string, without its quotes and the backslashes of quoted pairs. */
export function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  return inner.includes("\\") ? inner.replace(/\\([^])/g, "$1") : inner;
}

/** `text` as a quoted string. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** A parameter value as its sender meant it: without quotes and quoted pairs, if any. */
export function plainValue(text: string): string {
  return text.charCodeAt(0) === QUOTE ? unquoted(text) : text;
}

/** Cuts at the commas outside of quotes and angle brackets; blank elements are left out. */
export function splitCommaList(text: string): string[] {
  const first = text.indexOf(",");
  if (first === -1) return text === "" ? [] : [text];
  const parts: string[] = [];
  let start = 0;
  let inAngles = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE && !inAngles) {
      const end = quotedEnd(text, i);
      if (end === -1) break;
      i = end - 1;
    } else if (code === 0x3c) inAngles = true;
    else if (code === 0x3e) inAngles = false;
    else if (code === 0x2c && !inAngles) {
      pushElement(parts, text, start, i);
      start = i + 1;
    }
  }
  pushElement(parts, text, start, text.length);
  return parts;
}

function pushElement(parts: string[], text: string, start: number, end: number): void {
  const element = trimmed(text, start, end);
  if (element !== "") parts.push(element);
}

/** A decimal of at most `limit`; throws `SipParseError(400)` naming `what`. Leading zeros are legal. */
export function decimal(text: string, limit: number, what: string): number {
  const value = /^\d{1,30}$/.test(text) ? Number(text) : Infinity;
  if (value > limit) throw new SipParseError(`${what} is not a number up to ${limit}`);
  return value;
}

/**
 * Copies a string out of the text it was cut from. A slice keeps the whole datagram's text alive, so whatever outlives
 * its message (a transaction key, a dialog's tags) is detached first.
 */
export function detach(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

/** Makes text safe for a header or start line: a line break in it would start another header. */
export function singleLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+[ \t]*/g, " ") : text;
}
