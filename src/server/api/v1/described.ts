import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, HTTPMethods } from "fastify";
import type { z } from "zod";
import type { Scope } from "../../../edges/store/api-key-table.ts";
import { typed } from "../openapi/typed-routes.ts";
import type { AnswerFormat } from "./representation.ts";

/** A route of the Exotel-shaped API, with its answer in both formats. */
export interface DescribedRoute extends Omit<FastifySchema, "response"> {
  readonly method: HTTPMethods;
  /** The path below the account, without `.json`. */
  readonly url: string;
  readonly operationId: string;
  /** The scope a key needs for it; absent: by method. */
  readonly scope?: Scope;
  readonly summary: string;
  /** The answer's model; XML writes the same inside `<TwilioResponse>`. */
  readonly answers: z.ZodType;
}

type Handler = (request: FastifyRequest, reply: FastifyReply, format: AnswerFormat) => Promise<FastifyReply>;

/** Registers the route twice: without a suffix (answered in XML), and with `.json`. */
export function inBothForms(app: FastifyInstance, route: DescribedRoute, handler: Handler): void {
  oneForm(app, route, "xml", handler);
  oneForm(app, { ...route, url: `${route.url}.json` }, "json", handler);
}

/** Registers the route in one format, whatever its path ends in. */
export function oneForm(app: FastifyInstance, route: DescribedRoute, format: AnswerFormat, handler: Handler): void {
  const { method, url, answers, operationId, scope, ...schema } = route;
  const content = { [`application/${format}`]: { schema: answers } };
  typed(app).route({
    method,
    url,
    ...(scope === undefined ? {} : { config: { scope } }),
    schema: {
      ...schema,
      operationId: format === "xml" ? `${operationId}Xml` : operationId,
      response: { 200: { content } },
    },
    handler: (request, reply) => handler(request, reply, format),
  });
}
