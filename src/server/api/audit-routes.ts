import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { AuditEntry } from "../../edges/store/audit-log.ts";
import type { ApiOptions } from "./api-options.ts";
import { isoOf } from "./iso-instant.ts";
import { accountParams, beforeRow, onlyThese, wholeNumber } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { ADMIN_ONLY, BY_MEMBERS } from "./requester.ts";

const PAGE = 50;
const MAX_PAGE = 200;

const auditQuery = onlyThese(
  {
    limit: wholeNumber(1, MAX_PAGE).default(PAGE),
    before: beforeRow(),
  },
  "parameter",
);
const auditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    by: z.object({ kind: z.enum(["key", "user", "system"]), id: z.string() }),
    action: z.string().describe("What was done, such as `key.created`"),
    subject: z.string().describe("The id of what was changed"),
    before: z.unknown().describe("Secrets are masked; null: it did not exist"),
    after: z.unknown().describe("Secrets are masked; null: it no longer exists"),
  })
  .meta({ id: "AuditEntry" });
const answer = z.object({ entries: z.array(auditEntry), next: z.string().nullable() });

const OF_ACCOUNT = {
  operationId: "audit.list",
  summary: "Who changed what in the account, newest first",
  params: accountParams,
  querystring: auditQuery,
  response: { 200: answer },
  refusals: ADMIN_ONLY,
};
const OF_PLATFORM = {
  operationId: "platform.listAudit",
  summary: "Who changed what on the platform, newest first",
  security: BY_MEMBERS,
  querystring: auditQuery,
  response: { 200: answer },
  refusals: ADMIN_ONLY,
};

/** `/audit` of an account: every change, stored with secrets masked. */
export function auditRoutes(app: FastifyInstance, options: ApiOptions): void {
  typed(app).get("/audit", { schema: OF_ACCOUNT, config: { scope: "admin" } }, ({ params, query }) =>
    pageOf(options, params.account, query),
  );
}

/** The same for changes that belong to no account. */
export function platformAuditRoutes(app: FastifyInstance, options: ApiOptions): void {
  typed(app).get("/audit", { schema: OF_PLATFORM, config: { scope: "admin" } }, ({ query }) =>
    pageOf(options, null, query),
  );
}

async function pageOf(
  { store }: ApiOptions,
  account: string | null,
  { limit, before }: z.output<typeof auditQuery>,
): Promise<z.input<typeof answer>> {
  const entries = await store.audit.list(account, { limit, ...(before === undefined ? {} : { before }) });
  const last = entries.at(-1);
  return { entries: entries.map(lineOf), next: entries.length < limit || last === undefined ? null : String(last.id) };
}

function lineOf({ id, at, actor, action, subject, before, after }: AuditEntry): z.input<typeof auditEntry> {
  return { id: String(id), at: isoOf(at), by: actor, action, subject, before, after };
}
