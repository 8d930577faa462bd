import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { plainAccount } from "../../core/contract/account.ts";
import { diffDocuments, diffFlows } from "../../core/flow/diff.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { EditOf } from "../configuration/configuration.ts";
import { isTooDeep } from "../configuration/document-leaves.ts";
import { compareInThread } from "../configuration/flow-comparison.ts";
import { checkFlow, FlowEdits } from "../configuration/flow-edits.ts";
import type { WriteCondition } from "../configuration/resource-edits.ts";
import type { Resource, ResourceDocument } from "../configuration/resources.ts";
import { inOrder } from "../configuration/resources.ts";
import { masked } from "../configuration/secrets.ts";
import { objectOf } from "../configuration/stored-resource.ts";
import type { ApiOptions } from "./api-options.ts";
import { admitHolder, requesterName } from "./caller.ts";
import {
  changesAnswer,
  conditionHeaders,
  findingModel,
  flowDiff,
  flowDocument,
  flowList,
  flowParams,
  publishedModel,
  shownDocument,
  versionList,
  WRITE_REFUSALS,
} from "./configuration-models.ts";
import { configurationProblem } from "./configuration-problem.ts";
import { DraftTickets } from "./draft-ticket.ts";
import { accountParams, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import type { RequestLimitHook } from "./request-limit.ts";
import { DRAFTING, requesterOf } from "./requester.ts";
import { tooDeep } from "./resource-routes.ts";
import { conditionOf, etagOf } from "./write-condition.ts";
import { changeLine } from "./workspace-routes.ts";

type FlowParams = z.output<typeof flowParams>;

/** Enough for the largest possible flow: 200 applets with long texts. */
const MAX_FLOW_BYTES = 1024 * 1024;

const NO_FLOW = { 404: "The account has no such flow, or not in that state" };
const READ = { params: flowParams, refusals: NO_FLOW };
const WRITE = { params: flowParams, headers: conditionHeaders, refusals: { ...NO_FLOW, ...WRITE_REFUSALS } };
const findings = z.array(findingModel);
const WHICH = z.string().max(20).optional();

const SCHEMAS = {
  list: {
    operationId: "flows.list",
    summary: "Flows with their published versions and drafts",
    params: accountParams,
    response: { 200: flowList },
  },
  get: { ...READ, operationId: "flows.get", summary: "The published flow", response: { 200: shownDocument } },
  delete: {
    ...WRITE,
    operationId: "flows.delete",
    summary: "Removes a flow and its draft",
    response: { 200: changesAnswer },
  },
  draft: { ...READ, operationId: "flows.draft", summary: "The draft", response: { 200: shownDocument } },
  saveDraft: {
    ...WRITE,
    operationId: "flows.saveDraft",
    summary: "Saves a draft, even with mistakes",
    body: flowDocument,
    response: { 200: z.object({ findings }) },
  },
  deleteDraft: {
    ...WRITE,
    operationId: "flows.deleteDraft",
    summary: "Discards the draft",
    response: { 200: changesAnswer },
  },
  validate: {
    ...READ,
    operationId: "flows.validate",
    summary: "Static verification of the body or, without one, the draft",
    body: flowDocument.nullish(),
    response: { 200: z.object({ publishable: z.boolean(), findings }) },
    refusals: { ...NO_FLOW, 422: WRITE_REFUSALS[422] },
  },
  publish: {
    ...WRITE,
    operationId: "flows.publish",
    summary: "Makes the draft the next version, which takes the next call",
    body: onlyThese(
      { ticket: z.string().max(300).optional().describe("Of `POST …/draft/test`; needed without the scope `admin`") },
      "field",
    ).nullish(),
    response: { 200: publishedModel.extend({ findings }) },
  },
  rollBack: {
    ...WRITE,
    operationId: "flows.rollBack",
    summary: "Goes back to an earlier version, which takes the next call",
    body: z.strictObject({ version: z.int().min(1) }),
    response: { 200: publishedModel },
  },
  versions: {
    ...READ,
    operationId: "flows.versions",
    summary: "Published versions, newest first",
    response: { 200: versionList },
  },
  version: {
    operationId: "flows.version",
    summary: "A published version",
    params: flowParams.extend({ number: z.string() }),
    response: { 200: shownDocument },
    refusals: NO_FLOW,
  },
  diff: {
    ...READ,
    operationId: "flows.diff",
    summary: "Compares two states of a flow, in terms of the flow",
    querystring: onlyThese(
      {
        from: WHICH.describe("`published`, `draft` or the number of a version; default `published`"),
        to: WHICH.describe("The same; default `draft`"),
        outcomes: z
          .enum(["true", "false"])
          .optional()
          .describe("`true`: also what changes for which callers, found by playing calls"),
      },
      "parameter",
    ),
    response: { 200: flowDiff },
    refusals: {
      ...NO_FLOW,
      422: "One of the two has mistakes, so no call can be played",
      503: "Too many flows are being compared; try again",
    },
  },
} as const;

/** Flows of an account: published flows, drafts, versions, publishing and going back. */
export function flowRoutes(app: FastifyInstance, options: ApiOptions, limit: RequestLimitHook): void {
  app.addHook("onRequest", (request, reply) => admitHolder(options, request, reply));
  app.addHook("onRequest", limit);
  const flows = new FlowRoutes(options);
  const routes = typed(app);
  const drafting = { bodyLimit: MAX_FLOW_BYTES, config: { scope: DRAFTING } };
  const publishing = { config: { scope: ["publish", "admin"] } } as const;
  routes.get("/flows", { schema: SCHEMAS.list }, ({ params }) => flows.list(params.account));
  routes.get("/flows/:flow", { schema: SCHEMAS.get }, ({ params }, reply) => flows.published(params, reply));
  routes.delete("/flows/:flow", { schema: SCHEMAS.delete }, (request, reply) => flows.remove(request, reply));
  routes.get("/flows/:flow/draft", { schema: SCHEMAS.draft }, ({ params }, reply) => flows.draft(params, reply));
  routes.put("/flows/:flow/draft", { schema: SCHEMAS.saveDraft, ...drafting }, (request, reply) =>
    flows.save(request, request.body, reply),
  );
  routes.delete("/flows/:flow/draft", { schema: SCHEMAS.deleteDraft }, (request, reply) =>
    flows.removeDraft(request, reply),
  );
  routes.post("/flows/:flow/validate", { schema: SCHEMAS.validate, ...drafting }, ({ params, body }, reply) =>
    flows.validate(params, body ?? null, reply),
  );
  routes.post("/flows/:flow/publish", { schema: SCHEMAS.publish, ...publishing }, (request, reply) =>
    flows.publish(request, request.body?.ticket ?? null, reply),
  );
  routes.post("/flows/:flow/rollback", { schema: SCHEMAS.rollBack }, (request, reply) =>
    flows.rollBack(request, request.body.version, reply),
  );
  routes.get("/flows/:flow/versions", { schema: SCHEMAS.versions }, ({ params }) => flows.versions(params));
  routes.get("/flows/:flow/versions/:number", { schema: SCHEMAS.version }, ({ params }, reply) =>
    flows.version(params, reply),
  );
  routes.get("/flows/:flow/diff", { schema: SCHEMAS.diff }, ({ params, query }, reply) =>
    flows.diff(params, query, reply),
  );
}

interface DiffQuery {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly outcomes?: "true" | "false" | undefined;
}

/** The parts of a request to one flow. */
interface FlowRequest extends Pick<FastifyRequest, "requester" | "url"> {
  readonly params: FlowParams;
  readonly headers: FastifyRequest["headers"] & z.output<typeof conditionHeaders>;
}

class FlowRoutes {
  readonly #options: ApiOptions;
  readonly #edits: FlowEdits;
  readonly #tickets: DraftTickets;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#edits = new FlowEdits(options.configuration);
    this.#tickets = new DraftTickets(options.access, options.clock);
  }

  async list(account: string) {
    const { state, table } = this.#options.configuration;
    const published = inOrder(
      [...state.resources.values()].filter((each) => each.account === account && each.kind === "flow"),
    );
    const drafts = await table.drafts(account);
    const ids = new Set([...published.map(({ name }) => name), ...drafts.map(({ flow }) => flow)]);
    const flows = [...ids].map((flow) => {
      const draft = drafts.find((each) => each.flow === flow);
      const shown = draft === undefined ? null : { etag: etagOf(draft.revision), ...changed(draft) };
      const found = published.find(({ name }) => name === flow);
      return { flow, published: found === undefined ? null : publishedLine(found), draft: shown };
    });
    return { flows };
  }

  async published(params: FlowParams, reply: FastifyReply): Promise<FastifyReply> {
    const found = this.#edits.published(params);
    if (found === undefined) return this.#notFound(params, "published", reply);
    return reply.header("etag", etagOf(found.revision)).send(masked("flow", found.document));
  }

  async draft(params: FlowParams, reply: FastifyReply): Promise<FastifyReply> {
    const draft = await this.#options.configuration.table.draft(params.account, params.flow);
    const document = objectOf(draft?.body ?? "");
    if (draft === null || document === null) return this.#notFound(params, "draft", reply);
    return reply.header("etag", etagOf(draft.revision)).send(masked("flow", document));
  }

  async save(request: FlowRequest, document: ResourceDocument, reply: FastifyReply) {
    if (isTooDeep(document)) return tooDeep(reply);
    const { params } = request;
    const changed = await this.#change(request, reply, (condition) =>
      this.#edits.saveDraft(params, document, condition),
    );
    if (changed === null) return reply;
    const draft = await this.#options.configuration.table.draft(params.account, params.flow);
    void reply.header("etag", etagOf(draft?.revision ?? 0));
    return { findings: checkFlow(objectOf(draft?.body ?? "") ?? {}, this.#edits.groupsOf(params.account)) };
  }

  async removeDraft(request: FlowRequest, reply: FastifyReply) {
    const edit = (condition: WriteCondition): EditOf => this.#edits.removeDraft(request.params, condition);
    return (await this.#change(request, reply, edit)) ?? reply;
  }

  async remove(request: FlowRequest, reply: FastifyReply) {
    const edit = (condition: WriteCondition): EditOf => this.#edits.remove(request.params, condition);
    return (await this.#change(request, reply, edit)) ?? reply;
  }

  /** Verifies the body or, without one, the draft. */
  async validate({ account, flow }: FlowParams, body: ResourceDocument | null, reply: FastifyReply) {
    if (isTooDeep(body)) return tooDeep(reply);
    const document = body ?? (await this.#edits.document({ account, flow }, "draft"));
    if (document === null) return this.#notFound({ account, flow }, "draft", reply);
    const found = checkFlow({ flow, ...document }, this.#edits.groupsOf(account));
    return { publishable: found.every(({ level }) => level === "warning"), findings: found };
  }

  /** With a ticket: the draft that was tested. Without one the scope `admin` is needed. */
  async publish(request: FlowRequest, ticket: string | null, reply: FastifyReply) {
    const { params } = request;
    const needed = ticket === null ? "admin" : "publish";
    const refusal = scopeProblem(request, needed);
    if (refusal !== null) return problem(reply, 403, refusal);
    const tested = ticket === null ? null : this.#tickets.read(params, ticket);
    if (ticket !== null && tested === null) return problem(reply, 412, NO_TICKET);
    const changed = await this.#change(request, reply, (condition) =>
      tested === null ? this.#edits.publish(params, condition) : this.#edits.publishTested(params, tested),
    );
    const now = this.#edits.published(params);
    if (changed === null || now === undefined) return reply;
    return { ...publishedLine(now), findings: checkFlow(now.document, this.#edits.groupsOf(params.account)) };
  }

  async rollBack(request: FlowRequest, version: number, reply: FastifyReply) {
    const { params } = request;
    const changed = await this.#change(request, reply, (condition) => this.#edits.rollBack(params, version, condition));
    const now = this.#edits.published(params);
    return changed === null || now === undefined ? reply : publishedLine(now);
  }

  async versions({ account, flow }: FlowParams) {
    const current = this.#edits.published({ account, flow })?.flowVersion ?? null;
    const versions = await this.#options.configuration.table.versions(account, flow);
    return {
      current,
      versions: versions.map(({ number, publishedAt, publishedBy }) => ({
        number,
        published_at: new Date(publishedAt).toISOString(),
        published_by: publishedBy,
      })),
    };
  }

  async version(params: FlowParams & { number: string }, reply: FastifyReply): Promise<FastifyReply> {
    const document = await this.#edits.document(params, params.number);
    if (document === null) return this.#notFound(params, `version ${params.number}`, reply);
    return reply.send(masked("flow", document));
  }

  /** `from`, `to`: `published`, `draft`, or the number of a version. */
  async diff(params: FlowParams, { from = "published", to = "draft", outcomes }: DiffQuery, reply: FastifyReply) {
    const [before, after] = [await this.#edits.document(params, from), await this.#edits.document(params, to)];
    if (before === null || after === null) return this.#notFound(params, before === null ? from : to, reply);
    const [old, now] = [masked("flow", before), masked("flow", after)];
    const [a, b] = [parseFlow(old), parseFlow(now)];
    const changes = a.ok && b.ok ? diffFlows(a.value, b.value) : diffDocuments(old, now);
    if (outcomes !== "true") return { from, to, changes, outcomes: null };
    if (!a.ok || !b.ok)
      return problem(reply, 422, `${a.ok ? to : from} has mistakes: no call can be played through it`);
    const { users: people, timezone } = this.#options.directory.account(params.account)?.account ?? plainAccount();
    const compared = await compareInThread({ before: a.value, after: b.value, people, timezone });
    return compared.ok ? { from, to, changes, outcomes: compared.value } : problem(reply, 503, compared.error);
  }

  /** Null: the change was refused, and the request has been answered. */
  async #change(request: FlowRequest, reply: FastifyReply, edit: (condition: WriteCondition) => EditOf) {
    const by = requesterName(request);
    const changed = await this.#options.configuration.change(by, edit(conditionOf(request.headers)));
    if (changed.ok) return { changes: changed.value.changes.map(changeLine) };
    configurationProblem(reply, changed.error);
    return null;
  }

  #notFound({ account, flow }: FlowParams, which: string, reply: FastifyReply): FastifyReply {
    return problem(
      reply,
      404,
      `flow ${flow} of account ${account} has nothing called ${which} (published, draft, or the number of a version)`,
    );
  }
}

const NO_TICKET = "this is not a ticket for this flow, or it has expired: test the draft again (POST …/draft/test)";

/** Why this requester may not publish in this way, which needs one of the two scopes; null: they may. */
function scopeProblem(request: FlowRequest, needed: "publish" | "admin"): string | null {
  const { kind, id, scopes } = requesterOf(request);
  if (scopes.includes(needed)) return null;
  const how = needed === "admin" ? "publishing without the ticket of a test" : "publishing with the ticket of a test";
  return `${how} needs the scope ${needed}; the ${kind} ${id} has ${scopes.join(", ")}`;
}

function publishedLine({ flowVersion, revision, document, changedAt, changedBy }: Resource) {
  const name = typeof document["name"] === "string" ? document["name"] : "";
  return { version: flowVersion, name, etag: etagOf(revision), ...changed({ changedAt, changedBy }) };
}

function changed({ changedAt, changedBy }: Pick<Resource, "changedAt" | "changedBy">) {
  return { changed_at: new Date(changedAt).toISOString(), changed_by: changedBy };
}
