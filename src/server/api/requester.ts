import type { FastifyRequest } from "fastify";
import type { Member } from "../../edges/store/member-table.ts";
import type { AuditActor } from "../../edges/store/audit-log.ts";
import type { Scope } from "../../edges/store/api-key-table.ts";

/** Who makes a request, once it is authenticated. */
export interface Requester {
  readonly kind: AuditActor["kind"];
  /** Id of the key or user, as the audit log shows it. */
  readonly id: string;
  readonly scopes: readonly Scope[];
}

/** The `security` of routes that only members may use, for the document at `/api/openapi.json`. */
export const BY_MEMBERS = [{ session: [] }] as const;

/** The refusal of routes that need the scope `admin`, for the document. */
export const ADMIN_ONLY = { 403: "The key or member lacks the scope `admin`" } as const;

/** The session of a member who is signed in. */
export interface RequesterSession {
  readonly member: Member;
  readonly token: string;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by `authenticate`. */
    requester: Requester | null;
    /** Set by `authenticateMember`. */
    session: RequesterSession | null;
  }
  interface FastifyContextConfig {
    /** The scope that this route needs, or several of which it needs one; absent: `read` for GET and HEAD, `admin` for everything else. */
    scope?: Scope | readonly Scope[];
  }
}

/** Who makes this request. Throws on routes that do not authenticate. */
export function requesterOf(request: Pick<FastifyRequest, "requester" | "url">): Requester {
  if (request.requester === null) throw new Error(`${request.url} is answered without authentication`);
  return request.requester;
}

/** The session of this request. Throws on routes that are not about a session. */
export function sessionOf(request: FastifyRequest): RequesterSession {
  if (request.session === null) throw new Error(`${request.url} is answered without a session`);
  return request.session;
}

/** For routes that keep drafts or judge them. */
export const DRAFTING = ["draft", "admin"] as const;

/** The scopes of which this request's route needs one. A route that doesn't say is for administrators. */
export function neededScopes(request: FastifyRequest): readonly Scope[] {
  const { scope } = request.routeOptions.config;
  return [scope ?? (["GET", "HEAD"].includes(request.method) ? "read" : "admin")].flat();
}
