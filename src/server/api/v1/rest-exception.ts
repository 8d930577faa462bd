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

/** Answers errors of everything below in Exotel's form, and `/*`, what nothing else answers. */
export function answerWithRestExceptions(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, url: request.routeOptions.url }, "request failed");
    return restException(request, reply, status, status >= 500 ? "the platform could not answer" : messageOf(error));
  });
  // A route, not Fastify's handler of unknown paths: that one does not know the account, and could not ask for its key.
  app.all("/*", { config: { scope: "read" } }, nothingHere);
}

/** 501 for what Exotel has and Plugboard does not, else 404. */
export function nothingHere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const reason = notOffered(pathOf(request));
  if (reason !== null) return restException(request, reply, 501, reason);
  return restException(request, reply, 404, `nothing answers ${request.method} ${pathOf(request)} here`);
}
