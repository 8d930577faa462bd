import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/** What people and programs write between two digits. */
const SEPARATOR = String.raw`(?:[ .()/\u00a0\u2010-\u2015-]|%20){0,2}`;
/** No digit comes before the number, unless it belongs to an escape in a URL or JSON. */
const BEGINNING = String.raw`(?:(?<!\d)|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4}))`;
/** Shorter national numbers would match any other figure, so they need their country code or a leading zero. */
const MIN_BARE_DIGITS = 9;

/**
 * Finds a number in a text in every form in which it may be written: with and without country code, `+`, `00`, `%2B` or
 * leading zero, with spaces and hyphens. It does not find longer numbers that contain it.
 */
export function writtenNumber(e164: string): RegExp {
  const code = parsePhoneNumberFromString(e164)?.countryCallingCode ?? "";
  const national = e164.slice(1 + code.length);
  const zero = String.raw`0${SEPARATOR}`;
  const international = String.raw`(?:(?:\+|%2[Bb]|00)${SEPARATOR})?${spaced(code)}${SEPARATOR}(?:\(0\)${SEPARATOR})?`;
  const prefixes = national.length < MIN_BARE_DIGITS ? `(?:${international}|${zero})` : `(?:${international}|${zero})?`;
  return new RegExp(String.raw`${BEGINNING}${prefixes}${spaced(national)}(?!\d)`);
}

function spaced(digits: string): string {
  return digits.split("").join(SEPARATOR);
}
