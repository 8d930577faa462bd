import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Account } from "../../core/contract/account.ts";
import { sourceFormat } from "../../edges/audio/decode/identify.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";
import type { FetchOptions } from "../../edges/http-client/types.ts";
import { recogniseAudio } from "../../check-url.ts";
import { check } from "../../tools/check/check.ts";
import type { CheckDeps, CheckLimits, CheckTarget } from "../../tools/check/check-target.ts";
import { CHECK_LIMITS, DEFAULTS, problemOf } from "../../tools/check/check-target.ts";
import { reportJson } from "../../tools/check/json.ts";
import { VERSION } from "../../version.ts";
import type { UrlChecker, UrlCheckOrder } from "../api/url-checker.ts";

/** What URL checks need. */
export interface UrlCheckParts {
  readonly fetcher: CheckDeps["fetcher"];
  readonly clock: Clock;
  readonly random: Random;
  /** Shorter in tests. */
  readonly limits?: CheckLimits;
}

/** ms. Clients of the API wait for a minute, and a URL that answers in time is checked in seconds. */
const CHECK_LIMIT_MS = 45_000;

/**
 * Checks URLs on behalf of accounts, one at a time for each. Unlike `plugboard check`, which a developer runs against their own machine,
 * requests are the customer's: they reach internal addresses only if the account's `private_destinations` says so.
 */
export function urlChecker(parts: UrlCheckParts): UrlChecker {
  const busy = new Set<string>();
  return async (order) => {
    const { account } = order.config;
    const target = targetOf(order, account, parts.limits ?? CHECK_LIMITS);
    const wrong = problemOf(target, { primary: "url", fallback: "fallback", country: "country", runs: "runs" });
    if (wrong !== null) return err({ kind: "wrong", message: wrong });
    const message = `another URL of account ${account.sid} is being checked: try again when that is done`;
    if (busy.has(account.sid)) return err({ kind: "busy", message });
    busy.add(account.sid);
    try {
      return await withinLimit(target, parts, order.config);
    } finally {
      busy.delete(account.sid);
    }
  };
}

async function withinLimit(
  target: CheckTarget,
  { fetcher, clock, random }: UrlCheckParts,
  config: UrlCheckOrder["config"],
): Promise<Result<object, { readonly kind: "slow"; readonly message: string }>> {
  const limit = new AbortController();
  const timer = clock.after(CHECK_LIMIT_MS, () => limit.abort());
  const guarded = guardedFetcher(fetcher, config, limit.signal);
  const deps = { clock, random, decode: recogniseAudio, formatOf: (file: Buffer) => sourceFormat(file, true) };
  const report = await check(target, { ...deps, fetcher: guarded });
  timer.cancel();
  const message = `the URL answers so slowly that its check took more than ${CHECK_LIMIT_MS / 1000} s: run plugboard check`;
  return limit.signal.aborted ? err({ kind: "slow", message }) : ok(reportJson(report));
}

function targetOf(order: UrlCheckOrder, account: Account, limits: CheckLimits): CheckTarget {
  const own = { number: DEFAULTS.exophone, region: null, trunk: null };
  const exophones = account.exophones.length === 0 ? [own] : account.exophones;
  return {
    kind: order.as,
    primary: order.url,
    fallback: order.fallback,
    mode: order.validation,
    account: { ...account, exophones },
    numberForms: false,
    from: DEFAULTS.from,
    customField: DEFAULTS.customField,
    runs: order.runs,
    version: VERSION,
    limits,
  };
}

/** Sends every request as the account's own, and none after the limit. */
function guardedFetcher(
  fetcher: CheckDeps["fetcher"],
  { account, privateDestinations }: UrlCheckOrder["config"],
  limit: AbortSignal,
): Pick<Fetcher, "fetch" | "head" | "download"> {
  const own = <Options extends FetchOptions>(options: Options): Options => ({
    ...options,
    purpose: options.purpose === "check" ? "check_by_api" : options.purpose,
    account: account.sid,
    allowPrivate: privateDestinations && options.allowPrivate,
    signal: options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]),
  });
  return {
    fetch: (request, options) => fetcher.fetch(request, own(options)),
    head: (url, options) => fetcher.head(url, own(options)),
    download: (request, bytes, options) => fetcher.download(request, bytes, own(options)),
  };
}
