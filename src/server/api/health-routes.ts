import type { FastifyInstance, FastifyReply } from "fastify";
import { REFUSAL_MESSAGES } from "../exchange/admission.ts";
import type { ApiOptions } from "./api-options.ts";
import { messageOf, problem } from "./problem.ts";

/**
 * `/healthz`: can calls be taken? From what this process knows already, so that asking costs nothing. `/readyz`: and does the
 * database answer? That takes one statement.
 */
export function healthRoutes(app: FastifyInstance, { exchange, store }: Pick<ApiOptions, "exchange" | "store">): void {
  const closed = (reply: FastifyReply): FastifyReply | null => {
    const reason = exchange.closedBecause;
    return reason === null ? null : problem(reply, 503, `no calls can be taken now: ${REFUSAL_MESSAGES[reason]}`);
  };
  app.get("/healthz", async (_request, reply) => closed(reply) ?? { status: "ok", live_calls: exchange.liveCalls });
  app.get("/readyz", async (_request, reply) => {
    try {
      await store.ping();
    } catch (error) {
      return problem(reply, 503, `the database does not answer: ${messageOf(error)}`);
    }
    return closed(reply) ?? { status: "ok" };
  });
}
