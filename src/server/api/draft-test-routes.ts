import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import { plainAccount } from "../../core/contract/account.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { Backtests } from "../configuration/backtest/backtests.ts";
import { compareInThread } from "../configuration/flow-comparison.ts";
import { checkFlow, FlowEdits } from "../configuration/flow-edits.ts";
import { masked } from "../configuration/secrets.ts";
import { objectOf } from "../configuration/stored-resource.ts";
import type { ApiOptions } from "./api-options.ts";
import { backtestSummary, refuseBacktest } from "./backtest-routes.ts";
import { etag, findingModel, flowOutcomes, flowParams } from "./configuration-models.ts";
import { DraftTickets } from "./draft-ticket.ts";
import { instant, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { DRAFTING } from "./requester.ts";
import { etagOf } from "./write-condition.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** ms. Programs wait for a minute; this is enough to play tens of thousands of calls. */
const BACKTEST_LIMIT_MS = 40_000;

const TEST = {
  operationId: "flows.testDraft",
  summary: "Proves the draft, and plays recorded and random calls through it to show what publishing it would change",
  params: flowParams,
  body: onlyThese(
    {
      since: instant()
        .optional()
        .describe(`Only recorded calls that began at this time or later; by default ${DEFAULT_DAYS} days ago`),
    },
    "field",
  ).nullish(),
  response: {
    200: z
      .object({
        draft: etag,
        published: z.int().nullable().describe("The version that calls use now"),
        publishable: z.boolean(),
        findings: z.array(findingModel),
        backtest: backtestSummary.nullable().describe("Recorded calls; null if the draft is not publishable"),
        comparison: flowOutcomes
          .nullable()
          .describe("Random calls; null if the draft is not publishable or is the first version"),
        ticket: z
          .string()
          .nullable()
          .describe(
            "For an hour `POST …/publish` publishes exactly this draft with it; null if the draft is not publishable",
          ),
      })
      .meta({ id: "DraftTest" }),
  },
  refusals: {
    404: "The flow has no draft",
    409: "A backtest of the account is already running",
    422: "The range has too many calls",
    503: "Too many flows are being compared; try again",
    504: "Playing the recorded calls takes too long",
  },
};

/** Adds the test that a draft must pass to be published with the scope `publish` alone. For a Fastify scope that authenticates. */
export function draftTestRoutes(app: FastifyInstance, options: ApiOptions, backtests: Backtests): void {
  const tests = new DraftTests(options, backtests);
  const config = { scope: DRAFTING };
  typed(app).post("/flows/:flow/draft/test", { schema: TEST, config }, ({ params, body }, reply) =>
    tests.test({ ...params, since: body?.since ?? options.clock.now() - DEFAULT_DAYS * DAY_MS }, reply),
  );
}

interface TestOrder {
  readonly account: string;
  readonly flow: string;
  /** Epoch ms. */
  readonly since: number;
}

class DraftTests {
  readonly #options: ApiOptions;
  readonly #backtests: Backtests;
  readonly #edits: FlowEdits;
  readonly #tickets: DraftTickets;

  constructor(options: ApiOptions, backtests: Backtests) {
    this.#options = options;
    this.#backtests = backtests;
    this.#edits = new FlowEdits(options.configuration);
    this.#tickets = new DraftTickets(options.access, options.clock);
  }

  async test(order: TestOrder, reply: FastifyReply) {
    const { account, flow } = order;
    const kept = await this.#options.configuration.table.draft(account, flow);
    const document = objectOf(kept?.body ?? "");
    if (kept === null || document === null)
      return problem(reply, 404, `flow ${flow} of account ${account} has no draft`);
    const published = this.#edits.published({ account, flow })?.flowVersion ?? null;
    const findings = checkFlow(document, this.#edits.groupsOf(account));
    const answer = { draft: etagOf(kept.revision), published, findings };
    const draft = parseFlow({ ...masked("flow", document), flow });
    if (!draft.ok || findings.some(({ level }) => level === "error"))
      return { ...answer, publishable: false, backtest: null, comparison: null, ticket: null };
    const backtest = await this.#backtest(order, draft.value, reply);
    if (backtest === null) return reply;
    const comparison = await this.#comparison(order, draft.value);
    if (!comparison.ok) return problem(reply, 503, comparison.error);
    const ticket = this.#tickets.issue({ account, flow, draft: kept.revision, published });
    return { ...answer, publishable: true, backtest, comparison: comparison.value, ticket };
  }

  /** Null: the result is missing, and the request has been answered. */
  async #backtest({ account, flow, since }: TestOrder, draft: Flow, reply: FastifyReply) {
    const { clock } = this.#options;
    const range = { flow, from: since, to: clock.now() + 1 };
    const people = this.#account(account).users;
    const started = await this.#backtests.start({ account, range, draft, people, traces: false });
    if (!started.ok) refuseBacktest(reply, started.error);
    const summary = started.ok ? await summaryOf(started.value, clock) : null;
    if (summary?.ok === false) problem(reply, summary.error.status, summary.error.detail);
    return summary?.ok === true ? summary.value : null;
  }

  /** Plays the same random calls through both versions, to cover what no recorded call has met; null: nothing is published yet. */
  async #comparison({ account, flow }: TestOrder, after: Flow) {
    const published = this.#edits.published({ account, flow });
    if (published === undefined) return ok(null);
    const before = parseFlow(masked("flow", published.document));
    if (!before.ok) return err("the published version can no longer be played, so nothing can be compared");
    const { users: people, timezone } = this.#account(account);
    return compareInThread({ before: before.value, after, people, timezone });
  }

  #account(sid: string) {
    return this.#options.directory.account(sid)?.account ?? plainAccount();
  }
}

type Summary = z.input<typeof backtestSummary>;

/** The last line of a backtest, unless it takes too long. */
async function summaryOf(
  lines: Readable,
  clock: Clock,
): Promise<Result<Summary, { readonly status: number; readonly detail: string }>> {
  let last = "";
  let isLate = false;
  const limit = clock.after(BACKTEST_LIMIT_MS, () => {
    isLate = true;
    lines.destroy();
  });
  try {
    for await (const chunk of lines) last = String(chunk).trimEnd().split("\n").at(-1) ?? "";
  } catch (error) {
    if (!isLate) throw error; // otherwise we destroyed the stream ourselves
  }
  limit.cancel();
  const detail = `playing the recorded calls takes more than ${BACKTEST_LIMIT_MS / 1000} s: set a later since`;
  if (isLate) return err({ status: 504, detail });
  const line = JSON.parse(last) as Summary | { readonly type: "failed"; readonly detail: string };
  return line.type === "summary" ? ok(line) : err({ status: 503, detail: line.detail });
}
