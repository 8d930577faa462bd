import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { plainAccount } from "../../core/contract/account.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import { err, ok } from "../../base/result.ts";
import { compareInThread } from "../configuration/flow-comparison.ts";
import { checkFlow, FlowEdits } from "../configuration/flow-edits.ts";
import type { ResourceDocument } from "../configuration/resources.ts";
import { masked } from "../configuration/secrets.ts";
import { objectOf } from "../configuration/stored-resource.ts";
import type { ApiOptions } from "./api-options.ts";
import { etag, findingModel, flowOutcomes, flowParams } from "./configuration-models.ts";
import { DraftTickets } from "./draft-ticket.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { DRAFTING } from "./requester.ts";
import { etagOf } from "./write-condition.ts";

const TEST = {
  operationId: "flows.testDraft",
  summary: "Proves the draft and plays calls through it and the published version: what publishing it would change",
  params: flowParams,
  response: {
    200: z
      .object({
        draft: etag,
        published: z.int().nullable().describe("The version that calls take now"),
        publishable: z.boolean(),
        findings: z.array(findingModel),
        backtest: flowOutcomes.nullable().describe("Null: it is not publishable, or nothing is published yet"),
        ticket: z
          .string()
          .nullable()
          .describe("With it `POST …/publish` publishes exactly this draft, for an hour; null: it is not publishable"),
      })
      .meta({ id: "DraftTest" }),
  },
  refusals: { 404: "The flow has no draft", 503: "Too many flows are being compared; try again" },
};

/** The test that a draft must have passed to be published with the scope `publish` alone. */
export function draftTestRoutes(app: FastifyInstance, options: ApiOptions): void {
  const tests = new DraftTests(options);
  const config = { scope: DRAFTING };
  typed(app).post("/flows/:flow/draft/test", { schema: TEST, config }, ({ params }, reply) =>
    tests.test(params, reply),
  );
}

class DraftTests {
  readonly #options: ApiOptions;
  readonly #edits: FlowEdits;
  readonly #tickets: DraftTickets;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#edits = new FlowEdits(options.configuration);
    this.#tickets = new DraftTickets(options.access, options.clock);
  }

  async test(place: z.output<typeof flowParams>, reply: FastifyReply) {
    const { account, flow } = place;
    const draft = await this.#options.configuration.table.draft(account, flow);
    const document = objectOf(draft?.body ?? "");
    if (draft === null || document === null)
      return problem(reply, 404, `flow ${flow} of account ${account} has no draft`);
    const published = this.#edits.published(place);
    const version = published?.flowVersion ?? null;
    const findings = checkFlow(document, this.#edits.groupsOf(account));
    const publishable = findings.every(({ level }) => level === "warning");
    const answer = { draft: etagOf(draft.revision), published: version, publishable, findings };
    if (!publishable) return { ...answer, backtest: null, ticket: null };
    const backtest = await this.#backtest(account, published?.document ?? null, document);
    if (!backtest.ok) return problem(reply, 503, backtest.error);
    const ticket = this.#tickets.issue({ account, flow, draft: draft.revision, published: version });
    return { ...answer, backtest: backtest.value, ticket };
  }

  /** The same calls through both, and whose outcome differs; null: nothing is published, so no caller is concerned. */
  async #backtest(account: string, before: ResourceDocument | null, after: ResourceDocument) {
    if (before === null) return ok(null);
    const [old, now] = [parseFlow(masked("flow", before)), parseFlow(masked("flow", after))];
    if (!old.ok || !now.ok) return err("the published version can't be played any more, so nothing can be compared");
    const config = this.#options.directory.account(account)?.account;
    const { users: people, timezone } = config ?? plainAccount();
    return compareInThread({ before: old.value, after: now.value, people, timezone });
  }
}
