import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { isTooDeep } from "../configuration/document-leaves.ts";
import { putEntry, removeResource } from "../configuration/resource-edits.ts";
import type { ListedKind, Resource } from "../configuration/resources.ts";
import { inOrder, keyOf, LISTED_KINDS, LISTS } from "../configuration/resources.ts";
import { masked } from "../configuration/secrets.ts";
import type { ApiOptions } from "./api-options.ts";
import { admitHolder, requesterName } from "./caller.ts";
import {
  shownDocument,
  changesAnswer,
  conditionHeaders,
  entryDocuments,
  entryModel,
  entryParams,
  historyModel,
  WRITE_REFUSALS,
} from "./configuration-models.ts";
import { configurationProblem, mistakes } from "./configuration-problem.ts";
import { accountParams, beforeRow, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import type { RequestLimitHook } from "./request-limit.ts";
import { conditionOf, etagOf } from "./write-condition.ts";
import { changeLine } from "./workspace-routes.ts";

/** An account's trunks, ExoPhones, users and groups, each with an ETag, and the history of changes. */
export function resourceRoutes(app: FastifyInstance, options: ApiOptions, limit: RequestLimitHook): void {
  app.addHook("onRequest", (request, reply) => admitHolder(options, request, reply));
  app.addHook("onRequest", limit);
  for (const kind of LISTED_KINDS) entryRoutes(app, options, kind);
  historyRoute(app, options);
}

function schemasOf(kind: ListedKind) {
  const { list } = LISTS[kind];
  const read = { params: entryParams, refusals: { 404: `The account has no such ${kind}` } };
  const write = { ...read, headers: conditionHeaders, refusals: { ...read.refusals, ...WRITE_REFUSALS } };
  return {
    list: {
      operationId: `${list}.list`,
      summary: `The account's ${list}, with their ETags`,
      params: accountParams,
      response: { 200: z.object({ [list]: z.array(entryModel) }) },
    },
    get: {
      ...read,
      operationId: `${list}.get`,
      summary: `One ${kind}, without secrets`,
      response: { 200: shownDocument },
    },
    put: {
      ...write,
      operationId: `${list}.put`,
      summary: `Creates or changes one ${kind}; takes effect with the next call`,
      body: entryDocuments[kind],
      response: { 200: changesAnswer },
    },
    delete: {
      ...write,
      operationId: `${list}.delete`,
      summary: `Removes one ${kind}`,
      response: { 200: changesAnswer },
    },
  };
}

function entryRoutes(app: FastifyInstance, options: ApiOptions, kind: ListedKind): void {
  const { list } = LISTS[kind];
  const { configuration } = options;
  const [routes, schemas] = [typed(app), schemasOf(kind)];
  const find = ({ account, name }: z.output<typeof entryParams>): Resource | undefined =>
    configuration.state.resources.get(keyOf({ account, kind, name }));
  routes.get(`/${list}`, { schema: schemas.list }, ({ params }) => {
    const all = [...configuration.state.resources.values()];
    const own = all.filter((each) => each.account === params.account && each.kind === kind);
    return { [list]: inOrder(own).map(entryLine) };
  });
  routes.get(`/${list}/:name`, { schema: schemas.get }, ({ params }, reply) => {
    const found = find(params);
    if (found === undefined) return problem(reply, 404, `account ${params.account} has no ${kind} "${params.name}"`);
    return reply.header("etag", etagOf(found.revision)).send(masked(kind, found.document));
  });
  routes.put(`/${list}/:name`, { schema: schemas.put }, async (request, reply) => {
    if (isTooDeep(request.body)) return tooDeep(reply);
    const edit = putEntry({ ...request.params, kind }, request.body, conditionOf(request.headers));
    const changed = await configuration.change(requesterName(request), edit);
    if (!changed.ok) return configurationProblem(reply, changed.error);
    const now = find(request.params);
    if (now !== undefined) void reply.header("etag", etagOf(now.revision));
    return { changes: changed.value.changes.map(changeLine) };
  });
  routes.delete(`/${list}/:name`, { schema: schemas.delete }, async (request, reply) => {
    const edit = removeResource({ ...request.params, kind }, conditionOf(request.headers));
    const changed = await configuration.change(requesterName(request), edit);
    if (!changed.ok) return configurationProblem(reply, changed.error);
    return { changes: changed.value.changes.map(changeLine) };
  });
}

function entryLine({ kind, name, revision, document, changedAt, changedBy }: Resource) {
  const changed = { changed_at: new Date(changedAt).toISOString(), changed_by: changedBy };
  return { name, etag: etagOf(revision), ...changed, document: masked(kind, document) };
}

export function tooDeep(reply: FastifyReply): FastifyReply {
  return mistakes(reply, ["the body is nested deeper than any document"]);
}

const HISTORY = {
  operationId: "configuration.history",
  summary: "Who changed what in the account and when, newest first",
  params: accountParams,
  querystring: onlyThese(
    {
      before: beforeRow(),
    },
    "parameter",
  ),
  response: { 200: historyModel },
};

function historyRoute(app: FastifyInstance, { configuration }: ApiOptions): void {
  typed(app).get("/changes", { schema: HISTORY }, async ({ params, query }) => {
    const lines = await configuration.table.changes(params.account, query.before ?? null);
    const changes = lines.map(({ id, revision, kind, name, change, details, changedAt, changedBy }) => ({
      id: String(id),
      revision,
      kind,
      name,
      change,
      details: JSON.parse(details) as string[],
      changed_at: new Date(changedAt).toISOString(),
      changed_by: changedBy,
    }));
    return { changes, next: lines.length === 0 ? null : String(lines.at(-1)?.id) };
  });
}
