import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { StoredApiKey } from "../../edges/store/api-key-table.ts";
import { MAX_ACTIVE_KEYS, SCOPES } from "../../edges/store/api-key-table.ts";
import type { ApiOptions } from "./api-options.ts";
import { isoOf } from "./iso-instant.ts";
import { accountParams, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import type { Requester } from "./requester.ts";
import { ADMIN_ONLY, requesterOf } from "./requester.ts";

const MAX_NAME_CHARACTERS = 100;

const keyParams = accountParams.extend({ key: z.string().describe("Id of the key") });
const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length);
const newKey = onlyThese({ name: z.string().min(1).max(MAX_NAME_CHARACTERS), scopes }, "field").meta({
  id: "NewApiKey",
});
const keyFields = {
  key: z.string().describe("User name of HTTP Basic"),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  source: z.enum(["file", "api"]).describe("`file`: from the workspace file"),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  last_used_at: z.iso.datetime().nullable().describe("To the minute; null: never used"),
  revoked_at: z.iso.datetime().nullable(),
};
const apiKey = z.object(keyFields).meta({ id: "ApiKey" });
const token = z.string().describe("Password of HTTP Basic, shown only this once");
const madeKey = z.object({ ...keyFields, token }).meta({ id: "MadeApiKey" });

const LIST = {
  operationId: "keys.list",
  summary: "Keys of the account, newest first, without their tokens",
  params: accountParams,
  response: { 200: z.object({ keys: z.array(apiKey) }) },
  refusals: ADMIN_ONLY,
};
const CREATE = {
  operationId: "keys.create",
  summary: "Makes a key",
  params: accountParams,
  body: newKey,
  response: { 201: madeKey },
  refusals: { ...ADMIN_ONLY, 409: "The account has the maximum number of keys" },
};
const REVOKE = {
  operationId: "keys.revoke",
  summary: "Revokes a key, at once and permanently",
  params: keyParams,
  response: { 200: apiKey },
  refusals: { ...ADMIN_ONLY, 409: "The key is in the workspace file" },
};

/** Keys of an account: listed without secrets, created (the token is shown only then), revoked. */
export function keyRoutes(app: FastifyInstance, options: ApiOptions): void {
  const config = { scope: "admin" } as const;
  const routes = typed(app);
  routes.get("/keys", { schema: LIST, config }, async ({ params }) => ({
    keys: (await options.store.keys.list(params.account)).map(keyLine),
  }));
  routes.post("/keys", { schema: CREATE, config }, async (request, reply) => {
    const made = await createKey(options, requesterOf(request), request.params.account, request.body);
    const full = `the account has ${MAX_ACTIVE_KEYS} keys: revoke unused ones`;
    return made === null ? problem(reply, 409, full) : reply.code(201).header("cache-control", "no-store").send(made);
  });
  routes.delete("/keys/:key", { schema: REVOKE, config }, async (request, reply) => {
    const { account, key } = request.params;
    const revoked = await revokeKey(options, requesterOf(request), account, key);
    if (revoked !== null) return keyLine(revoked);
    const isThere = (await options.store.keys.list(account)).some((one) => one.key === key && one.revokedAt === null);
    if (!isThere) return problem(reply, 404, `account ${account} has no key ${key} that could be revoked`);
    return problem(reply, 409, `the key ${key} is in the workspace file: remove it there and serve the file again`);
  });
}

/** Null: the account has too many keys. */
async function createKey(
  { store, access, clock }: ApiOptions,
  { kind, id }: Requester,
  account: string,
  { name, scopes: wanted }: z.output<typeof newKey>,
): Promise<z.input<typeof madeKey> | null> {
  const { key, token: secret, tokenHash } = access.makeKey(account);
  const now = clock.now();
  const ordered = SCOPES.filter((scope) => wanted.includes(scope));
  const made = { account, key, name, scopes: ordered, createdAt: now, createdBy: `${kind} ${id}` };
  const isAdded = await store.withinAccount(account, async (db) => {
    if (!(await store.keys.add(db, { ...made, tokenHash }))) return false;
    const after = { name, scopes: ordered };
    await store.audit.note(db, { account, at: now, actor: { kind, id }, action: "key.created", subject: key, after });
    return true;
  });
  if (!isAdded) return null;
  return { ...keyLine({ ...made, source: "api", lastUsedAt: null, revokedAt: null }), token: secret };
}

/** Null: there is no such key to revoke here. */
function revokeKey(
  { store, clock }: ApiOptions,
  { kind, id }: Requester,
  account: string,
  key: string,
): Promise<StoredApiKey | null> {
  const at = clock.now();
  return store.withinAccount(account, async (db) => {
    const revoked = await store.keys.revoke(db, account, key, at);
    if (revoked === null) return null;
    const before = { name: revoked.name, scopes: revoked.scopes };
    await store.audit.note(db, { account, at, actor: { kind, id }, action: "key.revoked", subject: key, before });
    return revoked;
  });
}

function keyLine(key: StoredApiKey): z.input<typeof apiKey> {
  return {
    key: key.key,
    name: key.name,
    scopes: [...key.scopes],
    source: key.source,
    created_at: isoOf(key.createdAt),
    created_by: key.createdBy,
    last_used_at: isoOf(key.lastUsedAt),
    revoked_at: isoOf(key.revokedAt),
  };
}
