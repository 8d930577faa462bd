import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseFlow } from "../../core/flow/flow.ts";
import { diffDocuments, diffFlows } from "../../core/flow/diff.ts";
import type { EditOf } from "../configuration/configuration.ts";
import { checkFlow, FlowEdits } from "../configuration/flow-edits.ts";
import type { WriteCondition } from "../configuration/resource-edits.ts";
import type { Resource, ResourceDocument } from "../configuration/resources.ts";
import { inOrder } from "../configuration/resources.ts";
import { masked } from "../configuration/secrets.ts";
import { objectOf } from "../configuration/stored-resource.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { admitHolder, callerOf } from "./caller.ts";
import { configurationProblem } from "./configuration-problem.ts";
import { problem } from "./problem.ts";
import { documentOf } from "./resource-routes.ts";
import { conditionOf, etagOf } from "./write-condition.ts";

type FlowParams = AccountParams & { flow: string };
type FlowRoute = { Params: FlowParams };

/** The largest flow there can be: 200 applets with long texts. */
const MAX_FLOW_BYTES = 1024 * 1024;

/** Flows of an account: what is published, drafts, versions, publishing and going back. */
export function flowRoutes(app: FastifyInstance, options: ApiOptions): void {
  app.addHook("onRequest", (request, reply) => admitHolder(options, request, reply));
  const routes = new FlowRoutes(options);
  app.get<{ Params: AccountParams }>("/flows", ({ params }) => routes.list(params.account));
  app.get<FlowRoute>("/flows/:flow", ({ params }, reply) => routes.published(params, reply));
  app.delete<FlowRoute>("/flows/:flow", (request, reply) => routes.remove(request, reply));
  app.get<FlowRoute>("/flows/:flow/draft", ({ params }, reply) => routes.draft(params, reply));
  app.put<FlowRoute>("/flows/:flow/draft", { bodyLimit: MAX_FLOW_BYTES }, (request, reply) =>
    routes.save(request, reply),
  );
  app.delete<FlowRoute>("/flows/:flow/draft", (request, reply) => routes.removeDraft(request, reply));
  app.post<FlowRoute>("/flows/:flow/validate", { bodyLimit: MAX_FLOW_BYTES }, (request, reply) =>
    routes.validate(request, reply),
  );
  app.post<FlowRoute>("/flows/:flow/publish", (request, reply) => routes.publish(request, reply));
  app.post<FlowRoute>("/flows/:flow/rollback", (request, reply) => routes.rollBack(request, reply));
  app.get<FlowRoute>("/flows/:flow/versions", ({ params }) => routes.versions(params));
  app.get<{ Params: FlowParams & { number: string } }>("/flows/:flow/versions/:number", ({ params }, reply) =>
    routes.version(params, reply),
  );
  app.get<FlowRoute & { Querystring: { from?: string; to?: string } }>("/flows/:flow/diff", (request, reply) =>
    routes.diff(request.params, request.query, reply),
  );
}

type Request = FastifyRequest<FlowRoute>;

class FlowRoutes {
  readonly #options: ApiOptions;
  readonly #edits: FlowEdits;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#edits = new FlowEdits(options.configuration);
  }

  async list(account: string): Promise<object> {
    const { state, table } = this.#options.configuration;
    const published = inOrder(
      [...state.resources.values()].filter((each) => each.account === account && each.kind === "flow"),
    );
    const drafts = await table.drafts(account);
    const ids = new Set([...published.map(({ name }) => name), ...drafts.map(({ flow }) => flow)]);
    const flows = [...ids].map((flow) => {
      const draft = drafts.find((each) => each.flow === flow);
      const shown = draft === undefined ? null : { etag: etagOf(draft.revision), ...changed(draft) };
      return { flow, published: publishedLine(published.find(({ name }) => name === flow)), draft: shown };
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

  async save(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const document = documentOf(request, reply);
    if (document === null) return reply;
    return this.#change(
      request,
      reply,
      (condition) => this.#edits.saveDraft(request.params, document, condition),
      async () => {
        const draft = await this.#options.configuration.table.draft(request.params.account, request.params.flow);
        void reply.header("etag", etagOf(draft?.revision ?? 0));
        return { findings: checkFlow(objectOf(draft?.body ?? "") ?? {}, this.#edits.groupsOf(request.params.account)) };
      },
    );
  }

  async removeDraft(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    return this.#change(
      request,
      reply,
      (condition) => this.#edits.removeDraft(request.params, condition),
      async () => null,
    );
  }

  async remove(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    return this.#change(
      request,
      reply,
      (condition) => this.#edits.remove(request.params, condition),
      async () => null,
    );
  }

  /** Of the body; without one, of the draft. */
  async validate(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { account, flow } = request.params;
    const isEmpty = request.body === undefined || request.body === null;
    const stored = isEmpty ? await this.#options.configuration.table.draft(account, flow) : null;
    const document = isEmpty ? objectOf(stored?.body ?? "") : documentOf(request, reply);
    if (document === null) return reply.sent || !isEmpty ? reply : this.#notFound(request.params, "draft", reply);
    const findings = checkFlow({ flow, ...document }, this.#edits.groupsOf(account));
    return reply.send({ publishable: findings.every(({ level }) => level === "warning"), findings });
  }

  async publish(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { params } = request;
    return this.#change(
      request,
      reply,
      (condition) => this.#edits.publish(params, condition),
      async () => {
        const now = this.#edits.published(params);
        const findings = checkFlow(now?.document ?? {}, this.#edits.groupsOf(params.account));
        return { ...publishedLine(now), findings };
      },
    );
  }

  async rollBack(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { version } = (request.body ?? {}) as { version?: unknown };
    if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
      return problem(reply, 422, `version is ${JSON.stringify(version)}, it must be the number of a published version`);
    const edit = (condition: WriteCondition): EditOf => this.#edits.rollBack(request.params, version, condition);
    return this.#change(request, reply, edit, async () => publishedLine(this.#edits.published(request.params)));
  }

  async versions({ account, flow }: FlowParams): Promise<object> {
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
    const document = await this.#document(params, params.number);
    if (document === null) return this.#notFound(params, `version ${params.number}`, reply);
    return reply.send(masked("flow", document));
  }

  /** `from`, `to`: `published`, `draft`, or the number of a version. */
  async diff(
    params: FlowParams,
    { from = "published", to = "draft" }: { from?: string; to?: string },
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const [before, after] = [await this.#document(params, from), await this.#document(params, to)];
    if (before === null || after === null) return this.#notFound(params, before === null ? from : to, reply);
    const [old, now] = [masked("flow", before), masked("flow", after)];
    const [a, b] = [parseFlow(old), parseFlow(now)];
    const changes = a.ok && b.ok ? diffFlows(a.value, b.value) : diffDocuments(old, now);
    return reply.send({ from, to, changes });
  }

  async #document({ account, flow }: FlowParams, which: string): Promise<ResourceDocument | null> {
    const { table } = this.#options.configuration;
    if (which === "published") return this.#edits.published({ account, flow })?.document ?? null;
    if (which === "draft") return objectOf((await table.draft(account, flow))?.body ?? "");
    if (!/^[1-9]\d{0,8}$/.test(which)) return null;
    return objectOf((await table.version(account, flow, Number(which)))?.body ?? "");
  }

  async #change(
    request: Request,
    reply: FastifyReply,
    edit: (condition: WriteCondition) => EditOf,
    answer: () => Promise<object | null>,
  ): Promise<FastifyReply> {
    const condition = conditionOf(request, reply);
    if (condition === null) return reply;
    const changed = await this.#options.configuration.change(callerOf(request, this.#options).name, edit(condition));
    if (!changed.ok) return configurationProblem(reply, changed.error);
    const body = await answer();
    return body === null ? reply.code(204).send() : reply.send(body);
  }

  #notFound({ account, flow }: FlowParams, which: string, reply: FastifyReply): FastifyReply {
    return problem(
      reply,
      404,
      `flow ${flow} of account ${account} has nothing that is called ${which} (published, draft, or the number of a version)`,
    );
  }
}

function publishedLine(resource: Resource | undefined): object | null {
  if (resource === undefined) return null;
  const { flowVersion, revision, document } = resource;
  const name = typeof document["name"] === "string" ? document["name"] : "";
  return { version: flowVersion, name, etag: etagOf(revision), ...changed(resource) };
}

function changed({ changedAt, changedBy }: Pick<Resource, "changedAt" | "changedBy">): object {
  return { changed_at: new Date(changedAt).toISOString(), changed_by: changedBy };
}
