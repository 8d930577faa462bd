import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../../base/log.ts";
import { messageOf, pathOf, statusOf } from "../problem.ts";
import { notOffered } from "./not-offered.ts";
import { answer, formatOf } from "./representation.ts";

/** Answers with Exotel's error form, in the request's format; `message` is one sentence (contract, section 8). */
export function restException(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  message: string,
): FastifyReply {
  return answer(reply.code(status), formatOf(request), { RestException: { Status: status, Message: message } });
}

/** Answers errors of all routes below in Exotel's form, and with `/*` whatever no other route answers. */
export function answerWithRestExceptions(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, url: request.routeOptions.url }, "request failed");
    return restException(request, reply, status, status >= 500 ? "the platform could not answer" : messageOf(error));
  });
  // A route, not Fastify's not-found handler, which does not know the account and could not ask for its key.
  app.all("/*", { config: { scope: "read" } }, nothingHere);
}

/** 501 for what Exotel offers and Plugboard does not, otherwise 404. */
export function nothingHere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const reason = notOffered(pathOf(request));
  if (reason !== null) return restException(request, reply, 501, reason);
  return restException(request, reply, 404, `nothing answers ${request.method} ${pathOf(request)} here`);
}
