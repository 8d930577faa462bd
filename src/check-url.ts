import type { Result } from "./base/result.ts";
import { err, ok } from "./base/result.ts";
import { silentLog } from "./base/log.ts";
import { systemClock } from "./base/system-clock.ts";
import { systemRandom } from "./base/system-random.ts";
import type { ValidationMode } from "./core/contract/answer.ts";
import { sourceFormat } from "./edges/audio/decode/identify.ts";
import { Fetcher } from "./edges/http-client/fetcher.ts";
import { VERSION } from "./version.ts";
import { check } from "./tools/check/check.ts";
import type { CheckDeps, CheckTarget } from "./tools/check/check-target.ts";
import { accountWith, CHECK_LIMITS, DEFAULTS, problemOf } from "./tools/check/check-target.ts";
import type { CheckReport } from "./tools/check/report.ts";
import type { UrlKind } from "./tools/check/url-kind.ts";

/** How a URL is checked; the defaults are those of `plugboard check`. */
export interface CheckUrlOptions {
  /** What the URL is for; default `connect`. */
  readonly as?: UrlKind;
  /** The Fallback URL of a Connect or Gather, checked too. */
  readonly fallback?: string | null;
  /** The flow's `validation`; default `strict`. */
  readonly validation?: ValidationMode;
  /** Further first requests, for the percentiles; default 3, at most 100. */
  readonly runs?: number;
  /** The caller, E.164. */
  readonly from?: string;
  /** ExoPhones of the account, E.164; the first is the one called. */
  readonly exophones?: readonly string[];
  /** How ten-digit numbers in answers are read; default `IN`. */
  readonly country?: string;
  /** `CustomField` of calls started by API. */
  readonly customField?: string;
  /** Whether a failure on callers who are not national numbers is an error; default: a warning. */
  readonly numberForms?: boolean;
}

/**
 * Checks a URL as `plugboard check` does, for customers' own tests: sends it every kind of request that the platform
 * would send and judges the answers. Private addresses are allowed. Throws a RangeError where the URL or an option is
 * wrong, never for what the URL answers: that is in `issues`.
 */
export async function checkUrl(url: string, options: CheckUrlOptions = {}): Promise<CheckReport> {
  const target = targetOf(url, options);
  const names = { primary: "the URL", fallback: "fallback", country: "country", runs: "runs" };
  const problem = problemOf(target, names);
  if (problem !== null) throw new RangeError(problem);
  const fetcher = new Fetcher({ version: VERSION, log: silentLog });
  const deps: CheckDeps = {
    fetcher,
    clock: systemClock,
    random: systemRandom(),
    decode: recogniseAudio,
    formatOf: (file) => sourceFormat(file, true),
  };
  try {
    return await check(target, deps);
  } finally {
    await fetcher.close();
  }
}

function targetOf(url: string, options: CheckUrlOptions): CheckTarget {
  const { exophones = [DEFAULTS.exophone], country = DEFAULTS.country } = options;
  return {
    kind: options.as ?? DEFAULTS.kind,
    primary: url,
    fallback: options.fallback ?? null,
    mode: options.validation ?? "strict",
    account: accountWith(exophones, country),
    numberForms: options.numberForms ?? false,
    from: options.from ?? DEFAULTS.from,
    customField: options.customField ?? DEFAULTS.customField,
    runs: options.runs ?? DEFAULTS.runs,
    version: VERSION,
    limits: CHECK_LIMITS,
  };
}

/** Judges a file by its beginning: the decoders are not part of the package for customers' tests. */
export function recogniseAudio(file: Buffer): Promise<Result<unknown, string>> {
  const problem = sourceFormat(file, true)?.problem ?? null;
  return Promise.resolve(problem === null ? ok(null) : err(problem));
}
