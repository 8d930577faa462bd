import type { FastifyReply, FastifyRequest } from "fastify";

/** The HTTP status an error asks for; 500 when it asks for none. */
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

/** Answers with a problem document (RFC 9457); `detail` is one sentence. */
export function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).type("application/problem+json").send({ type: "about:blank", status, detail });
}
