import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "./api-options.ts";
import { authenticate } from "./authenticate.ts";
import { callRoutes } from "./call-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";

/** Everything below `/api/accounts/:account`: for holders of one of the account's keys. */
export async function accountRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  app.addHook("onRequest", (request, reply) => authenticate(options.directory, request, reply));
  callRoutes(app, options);
  recordingRoutes(app, options);
}
