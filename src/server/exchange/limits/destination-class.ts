import type { CountryCode, NumberType } from "libphonenumber-js/max";
import { getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { GenerationalCache } from "../../../core/contract/generational-cache.ts";
import type { CostlyPrefix } from "./costly-prefixes.ts";
import { COSTLY_PREFIXES } from "./costly-prefixes.ts";
import type { DialPolicy, Mills, PrefixLimit } from "./dial-policy.ts";

/** What the limits need to know about a number to dial. */
export interface DestinationClass {
  /** The country (ISO 3166), or the calling code if the number belongs to no country. */
  readonly place: string;
  readonly isAbroad: boolean;
  /** The expensive prefix it has; null: it isn't expensive. */
  readonly costly: CostlyPrefix | null;
}

interface ParsedNumber {
  readonly country: string | null;
  /** Null: not a possible number. */
  readonly callingCode: string | null;
  readonly type: NumberType;
}

/** Cached numbers: many times the teams of busy accounts. Parsing takes 50 µs, and the same few come with every call. */
const parsedNumbers = new GenerationalCache<ParsedNumber>(5000);

/** Types of numbers whose owner, not the network, is paid for the call. */
const PREMIUM_TYPES: readonly NumberType[] = ["PREMIUM_RATE", "SHARED_COST", "PERSONAL_NUMBER", "PAGER"];

/** Which country a number is in, seen from an account in `home`, and whether it is expensive. */
export function classOf(e164: string, home: string): DestinationClass {
  const { country, callingCode, type } = parsed(e164);
  const isHome = country === null ? callingCode !== null && callingCode === callingCodeOf(home) : country === home;
  return {
    place: country ?? (callingCode === null ? "unknown" : `+${callingCode}`),
    isAbroad: !isHome,
    costly: costlyOf(e164, type, isHome),
  };
}

/** Whether the number is closed: not dialled until the account opens a prefix of it. */
export function isClosed({ costly }: DestinationClass, e164: string, { openPrefixes }: DialPolicy): boolean {
  return costly !== null && !openPrefixes.some((prefix) => e164.startsWith(prefix));
}

/** The price per minute. */
export function priceOf(e164: string, { isAbroad, costly }: DestinationClass, { prices }: DialPolicy): Mills {
  const row = prices.prefixes.find(({ prefix }) => e164.startsWith(prefix));
  if (row !== undefined) return row.perMinute;
  if (costly !== null) return prices.costly;
  return isAbroad ? prices.abroad : prices.home;
}

/** The account's own limit for that number; undefined: none. */
export function prefixLimitOf(e164: string, { destinations }: DialPolicy): PrefixLimit | undefined {
  return destinations.find(({ prefix }) => e164.startsWith(prefix));
}

/** A place is not costly for accounts in that place; its premium numbers are. */
function costlyOf(e164: string, type: NumberType, isHome: boolean): CostlyPrefix | null {
  const row = COSTLY_PREFIXES.find(
    ({ prefix, kind }) => e164.startsWith(prefix) && !(isHome && kind === "revenue_share"),
  );
  if (row !== undefined) return row;
  if (!PREMIUM_TYPES.includes(type)) return null;
  const name = String(type).toLowerCase().replaceAll("_", " ");
  return { prefix: e164.slice(0, PREFIX_SHOWN), kind: "premium", name: `${name} numbers`, source: "library" };
}

/** Characters shown of a premium number: the + and enough digits to open numbers of its kind, but not the whole number. */
const PREFIX_SHOWN = 6;

function parsed(e164: string): ParsedNumber {
  const known = parsedNumbers.get(e164);
  if (known !== undefined) return known;
  const found = parsePhoneNumberFromString(e164);
  const number: ParsedNumber = {
    country: found?.country ?? null,
    callingCode: found?.countryCallingCode ?? null,
    type: found?.getType(),
  };
  parsedNumbers.set(e164, number);
  return number;
}

function callingCodeOf(country: string): string | null {
  return isSupportedCountry(country) ? getCountryCallingCode(country satisfies CountryCode) : null;
}
