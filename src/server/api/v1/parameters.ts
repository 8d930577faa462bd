import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import { statusOf } from "../problem.ts";

/** All values given under a name, in order. `StatusCallbackEvents[0]`, `…[]` and the bare name are the same name. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** Names and values as received. */
type Pairs = (readonly [string, unknown])[];

/** More than any real request has; bounds the cost of one. */
const MAX_PARAMETERS = 100;
/** Bytes of one value in a multipart form: a body is at most 64 KiB in all. */
const MAX_VALUE_BYTES = 16 * 1024;

const FORM = "application/x-www-form-urlencoded";

/** Accepts what clients send as the body of a POST: a form, a multipart form, JSON, or nothing. */
export async function acceptForms(app: FastifyInstance): Promise<void> {
  app.removeContentTypeParser([FORM, "application/json"]);
  await app.register(multipart, {
    limits: { files: 0, fields: MAX_PARAMETERS, parts: MAX_PARAMETERS, fieldSize: MAX_VALUE_BYTES, headerPairs: 20 },
  });
  const asText = { parseAs: "string" } as const;
  app.addContentTypeParser(FORM, asText, (_request, body, done) => done(null, [...new URLSearchParams(String(body))]));
  // Fastify's own parser refuses an empty body, which some clients send with this type.
  app.addContentTypeParser("application/json", asText, (_request, body, done) => {
    const text = String(body);
    if (text.trim() === "") return done(null, null);
    const parsed = parsedJson(text);
    if (parsed === undefined) return done(Object.assign(new Error("the body is not JSON"), { statusCode: 400 }));
    return done(null, parsed);
  });
}

/** Undefined if it is not JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The parameters of a request: from its body or, if that is empty, from its query. The error is one sentence. */
export async function readParameters(request: FastifyRequest): Promise<Result<Parameters, string>> {
  const pairs = request.isMultipart() ? await multipartPairs(request) : pairsOf(request.body);
  if (pairs === null) return err("the body must be a form, or a JSON object of parameters");
  return byName(pairs.length > 0 ? pairs : queryOf(request));
}

/** Throws an error with a status if the form is too large or malformed. */
async function multipartPairs(request: FastifyRequest): Promise<Pairs> {
  const pairs: Pairs = [];
  try {
    for await (const part of request.parts()) if (part.type === "field") pairs.push([part.fieldname, part.value]);
  } catch (error) {
    // The parser's own limits have a status; a form it can't read has none.
    throw statusOf(error) < 500
      ? error
      : Object.assign(new Error("the multipart form is malformed"), { statusCode: 400 });
  }
  return pairs;
}

/** Null if it can't hold parameters. */
function pairsOf(body: unknown): Pairs | null {
  if (body === undefined || body === null) return [];
  // A form, as returned by the parser above.
  if (Array.isArray(body)) return body.every(isPair) ? body : null;
  return typeof body === "object" ? Object.entries(body) : null;
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === "string");
}

function queryOf(request: FastifyRequest): Pairs {
  const at = request.url.indexOf("?");
  return at < 0 ? [] : [...new URLSearchParams(request.url.slice(at + 1))];
}

function byName(pairs: Pairs): Result<Parameters, string> {
  const found = new Map<string, string[]>();
  for (const [given, value] of pairs) {
    const name = given.replace(/\[\w*\]$/, "");
    const texts = textsOf(value);
    if (texts === null) return err(`${name} must be a text, a number or a list of them`);
    found.set(name, [...(found.get(name) ?? []), ...texts]);
    if (found.size > MAX_PARAMETERS) return err(`there are more than ${MAX_PARAMETERS} parameters`);
  }
  return ok(found);
}

function textsOf(value: unknown): string[] | null {
  if (value === null || value === undefined) return [];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return [String(value)];
  if (!Array.isArray(value) || value.length > MAX_PARAMETERS) return null;
  const texts = value.map((item) => (Array.isArray(item) ? null : textsOf(item)));
  return texts.every((each) => each !== null) ? texts.flat() : null;
}

/** Reads parameters one by one, and remembers the first error. An empty value counts as absent. */
export class ParameterReader {
  /** What is wrong, as one sentence. */
  problem: string | null = null;
  readonly #parameters: Parameters;

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  /** Null: nothing usable was given; `problem` says whether that is an error. */
  text(name: string, maxCharacters: number): string | null {
    const [value = null, ...others] = new Set(this.list(name));
    if (others.length > 0) return this.refuse(`${name} is given more than once, with different values`);
    if (value !== null && value.length > maxCharacters)
      return this.refuse(`${name} is longer than ${maxCharacters} characters`);
    return value;
  }

  list(name: string): readonly string[] {
    return (this.#parameters.get(name) ?? []).filter((text) => text !== "");
  }

  wholeNumber(name: string, least: number, most: number): number | null {
    const text = this.text(name, MAX_SHOWN);
    if (text === null) return null;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    return this.refuse(`${name} is ${JSON.stringify(text)}, it must be a whole number from ${least} to ${most}`);
  }

  /** One of `words`, in any case. */
  word<W extends string>(name: string, words: readonly W[]): W | null {
    const text = this.text(name, MAX_SHOWN);
    return text === null ? null : this.oneOf(name, text, words);
  }

  words<W extends string>(name: string, words: readonly W[]): readonly W[] {
    return this.list(name).flatMap((text) => this.oneOf(name, text, words) ?? []);
  }

  oneOf<W extends string>(name: string, text: string, words: readonly W[]): W | null {
    const found = words.find((word) => word.toLowerCase() === text.trim().toLowerCase());
    if (found !== undefined) return found;
    const shown = JSON.stringify(text.slice(0, MAX_SHOWN));
    return this.refuse(`${name} is ${shown}, it must be one of ${words.join(", ")}`);
  }

  refuse(problem: string): null {
    this.problem ??= problem;
    return null;
  }
}

/** Characters of a wrong value that its message quotes. */
const MAX_SHOWN = 64;
