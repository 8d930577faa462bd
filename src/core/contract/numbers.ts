import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";
import type { Account, User } from "./account.ts";
import type { Destination } from "./destination.ts";
import { quote, warning, type Finding } from "./finding.ts";
import { GenerationalCache } from "./generational-cache.ts";

/** What one entry of a destination list means. Null: it cannot be dialled, and a finding says why. */
export interface ReadDestination {
  readonly destination: Destination | null;
  readonly findings: readonly Finding[];
}

/** The accepted forms, as findings name them (RES-24). */
const ALLOWED_FORMS = "an E.164 number such as +919900000001, or sip:user";
const SKIPPED = "the entry is skipped";
/** What the finding says about a number that the account's `dial_prefixes` forbid: the platform counts these. */
export const OUTSIDE_PREFIXES = "is outside the prefixes this account may dial";
/** Up to this many digits without a + are a short code (112, an operator's 198), not a phone. */
const SHORT_CODE_DIGITS = 6;
/** Longer than any number with its separators, or any SIP address we accept. */
const MAX_ENTRY_CHARACTERS = 128;

/**
 * One entry of a destination list. An E.164 number is taken as it is; the other forms of RES-24 come with a warning;
 * what cannot be dialled (RES-4), and the account's own ExoPhones (RES-25), come out as null with a warning.
 * `path` is the place of the entry, for the findings. Short codes are never dialable: they differ from
 * network to network, and no trunk reaches them reliably.
 */
export function readDestination(text: string, account: Account, path = "destination.numbers"): ReadDestination {
  const found = quote(text);
  if (text.length > MAX_ENTRY_CHARACTERS) return undialable(found, path, "is too long for a number");
  if (/^\s*sip:/i.test(text)) return readSip(text.trim(), account, path);
  const read = dialable(found, readPhone(text, account.country), account, path);
  // E.164 itself needs no warning about its form.
  return read.destination?.kind === "number" && read.destination.e164 === text ? { ...read, findings: [] } : read;
}

/** {@link readDestination} for an entry that is a JSON integer instead of a text. */
export function readIntegerDestination(value: number, account: Account, path: string): ReadDestination {
  return dialable(String(value), readIntegerPhone(value, account.country), account, path);
}

/** A number that was read, if the account may dial it. `found` is the entry as findings show it. */
function dialable(found: string, { e164, fault }: Phone, account: Account, path: string): ReadDestination {
  if (isOwnExophone(e164, account)) return loops(found, path);
  if (fault !== null) return undialable(found, path, fault);
  const prefixes = account.dialPrefixes;
  if (prefixes.length > 0 && !prefixes.some((prefix) => e164.startsWith(prefix))) {
    const allowed = `a number under ${prefixes.join(", ")}`;
    return undialable(found, path, OUTSIDE_PREFIXES, allowed);
  }
  return { destination: { kind: "number", e164 }, findings: [respelled(found, path, e164)] };
}

function isOwnExophone(e164: string | null, account: Account): boolean {
  return account.exophones.some((exophone) => exophone.number === e164);
}

function loops(found: string, path: string): ReadDestination {
  const finding = warning({
    rule: "RES-25",
    path,
    found,
    allowed: "a number that is not an ExoPhone of the account",
    consequence: SKIPPED,
    problem: `is ${found}, an ExoPhone of this account, where the call would loop`,
  });
  return { destination: null, findings: [finding] };
}

function undialable(found: string, path: string, fault: string, allowed = ALLOWED_FORMS): ReadDestination {
  const problem = `is ${found}, which ${fault}; allowed is ${allowed}`;
  const finding = warning({ rule: "RES-4", path, found, allowed, consequence: SKIPPED, problem });
  return { destination: null, findings: [finding] };
}

function respelled(found: string, path: string, meaning: string): Finding {
  const consequence = `it is read as ${meaning}`;
  return warning({ rule: "RES-24", path, found, allowed: ALLOWED_FORMS, consequence, problem: `is ${found}` });
}

/** The users we can name: letters, digits and the marks that need no escaping in a SIP URI (RFC 3261, 25.1). */
const SIP_ADDRESS = /^sip:([a-z0-9._~+!*'-]{1,64})(?:@([a-z0-9.-]{1,63}))?$/i;

function readSip(text: string, account: Account, path: string): ReadDestination {
  const [, user, givenHost] = SIP_ADDRESS.exec(text) ?? [];
  const found = quote(text);
  if (user === undefined) return undialable(found, path, "is not a SIP address of the form sip:user or sip:user@host");
  if (givenHost === undefined) return readUser(found, user, account, path);
  const host = givenHost.toLowerCase();
  if (!account.sipHosts.some((allowed) => allowed.toLowerCase() === host))
    return undialable(found, path, "is on a host this account does not allow");
  const finding = respelled(found, path, `the user ${user} at ${host}`);
  return { destination: { kind: "sip", user, host }, findings: [finding] };
}

function readUser(found: string, user: string, account: Account, path: string): ReadDestination {
  const known = account.users.some((each) => each.name === user);
  const meaning = known ? `the phone of ${user}` : `the phone of ${user}, who is not a user of this account yet`;
  return { destination: { kind: "sip", user, host: null }, findings: [respelled(found, path, meaning)] };
}

/** The user that a destination reaches: by number, or as `sip:<name>` (EVT-1). */
export function findUser(account: Account, destination: Destination): User | null {
  const matches =
    destination.kind === "number"
      ? (user: User) => user.number === destination.e164
      : (user: User) => destination.host === null && user.name === destination.user;
  return account.users.find(matches) ?? null;
}

/** What a text means as a phone number. `fault` says why it cannot be dialled, and may come with an `e164` (RES-25). */
export type Phone =
  | { readonly e164: string; readonly fault: null }
  | { readonly e164: string | null; readonly fault: string };

const NO_NUMBER = "is not a phone number";
const INVALID = "is not a valid number of its country";

/** Entries kept: many times the numbers of a busy account's teams, in about a megabyte. */
const phones = new GenerationalCache<Phone>(5000);

/**
 * Reads a number the way RES-24 allows, in `country` (ISO 3166) where it has no +. The library takes 15 to 20 µs per number, and every call
 * brings the same few numbers: the results are cached.
 */
export function readPhone(text: string, country: string): Phone {
  const key = `${country} ${text}`;
  const known = phones.get(key);
  if (known !== undefined) return known;
  const phone = parsePhone(text, country);
  phones.set(key, phone);
  return phone;
}

function parsePhone(text: string, country: string): Phone {
  // Spaces, hyphens (typographic ones too) and brackets are how people write numbers; anything else is not a number.
  const compact = text.replace(/[\s()[\]\u2010-\u2015-]/g, "");
  if (!/^\+?[0-9]{1,20}$/.test(compact)) return { e164: null, fault: NO_NUMBER };
  if (/^[0-9]/.test(compact) && compact.length <= SHORT_CODE_DIGITS)
    return { e164: null, fault: "is a short code and cannot be dialled as a destination" };
  return compact.startsWith("+") ? parseInternational(compact) : parseNational(compact, country);
}

function parseInternational(compact: string): Phone {
  const parsed = parsePhoneNumberFromString(compact);
  if (parsed === undefined) return { e164: compact, fault: INVALID };
  return { e164: parsed.number, fault: parsed.isValid() ? null : INVALID };
}

/**
 * A number that an answer gives as a JSON integer, which cannot hold a + or leading zeros. Digits alone are read as in a
 * text (RES-24); only where they mean nothing there can they be E.164 that has lost its +.
 */
export function readIntegerPhone(value: number, country: string): Phone {
  if (!Number.isSafeInteger(value) || value < 0) return { e164: null, fault: NO_NUMBER };
  const asText = readPhone(String(value), country);
  if (asText.fault === null) return asText;
  const international = readPhone(`+${value}`, country);
  return international.fault === null ? international : asText;
}

/** `0XXXXXXXXXX`, `91XXXXXXXXXX` and ten digits in India, and their equivalents elsewhere; but not `0091…`. */
function parseNational(digits: string, country: string): Phone {
  const parsed = parsePhoneNumberFromString(digits, country as CountryCode);
  if (parsed === undefined) return { e164: null, fault: NO_NUMBER };
  const { nationalNumber, countryCallingCode } = parsed;
  const accepted = [nationalNumber, `0${nationalNumber}`, countryCallingCode + nationalNumber];
  if (!accepted.includes(digits)) return { e164: null, fault: INVALID };
  return { e164: parsed.number, fault: parsed.isValid() ? null : INVALID };
}

/** REQ-34: what every request, event and record says instead of a number that the caller withheld. */
export const WITHHELD_NUMBER = "anonymous";

/** What RFC 3323 (section 4.1.1.3) and trunks put into the From of a caller who withholds the number. */
const WITHHELD = /^(?:anonymous|restricted|withheld)$|\bsips?:(?:anonymous@|[^@\s]*@anonymous\.invalid\b)/i;

/** The caller as the call knows them: their number (or whatever the trunk sent), or {@link WITHHELD_NUMBER} (REQ-34). */
export function callerNumber(from: string): string {
  return WITHHELD.test(from.trim()) ? WITHHELD_NUMBER : from;
}

/**
 * E.164 in the account's form (REQ-32). `national` writes +91 numbers of ten digits as `0XXXXXXXXXX`; numbers outside
 * +91 (and the longer toll-free ones, which have no such form) stay E.164. A withheld number is `anonymous` (REQ-34).
 * Anything else (`sip:user`) is returned as it is.
 */
export function formatNumber(e164OrRaw: string, account: Pick<Account, "numberFormat">): string {
  if (!e164OrRaw.startsWith("+")) return callerNumber(e164OrRaw);
  if (account.numberFormat === "e164") return e164OrRaw;
  return /^\+91[0-9]{10}$/.test(e164OrRaw) ? `0${e164OrRaw.slice(3)}` : e164OrRaw;
}

/** A destination as requests name it (REQ-32): a number in the account's form, or `sip:user`. */
export function formatDestination(destination: Destination, account: Pick<Account, "numberFormat">): string {
  return destination.kind === "number" ? formatNumber(destination.e164, account) : `sip:${destination.user}`;
}
