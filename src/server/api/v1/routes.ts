import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../../base/clock.ts";
import { MinuteLimit } from "../../exchange/minute-limit.ts";
import type { AccountParams, ApiOptions } from "../api-options.ts";
import { demandCredentials, holdsKey } from "../authenticate.ts";
import { callDetailRoutes } from "./call-details.ts";
import { callListRoutes } from "./call-list.ts";
import { betaNumberRoutes, numberRoutes } from "./number-routes.ts";
import { answerWithRestExceptions, restException } from "./rest-exception.ts";

/** Requests of one account in one minute (contract, section 8): a program in a loop must not slow down everyone's calls. */
const REQUESTS_PER_MINUTE = 200;
const MINUTE_MS = 60_000;

/** Everything below `/v1/Accounts/:account`, with Exotel's shapes and errors: for holders of a key of the account. */
export async function v1Routes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  forKeyHolders(app, options);
  callListRoutes(app, options);
  callDetailRoutes(app, options);
  numberRoutes(app, options);
}

/** Everything below `/v2_beta/Accounts/:account`: the same, for what Exotel has there. */
export async function v2BetaRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  forKeyHolders(app, options);
  betaNumberRoutes(app, options);
}

function forKeyHolders(app: FastifyInstance, options: ApiOptions): void {
  const limit = new MinuteLimit(REQUESTS_PER_MINUTE);
  answerWithRestExceptions(app, options.log);
  app.addHook("onRequest", async (request, reply) => {
    if (!holdsKey(options.directory, request))
      return restException(request, demandCredentials(reply), 401, "an API key and token of this account are needed");
    return withinLimit(limit, options.clock, request, reply);
  });
}

function withinLimit(
  limit: MinuteLimit,
  clock: Clock,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const now = clock.now();
  const { account } = request.params as AccountParams;
  if (limit.take(account, now) !== null) return undefined;
  const seconds = Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000);
  const message = `account ${account} has made its ${REQUESTS_PER_MINUTE} requests of this minute: try again in ${seconds} s`;
  return restException(request, reply.header("retry-after", seconds), 429, message);
}
