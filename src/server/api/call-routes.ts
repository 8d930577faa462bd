import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallRecord } from "../../core/call/record.ts";
import { reportOf } from "../../core/call/report.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import type { CallSummary, StoredCall } from "../../edges/store/types.ts";
import type { ApiOptions } from "./api-options.ts";
import { deletedTrace, reportWithoutTrace } from "./deleted-trace.ts";
import { callsQuery, filterOf } from "./call-filter.ts";
import { accepted, callList, wholeCall } from "./call-models.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { accountParams } from "./openapi/parameters.ts";

const callParams = accountParams.extend({ callSid: z.string() });

const NO_CALL = "The account has no such call";
const LIST = {
  operationId: "calls.list",
  summary: "Calls, newest first",
  params: accountParams,
  querystring: callsQuery,
  response: { 200: callList },
};
const GET = {
  operationId: "calls.get",
  summary: "One call with its trace, live or ended",
  params: callParams,
  response: { 200: wholeCall },
  refusals: { 404: NO_CALL },
};
const HANG_UP = {
  operationId: "calls.hangUp",
  summary: "Hangs up a call",
  params: callParams,
  response: { 202: accepted },
  refusals: { 404: NO_CALL, 409: "The call has ended" },
};

/** Calls of an account: the list, one with its trace, hanging one up. */
export function callRoutes(app: FastifyInstance, { store, exchange, directory }: ApiOptions): void {
  const routes = typed(app);
  routes.get("/calls", { schema: LIST }, ({ params, query }) => pageOf(store, params.account, query));
  routes.get("/calls/:callSid", { schema: GET }, async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    return stored === null
      ? problem(reply, 404, `account ${account} has no call ${callSid}`)
      : callReport(directory, stored);
  });
  const config = { scope: "call" } as const;
  routes.post("/calls/:callSid/hangup", { schema: HANG_UP, config }, async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    if (stored === null) return problem(reply, 404, `account ${account} has no call ${callSid}`);
    if (!exchange.hangUp(callSid)) return problem(reply, 409, `call ${callSid} has ended`);
    return reply.code(202).send({ call_sid: callSid });
  });
}

async function pageOf(store: ApiOptions["store"], account: string, query: z.output<typeof callsQuery>) {
  const calls = await store.listCalls(account, filterOf(query));
  return { calls: calls.map(callLine), next: nextPage(calls, query.limit) };
}

/** Where the next page begins; null after the last page. */
function nextPage(calls: readonly CallSummary[], limit: number): string | null {
  const last = calls.at(-1);
  return last === undefined || calls.length < limit ? null : `${last.startedAt}.${last.callSid}`;
}

function callLine(call: CallSummary) {
  const cdr = call.cdr === null ? null : (JSON.parse(call.cdr) as CallRecord);
  return {
    call_sid: call.callSid,
    flow: call.flow,
    from: call.from,
    to: call.to,
    direction: call.direction,
    started_at: new Date(call.startedAt).toISOString(),
    ended_at: call.endedAt === null ? null : new Date(call.endedAt).toISOString(),
    status: cdr?.status ?? ("in-progress" as const),
    cdr,
  };
}

/** A live call's report has the same shape as a simulated one's (fixed by the interface). */
function callReport(directory: ApiOptions["directory"], stored: StoredCall) {
  const { account, call, recordings } = { account: stored.call.account, ...stored };
  const report = reportOf(JSON.parse(stored.trace) as TraceEntry[], { seed: null });
  const deleted = deletedTrace(directory, stored);
  return {
    ...callLine(call),
    ...report,
    ...(deleted === null ? {} : reportWithoutTrace(stored)),
    trace_deleted: deleted,
    recordings: recordings.map(({ id, layout, durationMs, failure }) => ({
      id,
      layout,
      duration_ms: durationMs,
      failure,
      url: `/api/accounts/${account}/recordings/${id}.wav`,
    })),
  };
}
