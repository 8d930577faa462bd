import type { FastifyReply, FastifyRequest } from "fastify";
import type { WriteCondition } from "../configuration/resource-edits.ts";
import { problem } from "./problem.ts";

/** The ETag of something that changed last in this revision. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** `If-Match` and `If-None-Match` of a write; null: they can't be read, and the request has been answered. */
export function conditionOf(request: FastifyRequest, reply: FastifyReply): WriteCondition | null {
  const given = request.headers["if-match"];
  const none = request.headers["if-none-match"];
  const match = given === undefined ? null : /^(?:W\/)?"(\d{1,15})"$/.exec(given);
  if ((given !== undefined && given !== "*" && match === null) || (none !== undefined && none !== "*")) {
    problem(reply, 400, 'If-Match must be the ETag that a read gave, such as "17", or *; If-None-Match must be *');
    return null;
  }
  const revision = match === null ? null : Number(match[1]);
  return { ifMatch: given === "*" ? "*" : revision, isNew: none === "*" };
}
