import * as fc from "fast-check";
import type { OpenApiDocument, Operation, Parameter } from "../openapi/openapi-types.ts";
import type { JsonSchema } from "../openapi/json-schema.ts";
import { AUTHORIZATION } from "./test-api.ts";

/** An operation of the document, and its place in it. */
export interface Placed {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly operation: Operation;
}

/** A request to an operation, as `inject` takes it. */
export interface AnyRequest {
  readonly method: Placed["method"];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string;
}

export function operationsOf({ paths }: OpenApiDocument): readonly Placed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase() as Placed["method"],
      path,
      operation,
    })),
  );
}

/** What programs and people send where no one expects it. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    "\0",
    "..",
    "%",
    "null",
    "[object Object]",
    "' or 1=1--",
    "9".repeat(400),
    "\ud800",
    "🙂",
    "../../x",
  ),
);

/**
 * Requests to an operation: most as the document describes, some not. `known`: what a path may name; `example`: a meaningful
 * body.
 */
export function anyRequest(
  placed: Placed,
  known: Readonly<Record<string, readonly string[]>>,
  example?: unknown,
): fc.Arbitrary<AnyRequest> {
  const { method, path, operation } = placed;
  const parameters = operation.parameters ?? [];
  const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  return fc
    .record({
      inPath: fc.record(
        Object.fromEntries(parameters.filter(isInPath).map((each) => [each.name, pathValue(each, known)])),
      ),
      inQuery: fc.array(
        queryPair(
          parameters.filter((each) => each.in === "query"),
          known,
        ),
        { maxLength: 5 },
      ),
      condition: condition(parameters),
      authorization: fc.oneof({ weight: 9, arbitrary: fc.constant(AUTHORIZATION) }, { weight: 1, arbitrary: wrongKey }),
      content: bodyOf(type, body?.schema, example),
      range: fc.option(fc.constantFrom("bytes=0-3", "bytes=-1", "bytes=99999999-", "bytes=x", "lines=1-2"), {
        freq: 3,
      }),
    })
    .map(({ inPath, inQuery, condition: conditions, authorization, content, range }) => ({
      method,
      url: urlOf(path, inPath, inQuery),
      headers: {
        accept: "application/json",
        authorization,
        ...conditions,
        ...content?.headers,
        ...(range === null ? {} : { range }),
      },
      ...(content === null ? {} : { payload: content.payload }),
    }));
}

/** The request to an operation that should succeed. `values`: what its path and query name; `example`: its body. */
export function meantRequest(
  { method, path, operation }: Placed,
  values: Readonly<Record<string, string>>,
  example?: unknown,
): AnyRequest {
  const parameters = operation.parameters ?? [];
  const [type = ""] = Object.keys(operation.requestBody?.content ?? {});
  const inQuery = parameters.flatMap(({ name, in: place }) => {
    const value = values[name];
    return place === "query" && value !== undefined ? [[name, value] as const] : [];
  });
  const body = example === undefined ? null : bodyFor(type, example);
  const isConditional = parameters.some(({ name }) => name === "if-match");
  return {
    method,
    url: urlOf(path, values, inQuery),
    headers: {
      accept: "application/json",
      authorization: AUTHORIZATION,
      ...(isConditional ? { "if-match": "*" } : {}),
      ...body?.headers,
    },
    ...(body === null ? {} : { payload: body.payload }),
  };
}

/** The conditional headers of a write, if it has any. */
function condition(parameters: readonly Parameter[]): fc.Arbitrary<Readonly<Record<string, string>>> {
  if (!parameters.some(({ name }) => name === "if-match")) return fc.constant({});
  const usual = fc.constantFrom<Record<string, string>[]>({ "if-match": "*" }, {});
  const others = fc.constantFrom<Record<string, string>[]>(
    { "if-match": '"0"' },
    { "if-match": "x" },
    { "if-none-match": "*" },
  );
  return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: others });
}

function isInPath({ in: place }: Parameter): boolean {
  return place === "path";
}

const wrongKey = fc.constantFrom(
  "",
  "Basic",
  "Basic !!",
  "Bearer x",
  `Basic ${btoa("acme-key:wrong")}`,
  `Basic ${btoa(":")}`,
);

function pathValue(
  { name, schema }: Parameter,
  known: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<string> {
  const usual = fc.constantFrom(...(known[name] ?? ["x"]));
  return fc.oneof(
    { weight: 6, arbitrary: usual },
    { weight: 1, arbitrary: textOf(schema).filter(isOnePart) },
    { weight: 1, arbitrary: hostile.filter(isOnePart) },
  );
}

/** Whether a text is one path segment; anything else would be another path, as programs resolve dots before sending. */
function isOnePart(text: string): boolean {
  return !["", ".", ".."].includes(text);
}

function queryPair(
  parameters: readonly Parameter[],
  known: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<readonly [string, string]> {
  const stray = fc.tuple(fc.oneof(hostile, fc.constantFrom(...parameters.map(({ name }) => name), "x")), hostile);
  const usual = parameters.map(({ name, schema }) => {
    const values =
      known[name] === undefined ? textOf(schema) : fc.oneof(fc.constantFrom(...known[name]), textOf(schema));
    return fc.tuple(fc.constant(name), values);
  });
  return fc.oneof(...usual.map((arbitrary) => ({ weight: 4, arbitrary })), { weight: 2, arbitrary: stray });
}

interface Body {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

function bodyOf(type: string | undefined, schema: JsonSchema | undefined, example: unknown): fc.Arbitrary<Body | null> {
  const none = fc.constant(null);
  const strange = fc.record({
    headers: fc.record({ "content-type": fc.constantFrom("application/json", "text/plain", "image/png", "x") }),
    payload: fc.oneof(hostile, fc.json()),
  });
  if (type === undefined || schema === undefined) return fc.oneof({ weight: 5, arbitrary: none }, strange);
  const fitting = valueOf(schema).map((value) => bodyFor(type, value));
  const meant = fc.constant(bodyFor(type, example ?? {}));
  const usual = example === undefined ? fitting : fc.oneof({ weight: 2, arbitrary: meant }, fitting);
  return fc.oneof({ weight: 5, arbitrary: usual }, none, strange);
}

function bodyFor(type: string, value: unknown): Body {
  const isForm = type.includes("urlencoded");
  const payload = isForm ? new URLSearchParams(value as Record<string, string>).toString() : JSON.stringify(value);
  return { headers: { "content-type": type }, payload };
}

function textOf(schema: JsonSchema): fc.Arbitrary<string> {
  return valueOf(schema).map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
}

/** A value that fits a schema; covers only what our request schemas use. */
function valueOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type, enum: words, pattern, minimum = 0, maximum = 1000, properties, required, maxLength = 30 } = schema;
  if (Array.isArray(words)) return fc.constantFrom(...(words as unknown[]));
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
  if (Array.isArray(schema["anyOf"])) return fc.oneof(...(schema["anyOf"] as JsonSchema[]).map(valueOf));
  if (type === "null") return fc.constant(null);
  if (type === "array") return fc.array(valueOf((schema["items"] ?? {}) as JsonSchema), { maxLength: 2 });
  if (type === "integer") return fc.integer({ min: Number(minimum), max: Number(maximum) });
  if (type === "boolean") return fc.boolean();
  if (Array.isArray(schema["anyOf"])) return fc.oneof(...(schema["anyOf"] as JsonSchema[]).map(valueOf));
  if (type === "null") return fc.constant(null);
  if (type === "array") return fc.array(valueOf((schema["items"] ?? {}) as JsonSchema), { minLength: 1, maxLength: 3 });
  if (type === "object")
    return objectOf((properties ?? {}) as Record<string, JsonSchema>, (required ?? []) as string[]);
  return fc.string({ minLength: Number(schema["minLength"] ?? 0), maxLength: Math.min(Number(maxLength), 300) });
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): fc.Arbitrary<object> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)]));
  return fc.record(fields, { requiredKeys: [...required] });
}

function urlOf(
  path: string,
  inPath: Readonly<Record<string, string>>,
  inQuery: readonly (readonly [string, string])[],
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(inPath[name] ?? ""));
  const query = inQuery.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
  return query === "" ? filled : `${filled}?${query}`;
}

/** Encodes a text for a URL, in which a lone surrogate has no form. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
