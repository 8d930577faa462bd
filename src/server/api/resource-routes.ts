import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isTooDeep } from "../configuration/document-leaves.ts";
import { putEntry, removeResource } from "../configuration/resource-edits.ts";
import type { ListedKind, Resource, ResourceDocument } from "../configuration/resources.ts";
import { inOrder, keyOf, LISTED_KINDS, LISTS } from "../configuration/resources.ts";
import { masked } from "../configuration/secrets.ts";
import type { AccountParams, ApiOptions } from "./api-options.ts";
import { admitHolder, callerOf } from "./caller.ts";
import { configurationProblem, mistakes } from "./configuration-problem.ts";
import { problem } from "./problem.ts";
import { conditionOf, etagOf } from "./write-condition.ts";
import { changeLine } from "./workspace-routes.ts";

type EntryParams = AccountParams & { name: string };
type Params = { Params: EntryParams };

/** An account's trunks, ExoPhones, users and groups, each with an ETag; and the history of what was changed. */
export function resourceRoutes(app: FastifyInstance, options: ApiOptions): void {
  app.addHook("onRequest", (request, reply) => admitHolder(options, request, reply));
  for (const kind of LISTED_KINDS) entryRoutes(app, options, kind);
  historyRoute(app, options);
}

function entryRoutes(app: FastifyInstance, options: ApiOptions, kind: ListedKind): void {
  const { list } = LISTS[kind];
  const { configuration } = options;
  const find = ({ account, name }: EntryParams): Resource | undefined =>
    configuration.state.resources.get(keyOf({ account, kind, name }));
  app.get<{ Params: AccountParams }>(`/${list}`, async ({ params }) => {
    const own = [...configuration.state.resources.values()].filter(
      (each) => each.account === params.account && each.kind === kind,
    );
    return { [list]: inOrder(own).map(entryLine) };
  });
  app.get<Params>(`/${list}/:name`, async ({ params }, reply) => {
    const found = find(params);
    if (found === undefined) return problem(reply, 404, `account ${params.account} has no ${kind} "${params.name}"`);
    return reply.header("etag", etagOf(found.revision)).send(masked(kind, found.document));
  });
  app.put<Params>(`/${list}/:name`, async (request, reply) => {
    const body = documentOf(request, reply);
    const condition = body === null ? null : conditionOf(request, reply);
    if (body === null || condition === null) return reply;
    const edit = putEntry({ ...request.params, kind }, body, condition);
    const changed = await configuration.change(callerOf(request, options).name, edit);
    if (!changed.ok) return configurationProblem(reply, changed.error);
    const now = find(request.params);
    if (now !== undefined) void reply.header("etag", etagOf(now.revision));
    return { changes: changed.value.changes.map(changeLine) };
  });
  app.delete<Params>(`/${list}/:name`, async (request, reply) => {
    const condition = conditionOf(request, reply);
    if (condition === null) return reply;
    const edit = removeResource({ ...request.params, kind }, condition);
    const changed = await configuration.change(callerOf(request, options).name, edit);
    return changed.ok ? reply.code(204).send() : configurationProblem(reply, changed.error);
  });
}

function entryLine({ kind, name, revision, document, changedAt, changedBy }: Resource): object {
  const changed = { changed_at: new Date(changedAt).toISOString(), changed_by: changedBy };
  return { name, etag: etagOf(revision), ...changed, document: masked(kind, document) };
}

/** A body that is a document; null: it is none, and the request has been answered. */
export function documentOf(request: FastifyRequest, reply: FastifyReply): ResourceDocument | null {
  const { body } = request;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    mistakes(reply, ["the body must be a JSON object"]);
    return null;
  }
  if (!isTooDeep(body)) return body as ResourceDocument;
  mistakes(reply, ["the body is nested deeper than any document"]);
  return null;
}

/** Newest first. `before`: the `next` of the page before. */
function historyRoute(app: FastifyInstance, { configuration }: ApiOptions): void {
  app.get<{ Params: AccountParams; Querystring: { before?: string } }>("/changes", async (request, reply) => {
    const { before } = request.query;
    if (before !== undefined && !/^\d{1,15}$/.test(before))
      return problem(reply, 400, `before is ${JSON.stringify(before)}, it must be the "next" of an earlier page`);
    const lines = await configuration.table.changes(
      request.params.account,
      before === undefined ? null : Number(before),
    );
    const changes = lines.map(({ id, revision, kind, name, change, details, changedAt, changedBy }) => ({
      id: String(id),
      revision,
      kind,
      name,
      change,
      details: JSON.parse(details) as unknown,
      changed_at: new Date(changedAt).toISOString(),
      changed_by: changedBy,
    }));
    return { changes, next: lines.length === 0 ? null : String(lines.at(-1)?.id) };
  });
}
