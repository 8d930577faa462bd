import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { checkValue } from "../../core/flow/yaml-document.ts";
import { replaceEdit } from "../configuration/apply-file.ts";
import type { Configuration, EditOf } from "../configuration/configuration.ts";
import { isTooDeep } from "../configuration/document-leaves.ts";
import { exportWorkspace } from "../configuration/export-workspace.ts";
import type { ResourceChange } from "../configuration/resource-changes.ts";
import { changeOf } from "../configuration/resource-changes.ts";
import { keyOf } from "../configuration/resources.ts";
import { workspaceSchema } from "../exchange/workspace-schema.ts";
import type { WorkspaceInput } from "../exchange/workspace.ts";
import type { ApiOptions } from "./api-options.ts";
import type { Caller } from "./caller.ts";
import { basicOf } from "./authenticate.ts";
import { callerOf, unauthorized } from "./caller.ts";
import { changeModel, WRITE_REFUSALS } from "./configuration-models.ts";
import { configurationProblem, mistakes } from "./configuration-problem.ts";
import { onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";

/** Enough for a workspace of a thousand accounts with their flows. */
const MAX_WORKSPACE_BYTES = 16 * 1024 * 1024;

const listsSchema = z.strictObject({ accounts: z.array(z.unknown()), flows: z.array(z.unknown()).default([]) });
const bodySchema = z.strictObject({
  workspace: listsSchema,
  /** The same as written in its file, with `${NAME}` and `{ file }`; absent: as `workspace`. */
  source: listsSchema.nullable().default(null),
  /** The revision that the change was shown for; if it is no longer the newest, nothing is changed. */
  based_on: z.number().int().nullable().default(null),
  /** Also removes accounts that are not named. */
  prune: z.boolean().default(false),
});
type ApplyBody = z.infer<typeof bodySchema>;

const EXPORT = {
  operationId: "workspace.export",
  summary: "The whole configuration as a workspace file, without secrets",
  querystring: onlyThese(
    { account: z.string().optional().describe("Only this account; its key is enough") },
    "parameter",
  ),
  response: {
    200: z
      .object({
        revision: z.int(),
        workspace: z.object({ accounts: z.array(z.unknown()), flows: z.array(z.unknown()) }),
        files: z.record(z.string(), z.unknown()).describe("Flows in separate files, by file name"),
      })
      .meta({ id: "ExportedWorkspace" }),
  },
  refusals: { 409: "Some of the configuration can't be written in a file" },
};
const APPLY = {
  operationId: "workspace.apply",
  summary: "Makes these accounts exactly what the workspace says, in one change",
  querystring: onlyThese(
    { dry_run: z.enum(["", "true", "false"]).optional().describe("Only says what would change") },
    "parameter",
  ),
  body: bodySchema,
  response: {
    200: z
      .object({ applied: z.boolean(), revision: z.int(), changes: z.array(changeModel) })
      .meta({ id: "AppliedWorkspace" }),
  },
  refusals: WRITE_REFUSALS,
};

/** `/api/workspace`: exports the configuration as one file, and applies such a file. */
export function workspaceRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { configuration } = options;
  const routes = typed(app);
  routes.get("/workspace", { schema: EXPORT }, async (request, reply) => {
    const { account } = request.query;
    const caller = await callerOf(request, options);
    const isAllowed = account === undefined ? caller.isOperator : await caller.holds(account, "read");
    if (!isAllowed) return unauthorized(options, request, reply);
    await configuration.refresh();
    const { revision, resources } = configuration.state;
    const exported = exportWorkspace([...resources.values()], account === undefined ? null : [account]);
    return exported.ok ? { revision, ...exported.value } : problem(reply, 409, exported.error);
  });
  routes.post(
    "/workspace/apply",
    { schema: APPLY, bodyLimit: MAX_WORKSPACE_BYTES, onRequest: demandCredentials(options) },
    async (request, reply) => {
      const body = readBody(request.body);
      if (!body.ok) return mistakes(reply, body.error);
      const caller = await callerOf(request, options);
      if (!(await mayApply(caller, body.value))) return unauthorized(options, request, reply);
      return applied(reply, configuration, caller, body.value, isDryRun(request.query.dry_run));
    },
  );
}

/** Refuses requests without credentials, so that their large bodies are not even read. */
function demandCredentials(options: ApiOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> =>
    basicOf(request.headers.authorization) === null && options.access.cookie.read(request) === null
      ? unauthorized(options, request, reply)
      : undefined;
}

function isDryRun(value: string | undefined): boolean {
  return value !== undefined && value !== "false";
}

/** Checks the form of the workspace; its content is validated together with the whole configuration. */
function readBody(body: ApplyBody): Result<ApplyBody, readonly string[]> {
  if (isTooDeep(body)) return err(["the body is nested deeper than any workspace"]);
  const workspace = checkValue(body.workspace, workspaceSchema);
  const file = body.workspace.flows.findIndex(isFile);
  if (file >= 0) return err([`workspace.flows[${file}]: must be the flow itself: this server can't read your files`]);
  if (workspace.ok) return ok(body);
  return err(workspace.error.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`));
}

function isFile(flow: unknown): boolean {
  return typeof flow === "object" && flow !== null && !("flow" in flow);
}

/** Whether the caller may apply it: a key opens only its own account, and no account that does not exist yet. */
async function mayApply(caller: Caller, { workspace, prune }: ApplyBody): Promise<boolean> {
  if (prune || caller.isOperator) return caller.isOperator;
  for (const account of workspace.accounts)
    if (!(await caller.holds((account as { sid: string }).sid, "admin"))) return false;
  return true;
}

async function applied(
  reply: FastifyReply,
  configuration: Configuration,
  caller: Caller,
  body: ApplyBody,
  isDry: boolean,
) {
  const { workspace, source, prune } = body;
  const input: WorkspaceInput = { document: workspace, source };
  const replace = replaceEdit(input, { managedBy: null, removesAccount: () => prune });
  const edit = basedOn(body.based_on, caller.isOperator ? replace : withoutAccounts(replace));
  const result = isDry ? await configuration.plan(edit) : await configuration.change(caller.name, edit);
  if (!result.ok) return configurationProblem(reply, result.error);
  const { revision, changes } = result.value;
  return { applied: !isDry, revision, changes: changes.map(changeLine) };
}

/** One change as the API shows it. */
export function changeLine({ last, ...change }: ResourceChange) {
  const at = last === null ? null : new Date(last.at).toISOString();
  return { ...change, last_changed_by: last?.by ?? null, last_changed_at: at };
}

function basedOn(revision: number | null, edit: EditOf): EditOf {
  return async (state) => {
    if (revision === null || state.revision === revision) return edit(state);
    const message = `the configuration has changed meanwhile (revision ${state.revision}, not ${revision}): look at the difference again`;
    return err({ kind: "changed_meanwhile", message });
  };
}

/**
 * An account's limits, keys and allowed networks also restrict its own people, so only the operator may change them.
 */
function withoutAccounts(edit: EditOf): EditOf {
  return async (state) => {
    const edited = await edit(state);
    if (!edited.ok) return edited;
    const own = edited.value.put.find((wanted) => {
      const change = wanted.kind === "account" ? changeOf(state.resources.get(keyOf(wanted)), wanted) : null;
      return change !== null && change.change !== "reworded";
    });
    if (own === undefined) return ok(edited.value);
    const message = `only the operator may change account ${own.account} itself (limits, keys, networks): leave it as it is, or use the operator's password`;
    return err({ kind: "not_allowed", message });
  };
}
