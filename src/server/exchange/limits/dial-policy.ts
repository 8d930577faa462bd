import type { LimitsDocument, PriceTableDocument } from "./limits-schema.ts";
import { ATTEMPTS_PER_CALL, limitsSchema, NIGHT_SHARE, priceTableSchema, SPEND_PER_CALL } from "./limits-schema.ts";

/** Null: no limit. */
export interface DestinationLimit {
  readonly concurrent: number | null;
  readonly perHour: number | null;
}

export interface PrefixLimit extends DestinationLimit {
  readonly prefix: string;
}

/** Thousandths of the currency unit, so that sums are exact. */
export type Mills = number;

export interface PriceTable {
  readonly currency: string;
  /** Prices per minute. */
  readonly home: Mills;
  readonly abroad: Mills;
  readonly costly: Mills;
  /** Longest prefix first. */
  readonly prefixes: readonly { readonly prefix: string; readonly perMinute: Mills }[];
}

/** The account's limits on outbound calls, with all defaults filled in. Null: no limit. */
export interface DialPolicy {
  readonly openPrefixes: readonly string[];
  readonly attemptsPerMinute: number | null;
  /** For each country other than the account's own. */
  readonly abroad: DestinationLimit;
  /** Take the place of `abroad`; longest prefix first. */
  readonly destinations: readonly PrefixLimit[];
  readonly key: { readonly callsPerMinute: number | null; readonly concurrentCalls: number | null };
  readonly night: Night;
  readonly spendPerDay: Mills | null;
  readonly prices: PriceTable;
  readonly requests: {
    readonly v1PerMinute: number | null;
    readonly apiPerMinute: number | null;
    readonly keyPerMinute: number | null;
  };
}

/** From one minute of the day to another, in the account's zone; no night if they are equal. */
export interface Night {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly abroadPerHour: number | null;
  readonly spend: Mills | null;
}

/** The policy of an account in a workspace. */
export function dialPolicy(limits: LimitsDocument, prices: PriceTableDocument): DialPolicy {
  const { attempts_per_minute: attempts = ATTEMPTS_PER_CALL * 60 * limits.calls_per_second } = limits;
  const { spend_per_day: perDay = SPEND_PER_CALL * limits.concurrent_calls } = limits;
  const { key } = limits;
  return {
    openPrefixes: limits.open_prefixes,
    attemptsPerMinute: attempts,
    abroad: { concurrent: limits.abroad.concurrent, perHour: limits.abroad.per_hour },
    destinations: limits.destinations
      .map(({ prefix, concurrent, per_hour: perHour }) => ({ prefix, concurrent, perHour }))
      .toSorted(longestFirst),
    key: { callsPerMinute: key.calls_per_minute, concurrentCalls: key.concurrent_calls },
    night: nightOf(limits, perDay),
    spendPerDay: perDay === null ? null : mills(perDay),
    prices: priceTable(prices),
    requests: {
      v1PerMinute: limits.v1_requests_per_minute,
      apiPerMinute: limits.api_requests_per_minute,
      keyPerMinute: key.requests_per_minute,
    },
  };
}

/** The policy of an account that sets no limits. */
export function defaultPolicy(limits: object = {}, prices: object = {}): DialPolicy {
  return dialPolicy(limitsSchema.parse(limits), priceTableSchema.parse(prices));
}

function nightOf({ night }: LimitsDocument, perDay: number | null): Night {
  const share = perDay === null ? null : perDay * NIGHT_SHARE;
  const { spend = share } = night;
  return {
    fromMinute: minuteOfDay(night.from),
    toMinute: minuteOfDay(night.to),
    abroadPerHour: night.abroad_per_hour,
    spend: spend === null ? null : mills(spend),
  };
}

function priceTable({ currency, home, abroad, costly, prefixes }: PriceTableDocument): PriceTable {
  return {
    currency,
    home: mills(home),
    abroad: mills(abroad),
    costly: mills(costly),
    prefixes: prefixes
      .map(({ prefix, per_minute }) => ({ prefix, perMinute: mills(per_minute) }))
      .toSorted(longestFirst),
  };
}

/** Prices are rounded up to a thousandth: the estimate must not be below the bill. */
function mills(amount: number): Mills {
  return Math.ceil(amount * 1000 - 1e-6);
}

function minuteOfDay(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function longestFirst(a: { readonly prefix: string }, b: { readonly prefix: string }): number {
  return b.prefix.length - a.prefix.length;
}
