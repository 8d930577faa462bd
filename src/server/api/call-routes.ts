import type { FastifyInstance } from "fastify";
import { reportOf } from "../../core/call/report.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import type { CallCursor, CallFilter, CallSummary, StoredCall } from "../../edges/store/types.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { problem } from "./problem.ts";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;

/** Calls of an account: the list, one with its trace, and hanging one up. */
export function callRoutes(app: FastifyInstance, { store, exchange }: ApiOptions): void {
  app.get<{ Params: AccountParams; Querystring: Record<string, string> }>("/calls", async (request, reply) => {
    const filter = readFilter(request.query);
    if (typeof filter === "string") return problem(reply, 400, filter);
    const calls = await store.listCalls(request.params.account, filter);
    return { calls: calls.map(callLine), next: nextPage(calls, filter.limit ?? PAGE_SIZE) };
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

function readFilter(query: Record<string, string>): CallFilter | string {
  const limit = query["limit"] === undefined ? PAGE_SIZE : Number(query["limit"]);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_SIZE)
    return `limit is "${query["limit"]}", it must be a whole number from 1 to ${MAX_PAGE_SIZE}`;
  const { status, from, to, before } = query;
  const cursor = before === undefined ? undefined : readCursor(before);
  if (cursor === null) return `before is "${before}", it must be the "next" of an earlier page`;
  return {
    limit,
    ...(cursor === undefined ? {} : { before: cursor }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function readCursor(text: string): CallCursor | null {
  const [, startedAt, callSid] = /^(\d{1,15})\.([0-9a-z]{1,64})$/.exec(text) ?? [];
  return startedAt === undefined || callSid === undefined ? null : { startedAt: Number(startedAt), callSid };
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
