import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../base/clock.ts";
import { defaultPolicy } from "../exchange/limits/dial-policy.ts";
import { RollingCount } from "../exchange/limits/rolling-count.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { problem } from "./problem.ts";

/** Requests allowed per minute; null: no limit. */
export interface RequestLimits {
  readonly ofAccount: number | null;
  readonly ofKey: number | null;
}

/** A request beyond the limit. */
export interface TooManyRequests {
  readonly retryAfterS: number;
  /** One sentence: which limit, and when to come back. */
  readonly detail: string;
}

export interface RequestLimitOptions {
  readonly clock: Pick<Clock, "elapsed">;
  readonly accountOf: (request: FastifyRequest) => string;
  /** Id of the API key; null: the request has none. */
  readonly keyOf: (request: FastifyRequest) => string | null;
  readonly limitsOf: (account: string) => RequestLimits;
  /** Answers in the form of its API. `Retry-After` is set. */
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, refused: TooManyRequests) => FastifyReply;
  /** Counts and logs a refused request. */
  readonly onRefused: (account: string, refused: TooManyRequests) => void;
}

/** For `onRequest`, after authentication: undefined lets the request go on, a reply ends it. */
export type RequestLimitHook = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

const MINUTE_MS = 60_000;
/** The limits of an account that has just been deleted. */
const DEFAULT_LIMITS = defaultPolicy();
/** Limit on counted accounts and keys, all authenticated; beyond it the least recently used are dropped. */
const MAX_COUNTED = 10_000;

/**
 * An `onRequest` hook that limits the requests a minute of each account and each of its keys; the next one gets 429 with
 * `Retry-After`. Register it after authentication, so that no one can use up another's requests. Per process.
 */
export function requestLimit(options: RequestLimitOptions): RequestLimitHook {
  const counts = new Map<string, RollingCount>();
  return async (request, reply) => {
    const account = options.accountOf(request);
    const key = options.keyOf(request);
    const now = options.clock.elapsed();
    const { ofAccount, ofKey } = options.limitsOf(account);
    const gates = [
      { limit: ofAccount, name: "the account's", count: countOf(counts, account) },
      ...(key === null ? [] : [{ limit: ofKey, name: "this API key's", count: countOf(counts, `${account} ${key}`) }]),
    ];
    for (const { limit, name, count } of gates) {
      if (limit === null || count.within(now) < limit) continue;
      const refused = tooMany(`${name} ${limit} requests a minute are used up`, count.roomInMs(now));
      options.onRefused(account, refused);
      void reply.header("retry-after", String(refused.retryAfterS));
      return options.refuse(request, reply, refused);
    }
    for (const { count } of gates) count.add(now);
    return undefined;
  };
}

function tooMany(reason: string, waitMs: number): TooManyRequests {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000));
  return { retryAfterS, detail: `${reason}: come back in ${retryAfterS} s` };
}

/** Keeps the most recently used entry last in the map. */
function countOf(counts: Map<string, RollingCount>, id: string): RollingCount {
  const count = counts.get(id) ?? new RollingCount(MINUTE_MS);
  counts.delete(id);
  counts.set(id, count);
  const [oldest] = counts.keys();
  if (counts.size > MAX_COUNTED && oldest !== undefined) counts.delete(oldest);
  return count;
}

/**
 * The limit of `/api` or `/v1`. Create it once for each and share it among all its groups of routes, because it counts.
 * `own`: what is specific to an API, such as the form of its errors or the name of the account in its paths.
 */
export function accountRequestLimit(
  { clock, directory, exchange }: Pick<ApiOptions, "clock" | "directory" | "exchange">,
  api: "api" | "v1",
  own: Partial<Pick<RequestLimitOptions, "refuse" | "accountOf" | "keyOf">> = {},
): RequestLimitHook {
  return requestLimit({
    clock,
    refuse: (_request, reply, { detail }) => problem(reply, 429, detail),
    keyOf: ({ requester }) => (requester?.kind === "key" ? requester.id : null),
    accountOf: (request) => (request.params as AccountParams).account,
    limitsOf: (account) => {
      const { requests } = directory.account(account)?.limits ?? DEFAULT_LIMITS;
      return { ofAccount: api === "v1" ? requests.v1PerMinute : requests.apiPerMinute, ofKey: requests.keyPerMinute };
    },
    onRefused: (account, { detail }) =>
      exchange.refusals.note("requests_per_minute", "an HTTP request was refused", { account, api, detail }),
    ...own,
  });
}
