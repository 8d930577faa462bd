import Fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { accountRoutes } from "./account-routes.ts";
import type { ApiOptions } from "./api-options.ts";
import { asyncapiRoute } from "./asyncapi.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { healthRoutes } from "./health-routes.ts";
import { metricsRoute } from "./metrics-route.ts";
import { openApiRoute } from "./openapi/openapi-route.ts";
import { platformRoutes } from "./platform-routes.ts";
import { answerError, pathOf, problem } from "./problem.ts";
import { nothingHere, restException } from "./v1/rest-exception.ts";
import { exotelRequestLimit, v1Routes, v2BetaRoutes } from "./v1/routes.ts";
import { webPages } from "./web-pages.ts";
import { workspaceRoutes } from "./workspace-routes.ts";

/** Most requests are small; routes that take more say so. */
const MAX_BODY_BYTES = 64 * 1024;

/** Characters of a URL that an answer quotes. */
const MAX_QUOTED = 200;

/** NUL in a path: PostgreSQL can't store it in text, so no name contains it. Queries are validated by their schemas. */
const NUL = /^[^?]*%00/;

/** The HTTP side of the control process: health, metrics, `/api`, and the dashboard. `onRoute` is called for every route it answers. */
export async function buildApi(
  options: ApiOptions,
  onRoute: (route: RouteOptions) => void = () => undefined,
): Promise<FastifyInstance> {
  const trustProxy = [...(options.trustedProxies ?? [])];
  const app = Fastify({ logger: false, bodyLimit: MAX_BODY_BYTES, frameworkErrors: noAddress, trustProxy });
  app.addHook("onRoute", onRoute);
  app.decorateRequest("requester", null);
  app.decorateRequest("session", null);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options.log));
  const answerPage = webPages(options.webFolder);
  app.setNotFoundHandler((request, reply) => {
    if (/^\/v\d\//.test(request.url)) return nothingHere(request, reply);
    const page = answerPage(request, reply);
    return page ?? problem(reply, 404, `nothing answers ${request.method} ${pathOf(request)} here`);
  });
  openApiRoute(app);
  app.addHook("onRequest", async ({ url }) => {
    if (NUL.test(url)) throw Object.assign(new Error("the address holds the character NUL"), { statusCode: 400 });
  });
  const eventLoop = options.eventLoop ?? new EventLoopDelay();
  healthRoutes(app, options, eventLoop);
  metricsRoute(app, options, eventLoop);
  asyncapiRoute(app);
  await app.register((scope) => platformRoutes(scope, options), { prefix: "/api" });
  await app.register(async (scope) => workspaceRoutes(scope, options), { prefix: "/api" });
  await app.register((scope) => accountRoutes(scope, options), { prefix: "/api/accounts/:account" });
  const exotelLimit = exotelRequestLimit(options);
  await app.register((scope) => v1Routes(scope, options, exotelLimit), { prefix: "/v1/Accounts/:account" });
  await app.register((scope) => v2BetaRoutes(scope, options, exotelLimit), { prefix: "/v2_beta/Accounts/:account" });
  return app;
}

/** Answers a URL that Fastify can't read, or whose names are longer than any of ours: not found. */
function noAddress(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request);
  const detail = `nothing answers ${request.method} ${path.slice(0, MAX_QUOTED)} here`;
  if (/^\/v\d/.test(path)) restException(request, reply, 404, detail);
  else problem(reply, 404, detail);
}
