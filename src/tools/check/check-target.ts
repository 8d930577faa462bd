import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import { type Account, plainAccount } from "../../core/contract/account.ts";
import type { AudioFormat } from "../../core/contract/audio.ts";
import type { ValidationMode } from "../../core/contract/answer.ts";
import { E164 } from "../../core/contract/field-schemas.ts";
import { maskCredentials, splitConfiguredUrl } from "../../core/contract/query.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";
import { KINDS } from "./url-kind.ts";
import type { UrlKind } from "./url-kind.ts";

/** What is checked, and the facts of the calls in the requests. */
export interface CheckTarget {
  readonly kind: UrlKind;
  /** As configured: may hold `user:pass@` and a query of its own. */
  readonly primary: string;
  readonly fallback: string | null;
  /** RES-5: decides what is an error. Every answer is judged in both modes. */
  readonly mode: ValidationMode;
  readonly account: Account;
  /** Whether a URL that fails for callers without a national number gets an error, or only a warning. */
  readonly numberForms: boolean;
  /** The caller, E.164. */
  readonly from: string;
  /** `CustomField` of the calls started by API. */
  readonly customField: string;
  /** How many times the first request is repeated, for latency and to see whether answers are stable. */
  readonly runs: number;
  /** The platform's version, for `User-Agent`. */
  readonly version: string;
  readonly limits: CheckLimits;
}

export interface CheckLimits {
  /** REQ-6: the whole exchange, milliseconds. */
  readonly deadlineMs: number;
  /** Slower than this is a warning, milliseconds. */
  readonly slowMs: number;
}

/** The contract's limits; tests use shorter ones. */
export const CHECK_LIMITS: CheckLimits = { deadlineMs: 5000, slowMs: 3000 };

/** Network, time and randomness of a check. */
export interface CheckDeps {
  readonly fetcher: Pick<Fetcher, "fetch" | "head" | "download">;
  readonly clock: Clock;
  readonly random: Random;
  /** The platform's decoder: whether a file can be played. The error is a predicate, "is a page of HTML, not audio". */
  readonly decode: (file: Buffer) => Promise<Result<unknown, string>>;
  /** What a file is, whatever its media type says; null if it is not clear. */
  readonly formatOf: (file: Buffer) => AudioFormat | null;
}

/** A typical account with the given ExoPhones (E.164); the first is the one called. */
export function accountWith(exophones: readonly string[], country: string): Account {
  const numbers = exophones.map((number) => ({ number, region: null, trunk: null }));
  return plainAccount({ sid: "check", country, exophones: numbers });
}

/** The defaults of a check, shared by the command line and {@link checkUrl}. */
export const DEFAULTS = {
  kind: "connect",
  country: "IN",
  exophone: "+918047100000",
  from: "+919812345678",
  customField: "plugboard check",
  /** Enough for first percentiles that mean something. */
  runs: 3,
} as const;

/** Enough for a p99 that means something; more would be a load test. */
export const MAX_RUNS = 100;

/** What is wrong with a target, as a sentence; null if nothing is. `names`: the caller's names for the parts. */
export function problemOf(target: CheckTarget, names: TargetNames): string | null {
  const { primary, fallback, kind, account, from, runs } = target;
  const wrongUrl = urlProblem(names.primary, primary) ?? urlProblem(names.fallback, fallback);
  if (wrongUrl !== null) return wrongUrl;
  if (fallback !== null && !KINDS[kind].hasFallback)
    return `${names.fallback} is for Connect and Gather: a ${KINDS[kind].title} has no Fallback`;
  if (!/^[A-Z]{2}$/.test(account.country)) return `${names.country} must be a two-letter country such as "IN"`;
  const wrongNumber = [from, ...account.exophones.map(({ number }) => number)].find((number) => !E164.test(number));
  if (wrongNumber !== undefined) return `"${wrongNumber}" must be an E.164 number such as +919812345678`;
  if (!Number.isInteger(runs) || runs < 0 || runs > MAX_RUNS)
    return `${names.runs} must be a whole number from 0 to ${MAX_RUNS}`;
  return null;
}

export interface TargetNames {
  readonly primary: string;
  readonly fallback: string;
  readonly country: string;
  readonly runs: string;
}

function urlProblem(name: string, url: string | null): string | null {
  const split = url === null ? null : splitConfiguredUrl(url);
  if (url === null || split?.ok !== false) return null;
  return `${name} (${maskCredentials(url)}) cannot be checked: ${split.error}`;
}
