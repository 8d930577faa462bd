import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { CountryCode } from "libphonenumber-js/max";
import { addressList } from "../../edges/sip/message/fields.ts";
import { from, to } from "../../edges/sip/message/message.ts";
import type { SipRequest } from "../../edges/sip/message/message.ts";
import type { Uri } from "../../edges/sip/message/uri.ts";
import type { Trunk } from "./account-config.ts";

/** What customers, records and events see in place of a withheld number (REQ-34). */
export const ANONYMOUS = "anonymous";

/** The caller's identity. */
export interface CallerIdentity {
  /** For customers, records, events and logs: E.164, the text as received, or `anonymous`. */
  readonly number: string;
  /** The real number if `number` is withheld: for trunks only (RFC 3325, 7). Null: not withheld, or unknown. */
  readonly withheld: string | null;
  /** Every number the request gives for the caller, asserted or not; used to find loops. */
  readonly claims: readonly string[];
}

/** No real caller or called party has a longer name; longer ones are cut. */
const MAX_USER_CHARACTERS = 128;
/** User parts that stand for a withheld or unknown number (RFC 3323, 4.1.1.3, and carriers' variants). */
const NOBODY = /^(?:anonymous|unavailable|unknown|restricted)$/i;
/** Digits with the separators that people put between them. */
const NUMBER = /^\+?\d[\d\s().-]{2,30}$/;

/**
 * The number that an inbound call is for, read from where its trunk puts it; if that header is missing or unreadable, from
 * the Request-URI. Null: there is no number (another scheme, or no user part).
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
 * The caller's identity as the trunk asserts it. P-Asserted-Identity may hold several values (RFC 3325, 9.1): the first
 * number counts, then the number in From, then any name. `Privacy: id` or `user` withholds whatever was found
 * (RFC 3323, RFC 3325); so does an anonymous From without an asserted identity.
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

/** Fewest digits of a number with its country code; shorter ones are local numbers that happen to begin like one. */
const SHORTEST_INTERNATIONAL = 10;

/**
 * A caller's number as E.164 if it is valid: read first as a number of the account's country, then as one with its country
 * code but no plus. Anything else stays as received, so that no invalid number is made up.
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

/** Whether Privacy (RFC 3323) withholds the identity; `none` wins over any other value. */
function isPrivate(request: SipRequest): boolean {
  const wanted = request.headers.lines("Privacy").flatMap((line) => line.toLowerCase().split(/[;,\s]+/));
  return !wanted.includes("none") && (wanted.includes("id") || wanted.includes("user"));
}

/** The user part as text, without parameters and without characters that could begin a line or end a string. */
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

/** Null if nothing is left. */
function cleaned(text: string): string | null {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const plain = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "").trim();
  return plain === "" ? null : plain.slice(0, MAX_USER_CHARACTERS).toWellFormed();
}
