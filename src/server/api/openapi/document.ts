import type { RouteOptions } from "fastify";
import { z } from "zod";
import { VERSION } from "../../../version.ts";
import { errorResponses } from "./error-responses.ts";
import type { JsonSchema } from "./json-schema.ts";
import { Schemas } from "./json-schema.ts";
import type { ApiResponse, Content, OpenApiDocument, Operation, Parameter } from "./openapi-types.ts";

const SECURITY_SCHEMES = {
  basic: { type: "http", scheme: "basic", description: "A key of the account, and its token" },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "plugboard_session",
    description: "A member who is signed in (`POST /api/session`); with https its name begins with `__Host-`",
  },
  signedLink: {
    type: "apiKey",
    in: "query",
    name: "signature",
    description: "The link of a `RecordingUrl`, until it expires",
  },
};

/** The document of these routes, made from the schemas that validate their requests and describe their answers. */
export function documentOf(routes: readonly RouteOptions[]): OpenApiDocument {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes.filter(isShown)) {
    const path = pathOf(route.url);
    for (const method of [route.method].flat())
      paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, schemas) };
  }
  const description = "Calls, recordings and numbers of an account. Documentation: docs/api.md of the package.";
  return {
    openapi: "3.1.0",
    info: { title: "Plugboard", version: VERSION, description, license: { name: "MIT", identifier: "MIT" } },
    security: [{ basic: [] }],
    paths,
    components: { schemas: schemas.named, securitySchemes: SECURITY_SCHEMES },
  };
}

/** HEAD comes with every GET and adds nothing; `*` answers whatever no other route does. */
function isShown({ method, url, schema }: RouteOptions): boolean {
  return method !== "HEAD" && !url.includes("*") && schema?.hide !== true;
}

function pathOf(url: string): string {
  return url.replaceAll(/:(\w+)/g, "{$1}");
}

function operationOf(route: RouteOptions, schemas: Schemas): Operation {
  const { operationId = "", summary = "", description, security, consumes, body } = route.schema ?? {};
  const parameters = [...pathParameters(route, schemas), ...otherParameters(route, schemas)];
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [operationId.split(".", 1)[0] ?? ""],
    ...(security === undefined ? {} : { security }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: bodyOf(body as z.ZodType, consumes, schemas) }),
    responses: { ...answersOf(route, schemas), ...errorResponses(route, schemas) },
  };
}

function pathParameters({ url, schema }: RouteOptions, schemas: Schemas): readonly Parameter[] {
  const described = schema?.params === undefined ? {} : schemas.fields(schema.params as z.ZodType).properties;
  return [...url.matchAll(/:(\w+)/g)].map(([, name = ""]) =>
    parameterOf(name, "path", true, described[name] ?? PATH_PARAMETERS[name] ?? { type: "string" }),
  );
}

/** Path parameters that mean the same in every route. */
const PATH_PARAMETERS: Readonly<Record<string, JsonSchema>> = {
  account: { type: "string", description: "Sid of the account" },
  callSid: { type: "string", description: "Sid of the call" },
  numberSid: { type: "string", description: "Sid of the number, or the number itself" },
};

function otherParameters({ schema }: RouteOptions, schemas: Schemas): readonly Parameter[] {
  const places = [["query", schema?.querystring] as const, ["header", schema?.headers] as const];
  return places.flatMap(([place, described]) => {
    if (described === undefined) return [];
    const { properties, required } = schemas.fields(described as z.ZodType);
    return Object.entries(properties).map(([name, each]) => parameterOf(name, place, required.includes(name), each));
  });
}

function parameterOf(name: string, place: Parameter["in"], required: boolean, schema: JsonSchema): Parameter {
  const { description, ...rest } = schema;
  const about = typeof description === "string" ? { description } : {};
  return { name, in: place, required, ...about, schema: rest };
}

function bodyOf(body: z.ZodType, consumes: readonly string[] = ["application/json"], schemas: Schemas) {
  const schema = schemas.input(body);
  const content = Object.fromEntries(consumes.map((type) => [type, { schema }]));
  return { required: !body.safeParse(undefined).success, content };
}

type Described =
  | z.ZodType
  | { readonly description?: string; readonly content: Readonly<Record<string, { schema?: z.ZodType }>> };

function answersOf({ schema }: RouteOptions, schemas: Schemas): Record<string, ApiResponse> {
  const answers = (schema?.response ?? {}) as Readonly<Record<string, Described>>;
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const { description = "", content } =
        answer instanceof z.ZodType ? { content: { "application/json": { schema: answer } } } : answer;
      return [status, { description: description || (schema?.summary ?? ""), content: contentOf(content, schemas) }];
    }),
  );
}

function contentOf(content: Readonly<Record<string, { schema?: z.ZodType }>>, schemas: Schemas): Content {
  const entries = Object.entries(content);
  return Object.fromEntries(
    entries.map(([type, { schema }]) => [type, schema === undefined ? {} : { schema: schemas.output(schema) }]),
  );
}
