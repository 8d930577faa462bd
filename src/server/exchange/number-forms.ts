import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/** The forms in which trunks may write one of our numbers: `+91…`, `91…`, `0091…`, `0…` and the bare national number. */
export function dialedForms(e164: string): readonly string[] {
  const parsed = parsePhoneNumberFromString(e164);
  const digits = e164.slice(1);
  if (parsed === undefined) return [e164, digits];
  return [e164, digits, `00${digits}`, `0${parsed.nationalNumber}`, parsed.nationalNumber];
}
