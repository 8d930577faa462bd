import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../base/log.ts";
import { InvalidInput } from "./openapi/invalid-input.ts";

/** The HTTP status of an error; 500 if it has none. */
export function statusOf(error: unknown): number {
  const status = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 600 ? status : 500;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The path of a request without its query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

/** What a problem is about: a field of the request, and the rule or schema keyword that it violates. */
export interface ProblemSubject {
  readonly field: string;
  readonly rule: string;
}

/** Answers with a problem document (RFC 9457); `detail` is one sentence. */
export function problem(reply: FastifyReply, status: number, detail: string, subject?: ProblemSubject): FastifyReply {
  const title = STATUS_CODES[status] ?? "Error";
  const document = { type: "about:blank", title, status, detail, ...subject };
  return reply.code(status).type("application/problem+json").send(JSON.stringify(document));
}

/** Answers an error thrown by a route or by Fastify itself. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const status = statusOf(error);
  if (status >= 500) log.error({ err: error, url: request.routeOptions.url }, "request failed");
  const subject = error instanceof InvalidInput ? { field: error.field, rule: error.rule } : undefined;
  return problem(reply, status, status >= 500 ? "the platform could not answer" : messageOf(error), subject);
}
