import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import { type Account, plainAccount } from "../../core/contract/account.ts";
import type { ValidationMode } from "../../core/contract/answer.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";

/** What is checked, and the call that is pretended. */
export interface CheckTarget {
  /** As configured: may hold `user:pass@` and a query of its own. */
  readonly primary: string;
  readonly fallback: string | null;
  /** RES-5: decides what is an error. Every answer is judged in both modes. */
  readonly mode: ValidationMode;
  readonly account: Account;
  /** The caller, E.164. */
  readonly from: string;
  /** CustomField of the calls started by API. */
  readonly customField: string;
  /** How often the first request is repeated, for latency and to see whether answers are stable. */
  readonly runs: number;
  /** Of the platform, for `User-Agent`. */
  readonly version: string;
  readonly limits: CheckLimits;
}

export interface CheckLimits {
  /** REQ-6: the whole exchange, milliseconds. */
  readonly deadlineMs: number;
  /** Slower than this is a warning, milliseconds. */
  readonly slowMs: number;
}

/** Of the contract; tests bring shorter ones. */
export const CHECK_LIMITS: CheckLimits = { deadlineMs: 5000, slowMs: 3000 };

/** Network, time and chance of a check. */
export interface CheckDeps {
  readonly fetcher: Pick<Fetcher, "fetch" | "checkAudio" | "download">;
  readonly clock: Clock;
  readonly random: Random;
  /** The platform's decoder: whether a file can be played. The error is a predicate, "is a page of HTML, not audio". */
  readonly decode: (file: Buffer) => Promise<Result<unknown, string>>;
}

/** An account as most are, around the given ExoPhones (E.164); the first is the one called. */
export function accountWith(exophones: readonly string[], country: string): Account {
  const numbers = exophones.map((number) => ({ number, region: null, trunk: null }));
  return plainAccount({ sid: "check", country, exophones: numbers });
}
