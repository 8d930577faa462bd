import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "../api-options.ts";
import { authenticate } from "../authenticate.ts";
import type { RequestLimitHook, RequestLimitOptions } from "../request-limit.ts";
import { accountRequestLimit } from "../request-limit.ts";
import { callDetailRoutes } from "./call-details.ts";
import { callListRoutes } from "./call-list.ts";
import { betaNumberRoutes, numberRoutes } from "./number-routes.ts";
import { callsConnect } from "./calls-connect.ts";
import { answerWithRestExceptions, restException } from "./rest-exception.ts";

/** Everything below `/v1/Accounts/:account`, with Exotel's shapes and errors, for holders of the account's keys. */
export async function v1Routes(app: FastifyInstance, options: ApiOptions, limit: RequestLimitHook): Promise<void> {
  forKeyHolders(app, options, limit);
  callListRoutes(app, options);
  callDetailRoutes(app, options);
  numberRoutes(app, options);
  await app.register(async (scope) => callsConnect(scope, options));
}

/** The same for everything below `/v2_beta/Accounts/:account`. */
export async function v2BetaRoutes(app: FastifyInstance, options: ApiOptions, limit: RequestLimitHook): Promise<void> {
  forKeyHolders(app, options, limit);
  betaNumberRoutes(app, options);
}

/** One request limit for both, with errors in their form. */
export function exotelRequestLimit(options: ApiOptions): RequestLimitHook {
  const refuse: RequestLimitOptions["refuse"] = (request, reply, { detail }) =>
    restException(request, reply, 429, detail);
  return accountRequestLimit(options, "v1", { refuse });
}

function forKeyHolders(app: FastifyInstance, options: ApiOptions, limit: RequestLimitHook): void {
  answerWithRestExceptions(app, options.log);
  app.addHook("onRequest", async (request, reply) => {
    return authenticate(options.access, request, reply, (_, status, message) =>
      restException(request, reply, status, message),
    );
  });
  app.addHook("onRequest", limit);
}
