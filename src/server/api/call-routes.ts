import type { FastifyInstance } from "fastify";
import { reportOf } from "../../core/call/report.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import type { CallSummary, StoredCall } from "../../edges/store/types.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { PAGE_SIZE, readFilter } from "./call-filter.ts";
import { problem } from "./problem.ts";

/** Calls of an account: the list, one with its trace, and hanging one up. */
export function callRoutes(app: FastifyInstance, { store, exchange }: ApiOptions): void {
  app.get<{ Params: AccountParams; Querystring: Record<string, unknown> }>("/calls", async (request, reply) => {
    const filter = readFilter(request.query);
    if (!filter.ok) return problem(reply, 400, filter.error);
    const calls = await store.listCalls(request.params.account, filter.value);
    return { calls: calls.map(callLine), next: nextPage(calls, filter.value.limit ?? PAGE_SIZE) };
  });
  app.get<{ Params: AccountParams & { callSid: string } }>("/calls/:callSid", async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    return stored === null ? problem(reply, 404, `account ${account} has no call ${callSid}`) : wholeCall(stored);
  });
  app.post<{ Params: AccountParams & { callSid: string } }>("/calls/:callSid/hangup", async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    if (stored === null) return problem(reply, 404, `account ${account} has no call ${callSid}`);
    if (!exchange.hangUp(callSid)) return problem(reply, 409, `call ${callSid} has ended`);
    return reply.code(202).send({ call_sid: callSid });
  });
}

/** Where the next page begins; null behind the last one. */
function nextPage(calls: readonly CallSummary[], limit: number): string | null {
  const last = calls.at(-1);
  return last === undefined || calls.length < limit ? null : `${last.startedAt}.${last.callSid}`;
}

function callLine(call: CallSummary): object {
  return {
    call_sid: call.callSid,
    flow: call.flow,
    from: call.from,
    to: call.to,
    direction: call.direction,
    started_at: new Date(call.startedAt).toISOString(),
    ended_at: call.endedAt === null ? null : new Date(call.endedAt).toISOString(),
    status: call.status ?? "in-progress",
    cdr: call.cdr === null ? null : (JSON.parse(call.cdr) as unknown),
  };
}

/** A live call's trace has the shape of a simulated one (fixed by the interface). */
function wholeCall(stored: StoredCall): object {
  const { account, call, recordings } = { account: stored.call.account, ...stored };
  const report = reportOf(JSON.parse(stored.trace) as TraceEntry[], { seed: null });
  return {
    ...callLine(call),
    ...report,
    recordings: recordings.map(({ id, layout, durationMs, failure }) => ({
      id,
      layout,
      duration_ms: durationMs,
      failure,
      url: `/api/accounts/${account}/recordings/${id}.wav`,
    })),
  };
}
