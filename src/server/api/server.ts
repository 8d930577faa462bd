import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { accountRoutes } from "./account-routes.ts";
import type { ApiOptions } from "./api-options.ts";
import { healthRoutes } from "./health-routes.ts";
import { metricsRoute } from "./metrics-route.ts";
import { messageOf, pathOf, problem, statusOf } from "./problem.ts";
import { v1Routes } from "./v1/routes.ts";

/** Nothing that is sent to this API is large. */
const MAX_BODY_BYTES = 64 * 1024;

/** The HTTP side of the control process: health, metrics, and `/api`. */
export async function buildApi(options: ApiOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, bodyLimit: MAX_BODY_BYTES });
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) options.log.error({ err: error, url: request.routeOptions.url }, "request failed");
    return problem(reply, status, status >= 500 ? "the platform could not answer" : messageOf(error));
  });
  app.setNotFoundHandler((request, reply) =>
    problem(reply, 404, `nothing answers ${request.method} ${pathOf(request)} here`),
  );
  healthRoutes(app, options);
  metricsRoute(app, options.exchange);
  await app.register((scope) => accountRoutes(scope, options), { prefix: "/api/accounts/:account" });
  await app.register((scope) => v1Routes(scope, options), { prefix: "/v1/Accounts/:account" });
  return app;
}
