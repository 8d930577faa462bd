import type { FastifyInstance } from "fastify";
import { Backtests } from "../configuration/backtest/backtests.ts";
import type { ApiOptions } from "./api-options.ts";
import { auditRoutes } from "./audit-routes.ts";
import { authenticate } from "./authenticate.ts";
import { backtestRoutes } from "./backtest-routes.ts";
import { callControlRoutes } from "./call-control-routes.ts";
import { callExportRoute } from "./call-export-route.ts";
import { callRoutes } from "./call-routes.ts";
import { draftTestRoutes } from "./draft-test-routes.ts";
import { erasureRoutes } from "./erasure-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { outboxRoutes } from "./outbox-routes.ts";
import { exposureRoutes } from "./exposure-routes.ts";
import { accountRequestLimit } from "./request-limit.ts";
import { flowRoutes } from "./flow-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { liveCallsRoute } from "./live-calls-route.ts";
import { mcpRoutes } from "./mcp-routes.ts";
import { memberRoutes } from "./member-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";
import { resourceRoutes } from "./resource-routes.ts";
import { statisticsRoute } from "./statistics-route.ts";
import { simulationRoutes } from "./simulation/simulation-routes.ts";
import { urlCheckRoutes } from "./url-check-routes.ts";
import { whyRoute } from "./why-route.ts";

/** Everything below `/api/accounts/:account`, for holders of the account's keys; a recording also opens by its signed link. */
export async function accountRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const limit = accountRequestLimit(options, "api");
  await app.register(async (keyed) => {
    keyed.addHook("onRequest", (request, reply) => authenticate(options.access, request, reply));
    keyed.addHook("onRequest", limit);
    callRoutes(keyed, options);
    callExportRoute(keyed, options);
    liveCallsRoute(keyed, options);
    erasureRoutes(keyed, options);
    callControlRoutes(keyed, options);
    whyRoute(keyed, options);
    eventRoutes(keyed, options);
    outboxRoutes(keyed, options);
    exposureRoutes(keyed, options);
    statisticsRoute(keyed, options);
    simulationRoutes(keyed, options);
    urlCheckRoutes(keyed, options);
    keyRoutes(keyed, options);
    memberRoutes(keyed, options);
    mcpRoutes(keyed);
    auditRoutes(keyed, options);
  });
  await app.register(async (configured) => resourceRoutes(configured, options, limit));
  await app.register(async (configured) => flowRoutes(configured, options, limit));
  const backtests = new Backtests(options);
  app.addHook("onClose", () => backtests.close());
  await app.register(async (tested) => {
    backtestRoutes(tested, options, backtests, limit);
    draftTestRoutes(tested, options, backtests);
  });
  await app.register(async (linked) => recordingRoutes(linked, options));
}
