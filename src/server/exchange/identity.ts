import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { CountryCode } from "libphonenumber-js/max";
import { addressList } from "../../edges/sip/message/fields.ts";
import { from, to } from "../../edges/sip/message/message.ts";
import type { SipRequest } from "../../edges/sip/message/message.ts";
import type { Uri } from "../../edges/sip/message/uri.ts";
import type { Trunk } from "./account-config.ts";

/** What customers, records and events see of a caller who withheld the number (REQ-34). */
export const ANONYMOUS = "anonymous";

/** Who calls. */
export interface CallerIdentity {
  /** For customers, records, events and logs: E.164, the text as it came, or `anonymous`. */
  readonly number: string;
  /** The number behind a withheld `number`: for trunks alone (RFC 3325, 7). Null: not withheld, or not known. */
  readonly withheld: string | null;
  /** Every number the request gives for the caller, asserted or not; for finding loops. */
  readonly claims: readonly string[];
}

/** No caller or called party has a longer name; what is longer is cut. */
const MAX_USER_CHARACTERS = 128;
/** User parts that stand for a number that is withheld or not known (RFC 3323, 4.1.1.3, and what carriers write). */
const NOBODY = /^(?:anonymous|unavailable|unknown|restricted)$/i;
/** Digits with what people put between them. */
const NUMBER = /^\+?\d[\d\s().-]{2,30}$/;

/**
 * The number that a call in is for, from where its trunk puts it; a missing or unreadable header leaves the Request-URI.
 * Null: it names none (another scheme, or no user part).
 */
export function calledNumber(request: SipRequest, numberIn: Trunk["numberIn"]): string | null {
  if (numberIn === "to") return userOf(to(request).uri) ?? userOf(request.uri);
  if (numberIn === "p-called-party-id") {
    const [party] = addressList(request, "P-Called-Party-ID");
    return (party === undefined ? null : userOf(party.uri)) ?? userOf(request.uri);
  }
  return userOf(request.uri);
}

/**
 * Who calls, as the trunk asserts it. P-Asserted-Identity may hold several values (RFC 3325, 9.1): the first that is a
 * number counts, then the number in From, then any name. `Privacy: id` or `user` withholds whatever was found
 * (RFC 3323, RFC 3325); so does an anonymous From beside which nothing is asserted.
 */
export function callerIdentity(request: SipRequest, country: string): CallerIdentity {
  const asserted = addressList(request, "P-Asserted-Identity").flatMap(({ uri }) => userOf(uri) ?? []);
  const own = userOf(from(request).uri);
  const users = [...asserted, ...(own === null ? [] : [own])].filter((user) => !NOBODY.test(user));
  const user = users.find((each) => NUMBER.test(each)) ?? users[0];
  const number = user === undefined ? null : callerNumber(user, country);
  const claims = [...new Set(users.map((each) => callerNumber(each, country)))];
  if (isPrivate(request)) return { number: ANONYMOUS, withheld: number, claims };
  return { number: number ?? ANONYMOUS, withheld: null, claims };
}

/** Digits of a number with its country code; shorter ones are local numbers that happen to begin like one. */
const SHORTEST_INTERNATIONAL = 10;

/**
 * A caller's number as E.164 where it is a valid number: read in the account's country first, then as one that came
 * with its country code and without a plus. Anything else stays as it came: a number that is not valid is never made up.
 */
export function callerNumber(text: string, country: string): string {
  if (/^\+[1-9]\d{6,14}$/.test(text) || !NUMBER.test(text)) return text;
  const parsed = parsePhoneNumberFromString(text, country as CountryCode);
  if (parsed?.isValid() === true) return parsed.number;
  const digits = text.replaceAll(/\D/g, "");
  if (digits.length < SHORTEST_INTERNATIONAL || digits.startsWith("0")) return text;
  const international = parsePhoneNumberFromString(`+${digits}`);
  return international?.isValid() === true ? international.number : text;
}

/** Privacy (RFC 3323): `none` asks for none, whatever stands beside it. */
function isPrivate(request: SipRequest): boolean {
  const wanted = request.headers.lines("Privacy").flatMap((line) => line.toLowerCase().split(/[;,\s]+/));
  return !wanted.includes("none") && (wanted.includes("id") || wanted.includes("user"));
}

/** The user part as text, without its parameters and without characters that could begin a line or end a text. */
function userOf(uri: Uri): string | null {
  if (uri.kind === "tel") return cleaned(uri.number);
  if (uri.kind !== "sip" || uri.user === null) return null;
  const user = uri.user.split(";", 1)[0] ?? "";
  try {
    return cleaned(decodeURIComponent(user));
  } catch {
    return cleaned(user); // a stray % is part of the name
  }
}

/** Null when nothing is left. */
function cleaned(text: string): string | null {
  // oxlint-disable-next-line no-control-regex -- controls are what is looked for
  const plain = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "").trim();
  return plain === "" ? null : plain.slice(0, MAX_USER_CHARACTERS).toWellFormed();
}
