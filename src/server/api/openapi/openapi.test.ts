import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import Fastify from "fastify";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { silentLog } from "../../../base/log.ts";
import type { ApiOptions } from "../api-options.ts";
import { answerError } from "../problem.ts";
import { buildApi } from "../server.ts";
import { accessWithoutStore } from "../testing/access.ts";
import { idleExchange } from "../testing/test-api.ts";
import type { OpenApiDocument } from "./openapi-types.ts";
import { onlyThese, wholeNumber } from "./parameters.ts";
import { typed } from "./typed-routes.ts";

/** Other spellings of documented routes, for programs that use them. */
const OTHER_SPELLINGS = [
  "GET /v1/Accounts/:account/Calls.json/:callSid",
  "POST /v1/Accounts/:account/IncomingPhoneNumbers/:numberSid",
  "POST /v1/Accounts/:account/IncomingPhoneNumbers/:numberSid.json",
  "GET /v2_beta/Accounts/:account/IncomingPhoneNumbers.json",
  "GET /v2_beta/Accounts/:account/IncomingPhoneNumbers/:numberSid.json",
  "PUT /v2_beta/Accounts/:account/IncomingPhoneNumbers/:numberSid.json",
  // Which only say that they are not used.
  "GET /api/accounts/:account/mcp",
  "DELETE /api/accounts/:account/mcp",
];

let app: FastifyInstance;
let document: OpenApiDocument;
beforeAll(async () => {
  const options = { exchange: idleExchange(), directory: { account: () => undefined } };
  const access = await accessWithoutStore();
  app = await buildApi({ ...options, access, log: silentLog } as Partial<ApiOptions> as ApiOptions);
  document = (await app.inject("/api/openapi.json")).json<OpenApiDocument>();
});

/** Fastify's own list of its routes, as `GET /path`, read from the tree it prints. */
function registered(): readonly string[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", part = "", methods = ""] = /^([│ ]*)[├└]── (\S+) \(([^)]*)\)$/.exec(line) ?? [];
      const depth = indent.length / 4;
      parents[depth] = (depth === 0 ? "" : (parents[depth - 1] ?? "")) + part;
      return methods.split(", ").map((method) => `${method} ${parents[depth] ?? ""}`);
    })
    .filter((route) => !/^(?:HEAD)? |^\w* (?:\/?\*)?$/.test(route));
}

describe("the document at /api/openapi.json", () => {
  it("has every route, and no other", () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
    );
    expect(registered().length).toBeGreaterThan(20);
    expect([...documented, ...OTHER_SPELLINGS].toSorted()).toEqual(registered().toSorted());
  });

  it("is OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate({ ...document });
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it("says what every route does, takes, answers and refuses", () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => [path, operation] as const),
    );
    for (const [path, { operationId, summary, responses, parameters = [] }] of operations) {
      expect(operationId, path).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
      expect(summary, path).not.toBe("");
      const named = parameters.filter((each) => each.in === "path").map(({ name }) => name);
      expect(named, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      const [answer] = Object.entries(responses).filter(([status]) => status.startsWith("2"));
      expect(Object.values(answer?.[1].content ?? {})[0], path).toHaveProperty("schema");
      for (const { description } of Object.values(responses)) expect(description, path).not.toBe("");
    }
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says who may use each route", () => {
    const securityOf = (path: string) => document.paths[path]?.["get"]?.security ?? document.security;
    expect(securityOf("/healthz")).toEqual([]);
    expect(securityOf("/api/accounts/{account}/calls")).toEqual([{ basic: [] }]);
    expect(securityOf("/api/accounts/{account}/recordings/{file}")).toEqual([{ basic: [] }, { signedLink: [] }]);
  });

  it("has no dangling references", () => {
    const names = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name = ""] of names) expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

describe("a request that does not fit its schema", () => {
  const person = z.object({
    name: z.string().min(2),
    age: z.int().min(0).max(150),
    pets: z.array(z.enum(["cat", "dog"])),
  });

  const PERSON = { name: "al", age: 1, pets: [] };

  async function refused(url: string, body: object): Promise<unknown> {
    const server = Fastify();
    server.setErrorHandler((error, request, reply) => answerError(error, request, reply, silentLog));
    const querystring = onlyThese({ size: wholeNumber(1, 9).optional() }, "parameter");
    typed(server).post("/", { schema: { querystring, body: person } }, () => "fits");
    const response = await server.inject({ method: "POST", url, payload: body ?? {} });
    await server.close();
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      400,
      "application/problem+json; charset=utf-8",
    ]);
    return response.json();
  }

  it.each<[string, object, string, string, string]>([
    ["/?size=10", PERSON, "size", "minimum, maximum", 'size is "10", it must be a whole number from 1 to 9'],
    ["/?size=x", PERSON, "size", "pattern", 'size is "x", it must be a whole number from 1 to 9'],
    ["/?size=1&size=2", PERSON, "size", "type", "size is given more than once"],
    ["/?sise=1", PERSON, "sise", "additionalProperties", 'there is no parameter "sise": size are known'],
    ["/", {}, "name", "required", "name is missing, it must be text"],
    ["/", { name: "a" }, "name", "minLength", 'name is "a", it must be at least 2 characters long'],
    ["/", { name: 1 }, "name", "type", "name is 1, it must be text"],
    ["/", { name: "al", age: 151 }, "age", "maximum", "age is 151, it must be at most 150"],
    [
      "/",
      { name: "al", age: 1, pets: ["cat", "cow"] },
      "pets[1]",
      "enum",
      'pets[1] is "cow", it must be one of cat, dog',
    ],
    ["/", [], "", "type", "the body is [], it must be an object"],
  ])("is refused with a problem that names field and rule: %s %j", async (url, body, field, rule, detail) => {
    const about = { type: "about:blank", title: "Bad Request", status: 400 };
    expect(await refused(url, body)).toEqual({ ...about, detail, field, rule });
  });

  it("is not sent back in full", async () => {
    const { detail } = (await refused("/", { name: 1, age: "x".repeat(1000) })) as { detail: string };
    expect(detail).toBe("name is 1, it must be text");
    const long = (await refused("/", { name: "al", age: "x".repeat(1000) })) as { detail: string };
    expect(long.detail.length).toBeLessThan(200);
  });
});
