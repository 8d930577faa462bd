import { getCountryCallingCode, isSupportedCountry } from "libphonenumber-js/max";
import type { AccountConfig } from "../account-config.ts";
import { COSTLY_PREFIXES } from "./costly-prefixes.ts";
import type { Mills } from "./dial-policy.ts";

/** The most expensive kind of number that an account may dial: its name, and its price per minute. */
export interface Dearest {
  readonly name: string;
  readonly perMinute: Mills;
}

/** The most expensive numbers that may be dialled, at home and abroad; null: no number may be. */
export function dearestOf(config: AccountConfig): { readonly home: Dearest | null; readonly abroad: Dearest | null } {
  const { prices } = config.limits;
  const homePrefix = homePrefixOf(config.account.country);
  const isHome = (prefix: string): boolean => overlap(prefix, homePrefix);
  const isAbroad = (prefix: string): boolean => !prefix.startsWith(homePrefix);
  const rows = prices.prefixes
    .filter(({ prefix }) => mayDial(config, prefix) && !isClosedWhole(config, prefix, isAbroad(prefix)))
    .map(({ prefix, perMinute }) => ({ prefix, name: `${prefix} (price_table)`, perMinute }));
  const costly = config.limits.openPrefixes
    .filter((prefix) => mayDial(config, prefix))
    .map((prefix) => ({ prefix, name: `${prefix} (opened, price_table.costly)`, perMinute: prices.costly }));
  const home = { prefix: homePrefix, name: `${homePrefix} (price_table.home)`, perMinute: prices.home };
  const isPriced = rows.some(({ prefix }) => homePrefix.startsWith(prefix));
  const abroad = { name: "any other country (price_table.abroad)", perMinute: prices.abroad };
  return {
    home: most([
      ...rows.filter(({ prefix }) => isHome(prefix)),
      ...costly.filter(({ prefix }) => isHome(prefix)),
      ...(mayDial(config, homePrefix) && !isPriced ? [home] : []),
    ]),
    abroad: most([
      ...rows.filter(({ prefix }) => isAbroad(prefix)),
      ...costly.filter(({ prefix }) => isAbroad(prefix)),
      ...(mayDialAbroad(config, isAbroad) ? [abroad] : []),
    ]),
  };
}

function most(candidates: readonly Dearest[]): Dearest | null {
  const [dearest] = candidates.toSorted((a, b) => b.perMinute - a.perMinute);
  return dearest === undefined ? null : { name: dearest.name, perMinute: dearest.perMinute };
}

/** If the country's calling code is unknown, no number counts as a home number. */
function homePrefixOf(country: string): string {
  return isSupportedCountry(country) ? `+${getCountryCallingCode(country)}` : "+0";
}

/** Whether some number with that prefix may be dialled and is reached by a trunk. */
function mayDial({ account, trunks }: AccountConfig, prefix: string): boolean {
  const within = (allowed: readonly string[]): boolean =>
    allowed.length === 0 || allowed.some((one) => overlap(one, prefix));
  return within(account.dialPrefixes) && trunks.some(({ reaches }) => within(reaches));
}

function mayDialAbroad({ account, trunks }: AccountConfig, isAbroad: (prefix: string) => boolean): boolean {
  const somewhere = (allowed: readonly string[]): boolean => allowed.length === 0 || allowed.some(isAbroad);
  return somewhere(account.dialPrefixes) && trunks.some(({ reaches }) => somewhere(reaches));
}

/** Whether every number with that prefix is expensive and closed. */
function isClosedWhole({ limits }: AccountConfig, prefix: string, isAbroad: boolean): boolean {
  const row = COSTLY_PREFIXES.find((costly) => prefix.startsWith(costly.prefix));
  if (row === undefined || (row.kind === "revenue_share" && !isAbroad)) return false;
  return !limits.openPrefixes.some((open) => overlap(open, prefix));
}

function overlap(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
