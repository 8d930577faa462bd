import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { AccountDb } from "../../edges/store/account-rows.ts";
import type { AuditNote } from "../../edges/store/audit-log.ts";
import type { Member } from "../../edges/store/member-table.ts";
import { MAX_MEMBERS, ROLES } from "../../edges/store/member-table.ts";
import type { ApiOptions } from "./api-options.ts";
import { memberFields, memberLine, shownMember } from "./member-line.ts";
import { accountParams, onlyThese } from "./openapi/parameters.ts";
import { typed } from "./openapi/typed-routes.ts";
import { problem } from "./problem.ts";
import { ADMIN_ONLY, BY_MEMBERS, requesterOf } from "./requester.ts";
import { busyRefusal } from "./session-routes.ts";

const role = z.enum(ROLES);
const login = z.string().regex(/^[a-z0-9][a-z0-9._@+-]{0,99}$/, "1 to 100 characters of a-z, 0-9 and . _ @ + -");
const newMember = onlyThese({ login, role }, "field");
const memberChange = onlyThese({ role }, "field");
const madeMember = z
  .object({
    ...memberFields,
    password: z.string().describe("Shown only this once; it must be changed at the first sign-in"),
  })
  .meta({ id: "MadeMember" });

/** An account, or null for the platform. */
type Owner = string | null;

/** The result of a change: the member as it is now, or why it was refused. */
type Change = { readonly member: Member } | { readonly status: 404 | 409; readonly detail: string };

const LAST = { 409: "This is the last administrator of the platform" };
const TAKEN = { 409: "The login is taken, or there are too many members" };
const BUSY = { 503: "Too many passwords are waiting to be checked" };

const memberParams = z.object({ id: z.string() });

/** The schemas of member routes; `members`: of the account in the path; `platform`: of the platform. */
function schemasOf<P extends z.ZodObject>(of: "members" | "platform", params: P, whose: string) {
  const common = of === "platform" ? { params, security: BY_MEMBERS } : { params };
  const named = { ...common, params: params.extend(memberParams.shape) };
  const name = (verb: string): string => (of === "members" ? `members.${verb}` : `platform.${verb}Member`);
  return {
    list: {
      ...common,
      operationId: of === "members" ? "members.list" : "platform.listMembers",
      summary: `People who sign in for ${whose}`,
      response: { 200: z.object({ members: z.array(shownMember) }) },
      refusals: ADMIN_ONLY,
    },
    add: {
      ...common,
      operationId: name("add"),
      summary: `Adds a person who signs in for ${whose}`,
      body: newMember,
      response: { 201: madeMember },
      refusals: { ...ADMIN_ONLY, ...TAKEN, ...BUSY },
    },
    change: {
      ...named,
      operationId: name("change"),
      summary: "Changes a member's role",
      body: memberChange,
      response: { 200: shownMember },
      refusals: { ...ADMIN_ONLY, ...LAST },
    },
    reset: {
      ...named,
      operationId: name("reset"),
      summary: "After a lost password or phone: a new password, no one-time codes, no sessions",
      response: { 200: madeMember },
      refusals: { ...ADMIN_ONLY, ...BUSY },
    },
    remove: {
      ...named,
      operationId: name("remove"),
      summary: "Removes a member and ends their sessions",
      response: { 200: shownMember },
      refusals: { ...ADMIN_ONLY, ...LAST },
    },
  };
}

/** `/members` of an account: people who sign in for it. */
export function memberRoutes(app: FastifyInstance, options: ApiOptions): void {
  const schemas = schemasOf("members", accountParams, "the account");
  register(app, options, schemas, (request) => (request.params as { readonly account: string }).account);
}

/** `/members` of the platform: people who sign in for all accounts. */
export function platformMemberRoutes(app: FastifyInstance, options: ApiOptions): void {
  const schemas = schemasOf("platform", z.object({}), "the platform, with all its accounts");
  register(app, options, schemas, () => null);
}

function register(
  app: FastifyInstance,
  options: ApiOptions,
  schemas: ReturnType<typeof schemasOf>,
  ownerOf: (request: FastifyRequest) => Owner,
): void {
  const config = { scope: "admin" } as const;
  const routes = typed(app);
  routes.get("/members", { schema: schemas.list, config }, (request) => membersOf(options, ownerOf(request)));
  routes.post("/members", { schema: schemas.add, config }, async (request, reply) =>
    busyRefusal(options, request, reply, () => add(options, request, reply, ownerOf(request), request.body)),
  );
  routes.patch("/members/:id", { schema: schemas.change, config }, async (request, reply) =>
    shown(reply, await changeRole(options, request, ownerOf(request), request.body.role)),
  );
  routes.post("/members/:id/reset", { schema: schemas.reset, config }, async (request, reply) =>
    busyRefusal(options, request, reply, () => reset(options, request, reply, ownerOf(request))),
  );
  routes.delete("/members/:id", { schema: schemas.remove, config }, async (request, reply) =>
    shown(reply, await remove(options, request, ownerOf(request))),
  );
}

async function membersOf(options: ApiOptions, owner: Owner) {
  const members = await run(options, owner, (db) => options.store.members.list(db, owner));
  return { members: members.map(memberLine) };
}

function shown(reply: FastifyReply, change: Change): FastifyReply {
  return "member" in change ? reply.send(memberLine(change.member)) : problem(reply, change.status, change.detail);
}

function run<T>({ store }: ApiOptions, owner: Owner, work: (db: AccountDb) => Promise<T>): Promise<T> {
  return owner === null ? store.asPlatform(work) : store.withinAccount(owner, work);
}

async function add(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  owner: Owner,
  wanted: z.output<typeof newMember>,
): Promise<FastifyReply> {
  const { store, access } = options;
  const { kind, id } = requesterOf(request);
  const made = await access.signIns.newMember({ account: owner, ...wanted, createdBy: `${kind} ${id}` });
  const refusal = await run(options, owner, async (db) => {
    const members = await store.members.list(db, owner);
    if (members.length >= MAX_MEMBERS) return `there are ${MAX_MEMBERS} members: remove those who no longer sign in`;
    if (!(await store.members.add(db, made.member))) return `login ${wanted.login} is taken`;
    await store.audit.note(db, noteOf(options, request, made.member, "member.added", { after: wanted }));
    return null;
  });
  if (refusal !== null) return problem(reply, 409, refusal);
  const line = memberLine({ ...made.member, ...NEW });
  return reply
    .code(201)
    .header("cache-control", "no-store")
    .send({ ...line, password: made.password });
}

/** Fields that a new member doesn't have yet. */
const NEW = { totp_secret: null, totp_active: false, totp_step: 0, recovery_hashes: [], signed_in_at: null } as const;

function changeRole(
  options: ApiOptions,
  request: FastifyRequest,
  owner: Owner,
  wanted: Member["role"],
): Promise<Change> {
  const { store } = options;
  return changed(options, request, owner, async (db, member) => {
    if (wanted !== "admin" && (await isLastAdmin(options, db, member))) return LAST_ADMIN;
    await store.members.change(db, member.id, { role: wanted });
    const documents = { before: { role: member.role }, after: { role: wanted } };
    await store.audit.note(db, noteOf(options, request, member, "member.role_changed", documents));
    return { member: { ...member, role: wanted } };
  });
}

async function reset(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  owner: Owner,
): Promise<FastifyReply> {
  const { store, access } = options;
  const password = access.signIns.passwords.make();
  const password_hash = await access.signIns.passwords.hash(password);
  const noCodes = { totp_secret: null, totp_active: false, recovery_hashes: [] } as const;
  const fresh = { password_hash, must_change: true, ...noCodes } as const;
  const change = await changed(options, request, owner, async (db, member) => {
    await store.members.change(db, member.id, fresh);
    await store.audit.note(db, noteOf(options, request, member, "member.reset", {}));
    return { member: { ...member, ...fresh } };
  });
  if (!("member" in change)) return problem(reply, change.status, change.detail);
  await store.members.endOtherSessions(change.member.id, null);
  return reply.header("cache-control", "no-store").send({ ...memberLine(change.member), password });
}

function remove(options: ApiOptions, request: FastifyRequest, owner: Owner): Promise<Change> {
  const { store } = options;
  return changed(options, request, owner, async (db, member) => {
    if (await isLastAdmin(options, db, member)) return LAST_ADMIN;
    await store.members.remove(db, member.id);
    const before = { login: member.login, role: member.role };
    await store.audit.note(db, noteOf(options, request, member, "member.removed", { before }));
    return { member };
  });
}

const LAST_ADMIN = {
  status: 409,
  detail: "this is the last administrator of the platform: name another one first",
} as const;

async function isLastAdmin({ store }: ApiOptions, db: AccountDb, member: Member): Promise<boolean> {
  const { account, role: own } = member;
  return account === null && own === "admin" && (await store.members.countPlatformAdmins(db)) === 1;
}

/** Runs a change of the member in the path, whose row is locked meanwhile. */
function changed(
  options: ApiOptions,
  { params }: FastifyRequest,
  owner: Owner,
  change: (db: AccountDb, member: Member) => Promise<Change>,
): Promise<Change> {
  const { id } = params as { readonly id: string };
  return run(options, owner, async (db) => {
    const member = await options.store.members.get(db, owner, id);
    return member === null ? { status: 404, detail: `there is no member ${id}` } : change(db, member);
  });
}

function noteOf(
  { clock }: ApiOptions,
  request: FastifyRequest,
  { account, id: subject }: Pick<Member, "account" | "id">,
  action: string,
  documents: Pick<AuditNote, "before" | "after">,
): AuditNote {
  const { kind, id } = requesterOf(request);
  return { account, at: clock.now(), actor: { kind, id }, action, subject, ...documents };
}
