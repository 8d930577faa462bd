import type { FastifyReply, FastifyRequest } from "fastify";
import type { Member } from "../../edges/store/member-table.ts";
import type { Access } from "./access.ts";
import type { ApiRefusalReason } from "./api-refusals.ts";
import type { AccountParams } from "./api-options.ts";
import { problem } from "./problem.ts";
import type { Requester, RequesterSession } from "./requester.ts";
import { neededScopes } from "./requester.ts";
import { scopesOf } from "./sign-ins.ts";

/** How an API formats an error; `/v1` has its own format. */
export type Refuse = (reply: FastifyReply, status: number, detail: string) => FastifyReply;

/** Why a request is refused. */
interface Refusal {
  readonly reason: ApiRefusalReason;
  readonly status: 401 | 403 | 404 | 429;
  /** One sentence. */
  readonly detail: string;
  /** Id of the key or member, if one was given. */
  readonly who: string | null;
  /** Seconds until the next attempt makes sense. */
  readonly after?: number;
}

type Identity = Requester | Refusal;

/** Characters of an unknown key that are logged; it may be a token put into the wrong field. */
const LOGGED_CHARACTERS = 24;

/**
 * Lets a request pass if it carries a key of the account in its path (HTTP Basic), or the session of a member who may see
 * that account, with the scope that the route needs (`config.scope`); sets `request.requester`. A wrong key and an unknown
 * account look the same. For `onRequest`: undefined lets the request go on, a reply ends it.
 */
export async function authenticate(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  refuse: Refuse = problem,
): Promise<FastifyReply | undefined> {
  const { account } = request.params as AccountParams;
  const identity = inScope(await identify(access, request, account), request);
  if ("status" in identity) return refused(access, request, reply, identity, refuse);
  request.requester = identity;
  return undefined;
}

/** The same for routes of the platform itself, which only its administrators may use. */
export async function authenticatePlatform(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const session = await signedIn(access, request, "password_changed");
  if ("status" in session) return refused(access, request, reply, session, problem);
  const { member } = session;
  const detail = "this is for administrators of the platform";
  const identity: Identity =
    member.account === null && member.role === "admin"
      ? requesterFrom(member)
      : { reason: "scope", status: 403, detail, who: member.id };
  if ("status" in identity) return refused(access, request, reply, identity, problem);
  request.requester = identity;
  return undefined;
}

/** The same for routes about one's own session; also sets `request.session`. */
export async function authenticateMember(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const session = await signedIn(access, request, "any");
  if ("status" in session) return refused(access, request, reply, session, problem);
  request.session = session;
  request.requester = requesterFrom(session.member);
  return undefined;
}

async function identify(access: Access, request: FastifyRequest, account: string): Promise<Identity> {
  const given = basicOf(request.headers.authorization);
  if (given !== null) return byKey(access, request, account, given);
  if (access.cookie.read(request) === null) return UNKNOWN;
  const session = await signedIn(access, request, "password_changed");
  if ("status" in session) return session;
  const { member } = session;
  if (access.isAccount(account) && (member.account ?? account) === account) return requesterFrom(member);
  return { reason: "scope", status: 404, detail: `there is no account ${account}`, who: member.id };
}

const UNKNOWN: Refusal = {
  reason: "no_credentials",
  status: 401,
  detail: "an API key and token of this account are needed (HTTP Basic)",
  who: null,
};

async function byKey(
  access: Access,
  request: FastifyRequest,
  account: string,
  { key, token }: { readonly key: string; readonly token: string },
): Promise<Identity> {
  const verdict = await access.checkKey(account, key, token, request.ip);
  const who = key.slice(0, LOGGED_CHARACTERS);
  if (verdict.kind === "ok") return verdict.requester;
  if (verdict.kind === "wrong") return { ...UNKNOWN, reason: "wrong_key", who };
  const { after } = verdict;
  const detail = `too many wrong keys came from this address: try again in ${after} s`;
  return { reason: "too_many_failures", status: 429, detail, who, after };
}

/** The session of a request. `password_changed`: members who must still change their password are refused. */
export async function signedIn(
  access: Access,
  request: FastifyRequest,
  state: "password_changed" | "any",
): Promise<RequesterSession | Refusal> {
  const token = access.cookie.read(request);
  const member = token === null ? null : await access.signIns.memberOf(token);
  if (token === null || member === null)
    return { reason: "no_credentials", status: 401, detail: "sign in first: POST /api/session", who: null };
  const who = member.id;
  const isRead = ["GET", "HEAD"].includes(request.method);
  if (!isRead && access.cookie.siteOf(request) !== "own") {
    const detail =
      "a session can change things only from the platform's own pages (Origin or Sec-Fetch-Site); use an API key";
    return { reason: "cross_site", status: 403, detail, who };
  }
  if (member.must_change && state === "password_changed")
    return { reason: "scope", status: 403, detail: "change your password first: PUT /api/session/password", who };
  return { member, token };
}

function requesterFrom({ id, role }: Member): Requester {
  return { kind: "user", id, scopes: scopesOf(role) };
}

function inScope(identity: Identity, request: FastifyRequest): Identity {
  if ("status" in identity) return identity;
  const needed = neededScopes(request);
  const { kind, id, scopes } = identity;
  if (needed.some((scope) => scopes.includes(scope))) return identity;
  const detail = `this needs the scope ${needed.join(" or ")}; the ${kind} ${id} has ${scopes.join(", ") || "none"}`;
  return { reason: "scope", status: 403, detail, who: id };
}

function refused(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  { reason, status, detail, who, after }: Refusal,
  refuse: Refuse,
): FastifyReply {
  const { account = null } = request.params as Partial<AccountParams>;
  access.refusals.note(reason, { source: request.ip, account, who, route: request.routeOptions.url });
  const scheme = access.cookie.isPageScript(request) ? "Session" : "Basic";
  if (status === 401) void reply.header("www-authenticate", `${scheme} realm="plugboard"`);
  if (after !== undefined) void reply.header("retry-after", after);
  return refuse(reply, status, detail);
}

/** The credentials of HTTP Basic; null: none. RFC 7617: the key ends at the first colon. */
export function basicOf(header: string | undefined): { readonly key: string; readonly token: string } | null {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? "") ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { key: text.slice(0, colon), token: text.slice(colon + 1) };
}
