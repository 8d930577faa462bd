import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { CALL_PHASES } from "../../core/call/call-action.ts";
import type { CallPhase } from "../../core/call/call-action.ts";
import type { LiveView } from "../exchange/live-view.ts";
import type { ApiOptions } from "./api-options.ts";
import { accountParams } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";

/** Calls shown at once: a person who watches more of them filters the list of calls instead. */
const MAX_SHOWN = 500;

const number = z.string().describe("E.164, `anonymous`, or `sip:user`");
const liveCall = z
  .object({
    call_sid: z.string(),
    from: number,
    to: number,
    direction: z.enum(["incoming", "outbound-dial"]),
    started_at: z.iso.datetime(),
    phase: z.enum(Object.keys(CALL_PHASES) as [CallPhase, ...CallPhase[]]).describe("As in the table of actions"),
    flow: z.string(),
    applet: z.object({ name: z.string(), type: z.string() }).nullable().describe("Where in the flow it is"),
    with: z.array(number).describe("Who is being rung, or talks with the caller"),
    recorded: z.boolean(),
  })
  .meta({ id: "LiveCall" });

const LIST = {
  operationId: "calls.live",
  summary: "Live calls, newest first: who rings, who talks, where in the flow",
  description: `The newest ${MAX_SHOWN} on the node that answers, from its memory. The events of the account say when something changes.`,
  params: accountParams,
  response: { 200: z.object({ calls: z.array(liveCall), total: z.int() }).meta({ id: "LiveCalls" }) },
};

/** The live calls of an account and their state. */
export function liveCallsRoute(app: FastifyInstance, { exchange }: ApiOptions): void {
  typed(app).get("/live-calls", { schema: LIST }, ({ params: { account } }) => {
    const calls = [...exchange.liveCallsOf(account)];
    return { calls: calls.slice(0, MAX_SHOWN).map(lineOf), total: calls.length };
  });
}

function lineOf({ callSid, startedAt, isRecorded, ...same }: LiveView) {
  return { call_sid: callSid, started_at: new Date(startedAt).toISOString(), recorded: isRecorded, ...same };
}
