import { z } from "zod";
import type { PlugboardApi } from "../../client/client.ts";
import { MASK } from "./personal-data.ts";
import { toolOf } from "./tool.ts";

const flow = z
  .string()
  .regex(/^\d{1,20}$/, "digits, such as 11754")
  .describe("Id of the flow");
const state = z.string().max(20).describe("published, draft, or the number of a version");
const document = z
  .looseObject({})
  .describe("A whole flow document: flow, name, start, applets (docs/flows.md of Plugboard)");
const NO_CALLERS = { hasNoCallers: true } as const;

const listFlows = toolOf({
  name: "list_flows",
  title: "List flows",
  description:
    "Lists the account's flows, with the published version and the draft of each. Changes nothing. Needs the scope read.",
  input: z.strictObject({}),
  effect: "none",
  ...NO_CALLERS,
  run: async (api) => ({ sentences: [], data: await api.flows.list() }),
});

const readFlow = toolOf({
  name: "read_flow",
  title: "Read a flow",
  description:
    "Reads the document of a flow: the published version, the draft, or an earlier version. Secrets are masked. " +
    "Numbers that the flow dials are shown in full, because a draft is made from them. Changes nothing. Needs the scope read.",
  input: z.strictObject({ flow, state: state.default("published") }),
  effect: "none",
  ...NO_CALLERS,
  run: async (api, { flow: id, state: which }) => ({
    sentences: [`Flow ${id}, ${which}.`],
    data: (await documentOf(api, id, which)) as object,
  }),
});

function documentOf(api: PlugboardApi, id: string, which: string): Promise<unknown> {
  if (which === "published") return api.flows.get({ flow: id });
  if (which === "draft") return api.flows.draft({ flow: id });
  return api.flows.version({ flow: id, number: which });
}

const listVersions = toolOf({
  name: "list_flow_versions",
  title: "List the versions of a flow",
  description:
    "Lists the published versions of a flow with their time and author, newest first. Changes nothing. Needs the scope read.",
  input: z.strictObject({ flow }),
  effect: "none",
  ...NO_CALLERS,
  run: async (api, { flow: id }) => ({ sentences: [], data: await api.flows.versions({ flow: id }) }),
});

const compareFlow = toolOf({
  name: "compare_flow",
  title: "Compare two states of a flow",
  description:
    "Says what changes between two states of a flow, and for which callers, found by playing random calls through both. " +
    "Changes nothing. Needs the scope read.",
  input: z.strictObject({ flow, from: state.default("published"), to: state.default("draft") }),
  effect: "none",
  ...NO_CALLERS,
  run: async (api, { flow: id, from, to }) => {
    const { changes, outcomes } = await api.flows.diff({ flow: id, from, to, outcomes: "true" });
    const found = { changes: changes.map(({ message }) => message), outcomes: outcomesOf(outcomes) };
    return { sentences: [`Flow ${id}, from ${from} to ${to}.`], data: found };
  },
});

type Outcomes = Awaited<ReturnType<PlugboardApi["flows"]["diff"]>>["outcomes"];

/** Leaves out the scenarios, which are long; simulate_call can play such calls. */
function outcomesOf(outcomes: Outcomes) {
  if (outcomes === null) return null;
  const { calls, changed } = outcomes;
  return { calls, changed, outcomes: outcomes.outcomes.map(({ scenario: _scenario, ...outcome }) => outcome) };
}

const validateFlow = toolOf({
  name: "validate_flow",
  title: "Validate a flow document",
  description:
    "Says what keeps a flow document from being published, and what else to look at. Saves nothing. Needs the scope draft or admin.",
  input: z.strictObject({ flow, document: document.optional().describe("By default the stored draft") }),
  effect: "none",
  ...NO_CALLERS,
  run: async (api, { flow: id, document: body }) => {
    const found = await api.flows.validate({ flow: id, ...(body === undefined ? {} : { body }) });
    return { sentences: [], data: found };
  },
});

const proposeDraft = toolOf({
  name: "propose_draft",
  title: "Propose a draft of a flow",
  description:
    "Stores a whole flow document as the draft of a flow, for a person to read. It never publishes, so callers are not affected. " +
    "An existing draft is replaced only if `replaces` names it. Needs the scope draft or admin.",
  input: z.strictObject({
    flow,
    document,
    replaces: z
      .string()
      .max(20)
      .optional()
      .describe('`etag` (from list_flows) of the draft that this one replaces, such as "17"'),
  }),
  effect: "keeps_draft",
  ...NO_CALLERS,
  run: async (api, { flow: id, document: body, replaces }) => {
    if (JSON.stringify(body).includes(MASK))
      throw new RangeError(`the document contains masked numbers (${MASK}): take the numbers from read_flow`);
    const condition = replaces === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: replaces };
    const { findings } = await api.flows.saveDraft({ flow: id, ...condition, body });
    const isGood = findings.every(({ level }) => level === "warning");
    const sentence = `The draft of flow ${id} is stored but not published; ${isGood ? "it could be published" : "it has errors"}.`;
    return { sentences: [sentence], data: { findings } };
  },
});

const testDraft = toolOf({
  name: "test_draft",
  title: "Test the draft of a flow",
  description:
    "Proves the draft of a flow, and plays recorded calls of the last 30 days and random calls through it, to show what publishing " +
    "would change for which callers. " +
    "Returns the ticket that publish_draft needs; show the result to a person first. Changes nothing. Needs the scope draft or admin.",
  input: z.strictObject({
    flow,
    since: z.string().max(40).optional().describe("Only recorded calls from this date on, if 30 days have too many"),
  }),
  effect: "none",
  // Its examples include recorded calls.
  hasNoCallers: false,
  run: async (api, { flow: id, since }) => {
    const { comparison, ...tested } = await api.flows.testDraft({
      flow: id,
      ...(since === undefined ? {} : { body: { since } }),
    });
    const sentence = tested.publishable
      ? "The proofs pass. Before you publish, read what would change for whom."
      : "The draft has errors and can't be published.";
    return { sentences: [sentence], data: { ...tested, comparison: outcomesOf(comparison) } };
  },
});

const publishDraft = toolOf({
  name: "publish_draft",
  title: "Publish the draft of a flow",
  description:
    "Publishes exactly the draft that test_draft has tested: it takes the next call. Refused if the draft or the published version has " +
    "changed since. Do this only if a person has asked for it after reading the result of the test. Needs the scope publish.",
  input: z.strictObject({ flow, ticket: z.string().max(300).describe("`ticket` of test_draft, at most an hour old") }),
  effect: "publishes",
  ...NO_CALLERS,
  run: async (api, { flow: id, ticket }) => {
    const published = await api.flows.publish({ flow: id, body: { ticket } });
    return { sentences: [`Version ${published.version} of flow ${id} takes the next call.`], data: published };
  },
});

export const FLOW_TOOLS = [
  listFlows,
  readFlow,
  listVersions,
  compareFlow,
  validateFlow,
  proposeDraft,
  testDraft,
  publishDraft,
];
