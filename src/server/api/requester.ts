import type { FastifyRequest } from "fastify";
import type { Member } from "../../edges/store/member-table.ts";
import type { AuditActor } from "../../edges/store/audit-log.ts";
import type { Scope } from "../../edges/store/api-key-table.ts";

/** Who makes a request, once that is known. */
export interface Requester {
  readonly kind: AuditActor["kind"];
  /** Id of the key or user, as the audit log shows it. */
  readonly id: string;
  readonly scopes: readonly Scope[];
}

/** Of routes that only members may use: what the document at `/api/openapi.json` says of them. */
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
    /** What a key or user needs for this route; absent: `read` for GET and HEAD, `admin` for everything else. */
    scope?: Scope;
  }
}

/** Who makes this request. Throws on routes that do not authenticate. */
export function requesterOf(request: Pick<FastifyRequest, "requester" | "url">): Requester {
  if (request.requester === null) throw new Error(`${request.url} is answered without authentication`);
  return request.requester;
}

/** Whose session it is. Throws on routes that are not about one. */
export function sessionOf(request: FastifyRequest): RequesterSession {
  if (request.session === null) throw new Error(`${request.url} is answered without a session`);
  return request.session;
}

/** What the route of this request needs. A route that forgets to say so is for administrators. */
export function neededScope(request: FastifyRequest): Scope {
  const { scope } = request.routeOptions.config;
  return scope ?? (["GET", "HEAD"].includes(request.method) ? "read" : "admin");
}
