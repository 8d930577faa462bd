import { STATUS_CODES } from "node:http";
import type { RouteOptions } from "fastify";
import { z } from "zod";
import type { ApiResponse } from "./openapi-types.ts";
import { findingModel } from "../configuration-models.ts";
import type { Schemas } from "./json-schema.ts";

const problemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("One sentence: what was wrong, where, what is allowed"),
    field: z.string().optional().describe("The field of the request"),
    rule: z
      .string()
      .optional()
      .describe("The rule of the contract, or the keyword of the field's schema, that it breaks"),
    errors: z.array(z.string()).optional().describe("Everything that is wrong with a document, one sentence each"),
    findings: z.array(findingModel).optional().describe("What keeps a flow from being published"),
  })
  .meta({ id: "Problem", description: "RFC 9457" });

const restExceptionBody = z
  .object({ RestException: z.object({ Status: z.int(), Message: z.string() }) })
  .meta({ id: "RestException", description: "Exotel's form of errors; XML has it inside `TwilioResponse`" });

const BAD_INPUT = "A parameter or field is not valid; the answer says which";
const BODY_REFUSALS = { 413: "The body is larger than 64 KiB", 415: "The body has another media type" };

/** Every refusal a route can answer with: its own, and those that follow from its input. */
export function errorResponses(route: RouteOptions, schemas: Schemas): Record<string, ApiResponse> {
  const { url, method, schema } = route;
  const isExotels = /^\/v\d/.test(url);
  const hasInput = url.includes(":") || schema?.querystring !== undefined || schema?.body !== undefined;
  const mayHaveBody = ["POST", "PUT", "PATCH", "DELETE"].includes(String(method));
  const refusals: Record<string, string> = {
    ...(hasInput || mayHaveBody ? { 400: BAD_INPUT } : {}),
    ...(schema?.security?.length === 0 ? {} : { 401: "No key of the account, or a wrong one" }),
    ...(hasInput && url.includes(":") ? { 404: "Nothing has that name" } : {}),
    ...(mayHaveBody ? BODY_REFUSALS : {}),
    ...(isExotels ? { 429: "200 requests were made within a minute; `Retry-After` says when to try again" } : {}),
    ...schema?.refusals,
    default: "The platform could not answer",
  };
  const content = isExotels ? exotelsContent(url, schemas) : problemContent(schemas);
  return Object.fromEntries(
    Object.entries(refusals).map(([status, description]) => [
      status,
      { description: description || STATUS_CODES[status], content },
    ]),
  ) as Record<string, ApiResponse>;
}

function problemContent(schemas: Schemas) {
  return { "application/problem+json": { schema: schemas.output(problemDocument) } };
}

function exotelsContent(url: string, schemas: Schemas) {
  const type = /\.json(?:\/|$)|^\/v2_beta\//.test(url) ? "application/json" : "application/xml";
  return { [type]: { schema: schemas.output(restExceptionBody) } };
}
