import type { FastifyInstance } from "fastify";
import type { ApiOptions } from "./api-options.ts";
import { messageOf, problem } from "./problem.ts";

/** `/healthz`: can calls be taken? `/readyz`: and does the database answer? */
export function healthRoutes(app: FastifyInstance, { exchange, store }: ApiOptions): void {
  app.get("/healthz", async (_request, reply) =>
    exchange.isOpen
      ? { status: "ok", live_calls: exchange.liveCalls }
      : problem(reply, 503, "no calls can be taken now"),
  );
  app.get("/readyz", async (_request, reply) => {
    try {
      await store.ping();
    } catch (error) {
      return problem(reply, 503, `the database does not answer: ${messageOf(error)}`);
    }
    return exchange.isOpen ? { status: "ok" } : problem(reply, 503, "no calls can be taken now");
  });
}
