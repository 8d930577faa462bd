import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { plainAccount } from "../../core/contract/account.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { BacktestRefusal, Backtests } from "../configuration/backtest/backtests.ts";
import { isTooDeep } from "../configuration/document-leaves.ts";
import { objectOf } from "../configuration/stored-resource.ts";
import type { ApiOptions } from "./api-options.ts";
import { admitHolder } from "./caller.ts";
import { flowDocument, flowParams } from "./configuration-models.ts";
import { instant, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import type { RequestLimitHook } from "./request-limit.ts";
import { tooDeep } from "./resource-routes.ts";

/** Room for a flow with long texts, as for drafts, and the range. */
const MAX_BYTES = 1024 * 1024;
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

const body = onlyThese(
  {
    since: instant()
      .optional()
      .describe(`Only calls that began at this time or later; by default ${DEFAULT_DAYS} days ago`),
    until: instant().optional().describe("Only calls that began before this time; by default now"),
    draft: flowDocument.optional().describe("The flow to test; by default the stored draft"),
    call: z.string().max(64).optional().describe("Only this call, whatever its time"),
    traces: z.boolean().optional().describe("Adds both traces, entry by entry, to each call"),
  },
  "field",
);

const count = z.int().min(0);
const verdict = z.enum(["changed", "unknown", "not_reproducible"]);
const trace = z.array(z.looseObject({ seq: z.int(), at_ms: z.number(), type: z.string() }));
const callLine = z
  .object({
    type: z.literal("call"),
    call_sid: z.string(),
    verdict,
    was: z.string().describe('Follows "callers who"; empty if the call could not be replayed'),
    would: z.string().nullable().describe('Follows "would"; null unless the outcome would change'),
    reason: z
      .string()
      .nullable()
      .describe('Follows "the draft"; for a call that could not be replayed, the reason alone'),
    aspects: z.array(z.string()).describe("How the outcomes differ, the most important first"),
    assumed: z.string().nullable().describe("What had to be assumed; null if nothing"),
    before: z.string().describe("The call's path through its own version"),
    after: z.string().describe("The call's path through the draft"),
    traces: z.object({ before: trace, after: trace }).optional(),
  })
  .meta({ id: "BacktestCall" });
/** The outcome of a whole backtest. */
export const backtestSummary = z
  .object({
    type: z.literal("summary"),
    calls: count,
    same: count,
    changed: count,
    unknown: count,
    not_reproducible: count,
    groups: z.array(z.object({ verdict, message: z.string(), calls: count, examples: z.array(z.string()) })),
  })
  .meta({ id: "BacktestSummary" });
const line = z
  .union([
    z.object({ type: z.literal("progress"), calls: count, of: count }),
    callLine,
    backtestSummary,
    z.object({ type: z.literal("failed"), detail: z.string() }),
  ])
  .meta({ id: "BacktestLine", description: "One line; the last line is the summary, or says why there is none" });

const SCHEMA = {
  operationId: "flows.backtest",
  summary: "Plays recorded calls through a draft, and lists those that would end differently",
  params: flowParams,
  body: body.nullish(),
  response: { 200: { content: { "application/jsonl": { schema: line } } } },
  refusals: {
    404: "The account has no such flow, or it has no draft",
    409: "A backtest of the account is already running",
    422: "The draft has mistakes, or the range too many calls",
    503: "Too many backtests are running; try again",
  },
};

const STATUS: Readonly<Record<BacktestRefusal["kind"], number>> = { account: 409, platform: 503, range: 422 };

interface BacktestCommand {
  readonly account: string;
  readonly flow: string;
  readonly wanted: z.output<typeof body>;
}

/** `POST …/flows/:flow/backtest`: changes nothing, so a key with the scope `read` may call it. */
export function backtestRoutes(
  app: FastifyInstance,
  options: ApiOptions,
  backtests: Backtests,
  limit: RequestLimitHook,
): void {
  app.addHook("onRequest", (request, reply) => admitHolder(options, request, reply));
  app.addHook("onRequest", limit);
  const route = { schema: SCHEMA, bodyLimit: MAX_BYTES, config: { scope: "read" } } as const;
  typed(app).post("/flows/:flow/backtest", route, async ({ params, body: given }, reply) => {
    await backtest(options, backtests, { ...params, wanted: given ?? {} }, reply);
    return reply;
  });
}

async function backtest(
  options: ApiOptions,
  backtests: Backtests,
  { account, flow, wanted }: BacktestCommand,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (isTooDeep(wanted.draft)) return tooDeep(reply);
  const stored = wanted.draft === undefined ? await options.configuration.table.draft(account, flow) : null;
  const document = wanted.draft ?? objectOf(stored?.body ?? "");
  if (document === null) return problem(reply, 404, `flow ${flow} of account ${account} has no draft`);
  const draft = parseFlow({ ...document, flow });
  if (!draft.ok) return problem(reply, 422, `the draft has mistakes: ${draft.error[0]?.message ?? "it is not a flow"}`);
  const { users: people } = options.directory.account(account)?.account ?? plainAccount();
  const range = rangeOf(flow, wanted, options.clock.now());
  const started = await backtests.start({
    account,
    range,
    draft: draft.value,
    people,
    traces: wanted.traces ?? false,
  });
  if (!started.ok) return refuseBacktest(reply, started.error);
  reply.raw.once("close", () => started.value.destroy());
  return reply
    .type("application/jsonl")
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no") // nginx would hold lines back
    .send(started.value);
}

function rangeOf(flow: string, { since, until, call }: BacktestCommand["wanted"], now: number) {
  const earliest = call === undefined ? now - DEFAULT_DAYS * DAY_MS : 0;
  return { flow, from: since ?? earliest, to: until ?? now + 1, ...(call !== undefined && { callSid: call }) };
}

/** Answers why the backtest did not start. */
export function refuseBacktest(reply: FastifyReply, { kind, message }: BacktestRefusal): FastifyReply {
  if (kind !== "range") void reply.header("retry-after", "30");
  return problem(reply, STATUS[kind], message);
}
