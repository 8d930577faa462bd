import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { explain } from "../../core/call/explain/explain.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import type { ApiOptions } from "./api-options.ts";
import { deletedTrace } from "./deleted-trace.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

const sentence = z
  .object({
    text: z.string(),
    rules: z.array(z.string()).describe("Rules of the contract that it is based on"),
    entries: z.array(z.int()).describe("`seq` of the trace entries that show it"),
  })
  .meta({ id: "ExplainedSentence" });

const WHY = {
  operationId: "calls.why",
  summary: "What decided the outcome of a call, in one paragraph with its evidence",
  params: z.object({ account: z.string(), callSid: z.string() }),
  response: {
    200: z
      .object({ call_sid: z.string(), text: z.string(), sentences: z.array(sentence) })
      .meta({ id: "CallExplanation" }),
  },
  refusals: { 404: "The account has no such call", 410: "Its trace was deleted: what decided it is no longer known" },
};

/** Why a call ended as it did or, if it is live, how it is going. */
export function whyRoute(app: FastifyInstance, { store, directory }: Pick<ApiOptions, "store" | "directory">): void {
  typed(app).get("/calls/:callSid/why", { schema: WHY }, async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    if (stored === null) return problem(reply, 404, `account ${account} has no call ${callSid}`);
    const deleted = deletedTrace(directory, stored);
    if (deleted !== null) return problem(reply, 410, deleted);
    const { text, sentences } = explain(JSON.parse(stored.trace) as TraceEntry[]);
    return {
      call_sid: callSid,
      text,
      sentences: sentences.map(({ rules, entries, ...same }) => ({
        ...same,
        rules: [...rules],
        entries: [...entries],
      })),
    };
  });
}
