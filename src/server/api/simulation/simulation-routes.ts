import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { Account } from "../../../core/contract/account.ts";
import { TWO_NUMBERS_FLOW } from "../../../core/call/two-numbers-flow.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { StoredCall } from "../../../edges/store/types.ts";
import { scenarioSchema, urlsSchema } from "../../../tools/simulator/scenario/scenario-schema.ts";
import { DEFAULT_SEED } from "../../../tools/simulator/simulate.ts";
import { isTooDeep } from "../../configuration/document-leaves.ts";
import { FlowEdits } from "../../configuration/flow-edits.ts";
import type { ApiOptions } from "../api-options.ts";
import { simulatedCall } from "../call-models.ts";
import { documentOf } from "../configuration-models.ts";
import { mistakes } from "../configuration-problem.ts";
import { accountParams, onlyThese } from "../openapi/parameters.ts";
import { typed } from "../openapi/typed-routes.ts";
import { problem } from "../problem.ts";
import { tooDeep } from "../resource-routes.ts";
import type { PlayResult, PlayWork } from "./play.ts";
import { playInThread } from "./play-in-thread.ts";

/** Enough for the largest flow and the answers of its scenario's URLs. */
const MAX_SCENARIO_BYTES = 2 * 1024 * 1024;
const MAX_SEED = 1_000_000_000;

const REFUSALS = {
  404: "The account has no such flow or call",
  422: "The input has mistakes; `errors` lists them all",
  503: "Too many calls are being simulated; try again",
} as const;

const whichFlow = z
  .string()
  .regex(/^\d{1,20}(?:@(?:published|draft|[1-9]\d{0,8}))?$/, "the id of a flow, such as 11754, 11754@draft or 11754@3");

const SIMULATE = {
  operationId: "calls.simulate",
  summary: "Plays one call in virtual time, as `plugboard simulate` does: nobody is called and no URL is requested",
  params: accountParams,
  body: onlyThese(
    {
      scenario: documentOf(scenarioSchema).describe(
        "A scenario (docs/testing.md). `flow` is the document, or the id of a flow of the account: `11754` (published), `11754@draft`, `11754@3`",
      ),
      seed: z.int().min(0).max(MAX_SEED).optional().describe("Decides the ids of the call; by default 1"),
    },
    "field",
  ),
  response: { 200: z.object({ call: simulatedCall }) },
  refusals: REFUSALS,
};

const WHAT_IF = {
  operationId: "calls.whatIf",
  summary: "Replays a call of the account in virtual time, with other answers of its URLs",
  params: accountParams.extend({ callSid: z.string() }),
  body: onlyThese(
    {
      urls: documentOf(urlsSchema).describe(
        "For each URL, without its query, what it answers instead, as in a scenario",
      ),
      flow: z
        .string()
        .regex(/^(?:published|draft|recorded|[1-9]\d{0,8})$/, "published, draft, recorded, or the number of a version")
        .optional()
        .describe(
          "The state of its flow to play: by default `published`, if there is one; `recorded`: only the part that the call used",
        ),
    },
    "field",
  ),
  response: {
    200: z
      .object({
        flow: z.string().describe("The state that was played"),
        changes: z.array(z.string()).describe("What the other answers change, one sentence each"),
        drift: z.array(z.string()).describe("How the replay differs from the call even with its own answers"),
        unused_urls: z.array(z.string()).describe("URLs that were given but the call does not request"),
        call: simulatedCall,
      })
      .meta({ id: "WhatIf" }),
  },
  refusals: { ...REFUSALS, 409: "The call has not ended" },
};

/** Plays calls in virtual time: a scenario, or a recorded call with other answers. Changes nothing, and sends no requests. */
export function simulationRoutes(app: FastifyInstance, options: ApiOptions): void {
  const simulations = new Simulations(options);
  const routes = typed(app);
  const config = { scope: "read" } as const;
  const limits = { bodyLimit: MAX_SCENARIO_BYTES, config };
  routes.post("/simulate", { schema: SIMULATE, ...limits }, async ({ params, body }, reply) => {
    if (isTooDeep(body)) return tooDeep(reply);
    const work = await simulations.scenario(params.account, body.scenario, body.seed ?? DEFAULT_SEED);
    if (typeof work === "string") return problem(reply, 404, work);
    const played = await playedBy(work, reply);
    return played?.kind === "scenario" ? { call: played.call } : reply;
  });
  routes.post("/calls/:callSid/what-if", { schema: WHAT_IF, ...limits }, async ({ params, body }, reply) => {
    if (isTooDeep(body)) return tooDeep(reply);
    const stored = await options.store.getCall(params.account, params.callSid);
    if (stored === null) return problem(reply, 404, `account ${params.account} has no call ${params.callSid}`);
    if (stored.call.cdr === null)
      return problem(reply, 409, `call ${params.callSid} has not ended: wait until it has ended`);
    const work = await simulations.whatIf(params.account, stored, body.urls, body.flow ?? null);
    if (typeof work === "string") return problem(reply, 404, work);
    const played = await playedBy(work, reply);
    if (played?.kind !== "what_if") return reply;
    const { changes, drift, call, unusedUrls: unused_urls } = played;
    return { flow: work.state, changes, drift, unused_urls, call };
  });
}

/** Null: the call could not be played, and the request has been answered. */
async function playedBy(
  work: PlayWork,
  reply: FastifyReply,
): Promise<Exclude<PlayResult, { kind: "mistakes" }> | null> {
  const played = await playInThread(work);
  if (played.ok && played.value.kind !== "mistakes") return played.value;
  if (!played.ok) problem(reply, 503, played.error);
  else if (played.value.kind === "mistakes") mistakes(reply, played.value.mistakes);
  return null;
}

type Json = Readonly<Record<string, unknown>>;

/** Turns requests into work for the simulator; a string says in one sentence what is missing. */
class Simulations {
  readonly #flows: FlowEdits;
  readonly #directory: ApiOptions["directory"];

  constructor({ configuration, directory }: ApiOptions) {
    this.#flows = new FlowEdits(configuration);
    this.#directory = directory;
  }

  async scenario(account: string, scenario: Json, seed: number): Promise<PlayWork | string> {
    const own = "account" in scenario ? null : this.#account(account);
    const named = whichFlow.safeParse(
      typeof scenario["flow"] === "number" ? String(scenario["flow"]) : scenario["flow"],
    );
    if (!named.success) return { kind: "scenario", document: scenario, account: own, seed };
    const [flow = "", state = "published"] = named.data.split("@");
    const document = await this.#flows.document({ account, flow }, state);
    if (document === null) return `account ${account} has no flow ${flow}@${state}`;
    return { kind: "scenario", document: { ...scenario, flow: { flow, ...document } }, account: own, seed };
  }

  async whatIf(account: string, { call, trace }: StoredCall, urls: Json, wanted: string | null) {
    const hasNoFlow = call.flow === TWO_NUMBERS_FLOW.id;
    const state = wanted ?? (hasNoFlow ? "recorded" : "published");
    const place = { account, flow: call.flow };
    const found = state === "recorded" ? null : await this.#flows.document(place, state);
    // The flow may have been deleted since: unless a state was requested, play the part of the flow that the call shows.
    if (found === null && wanted !== null && wanted !== "recorded")
      return `account ${account} has no flow ${call.flow}@${wanted}`;
    return {
      kind: "what_if",
      callSid: call.callSid,
      report: { trace: JSON.parse(trace) as TraceEntry[] },
      flow: found === null ? null : { flow: call.flow, ...found },
      account: this.#account(account),
      urls,
      state: found === null ? "recorded" : state,
    } as const;
  }

  #account(sid: string): Account | null {
    return this.#directory.account(sid)?.account ?? null;
  }
}
