import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { REFUSAL_MESSAGES } from "../exchange/admission.ts";
import type { ApiOptions } from "./api-options.ts";
import { typed } from "./openapi/typed-routes.ts";
import { messageOf, problem } from "./problem.ts";

const HEALTH = {
  operationId: "health.alive",
  summary: "Whether calls can be taken",
  security: [],
  response: { 200: z.object({ status: z.literal("ok"), live_calls: z.int() }) },
  refusals: { 503: "No calls can be taken now; `detail` says why" },
};
const READY = {
  operationId: "health.ready",
  summary: "Whether calls can be taken, the database answers, and nothing is about to keep calls from being taken",
  security: [],
  response: { 200: z.object({ status: z.literal("ok") }) },
  refusals: { 503: "No calls can be taken now, or soon, or the database does not answer; `detail` says why" },
};

/** ms. Callers wait as much longer for each answer; from 300 ms on, new calls are refused. */
const MOST_DELAY_MS = 200;

/**
 * `/healthz`: whether calls can be taken, from what this process already knows, so that a check costs nothing. `/readyz`: also
 * whether the database answers, which takes one statement, and whether a limit is near, so that a balancer can send calls elsewhere.
 */
export function healthRoutes(
  app: FastifyInstance,
  { exchange, store }: Pick<ApiOptions, "exchange" | "store">,
  eventLoop: { readonly p99Ms: number },
): void {
  const closed = (reply: FastifyReply): FastifyReply | null => {
    const reason = exchange.closedBecause;
    return reason === null ? null : problem(reply, 503, `no calls can be taken now: ${REFUSAL_MESSAGES[reason]}`);
  };
  const routes = typed(app);
  routes.get(
    "/healthz",
    { schema: HEALTH },
    async (_request, reply) => closed(reply) ?? { status: "ok" as const, live_calls: exchange.liveCalls },
  );
  routes.get("/readyz", { schema: READY }, async (_request, reply) => {
    try {
      await store.ping();
    } catch (error) {
      return problem(reply, 503, `the database does not answer: ${messageOf(error)}`);
    }
    const strain = exchange.strainedBecause ?? lateBecause(eventLoop.p99Ms);
    return closed(reply) ?? (strain === null ? { status: "ok" as const } : problem(reply, 503, strain));
  });
}

function lateBecause(ms: number): string | null {
  return ms > MOST_DELAY_MS ? `this process is late by ${Math.round(ms)} ms: it has too much to do` : null;
}
