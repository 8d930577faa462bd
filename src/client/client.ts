import type { CallOptions, Models, PlugboardApi } from "./operations.ts";
import { OPERATIONS } from "./operations.ts";

export type { CallOptions, Models, PlugboardApi } from "./operations.ts";

/** Where the platform is, and with which credentials. */
export interface PlugboardOptions {
  /** Scheme, host and port of the platform, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Sid of the account used by operations that name none. */
  readonly account: string;
  /** Absent, on the platform's own pages: the session of the person who is signed in. */
  readonly key?: string;
  readonly token?: string;
  /** Sends the requests; default: Node's own. */
  readonly fetch?: typeof fetch;
}

/** A refusal by the platform. `message` is one sentence: what was wrong, where, what is allowed. */
export class PlugboardError extends Error {
  override readonly name = "PlugboardError";
  readonly status: number;
  /** The field of the request that was wrong; null: none. */
  readonly field: string | null;
  /** The rule that the field breaks; null: none. */
  readonly rule: string | null;

  constructor(status: number, message: string, field: string | null = null, rule: string | null = null) {
    super(message);
    this.status = status;
    this.field = field;
    this.rule = rule;
  }
}

/**
 * A client of the platform's API: `await plugboard.calls.list({ status: "live" })`. Every operation of `/api/openapi.json` is a
 * method, with its path, query and body in one object. Rejects with {@link PlugboardError} if the platform refuses.
 */
export function createPlugboard(options: PlugboardOptions): PlugboardApi {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [id, operation] of Object.entries(OPERATIONS)) {
    const [group = "", name = ""] = id.split(".");
    (groups[group] ??= {})[name] = (input: Input = {}, { signal }: CallOptions = {}) =>
      send(options, operation, { account: options.account, ...input }, signal ?? null);
  }
  return groups as unknown as PlugboardApi;
}

type CallQuery = NonNullable<Parameters<PlugboardApi["calls"]["list"]>[0]>;

/** Every call that matches, newest first, a page at a time: `for await (const call of eachCall(plugboard, { status: "busy" }))`. */
export async function* eachCall(plugboard: PlugboardApi, query: CallQuery = {}): AsyncGenerator<Models["CallSummary"]> {
  let before = query.before;
  do {
    const page = await plugboard.calls.list({ ...query, ...(before === undefined ? {} : { before }) });
    yield* page.calls;
    before = page.next ?? undefined;
  } while (before !== undefined);
}

type Input = Readonly<Record<string, unknown>>;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  /** For each header, the field of the input that fills it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: "json" | "text" | "response" | "none";
}

async function send(
  options: PlugboardOptions,
  operation: Sent,
  input: Input,
  signal: AbortSignal | null,
): Promise<unknown> {
  const { fetch: request = fetch } = options;
  const { body } = input;
  const headers = {
    accept: operation.answer === "json" ? "application/json" : "*/*",
    ...credentialsOf(options),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...headersOf(operation, input),
  };
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  const url = addressOf(options.url, operation, input);
  const response = await request(url, { method: operation.method, headers, signal, ...payload });
  if (!response.ok) throw refusalOf(response.status, await response.text());
  if (operation.answer === "none") return undefined;
  if (operation.answer === "response") return response;
  return operation.answer === "text" ? response.text() : response.json();
}

/** HTTP Basic (RFC 7617), in UTF-8; made without Node's Buffer, since browsers run this, too. */
function credentialsOf({ key, token }: PlugboardOptions): Readonly<Record<string, string>> {
  if (key === undefined || token === undefined) return {};
  const octets = new TextEncoder().encode(`${key}:${token}`);
  return { authorization: `Basic ${btoa(String.fromCodePoint(...octets))}` };
}

function addressOf(base: string, { path, query }: Sent, input: Input): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(textOf(input[name])));
  const parameters = new URLSearchParams();
  for (const name of query) if (input[name] !== undefined) parameters.set(name, textOf(input[name]));
  return `${base.replace(/\/$/, "")}${filled}${parameters.size === 0 ? "" : `?${parameters.toString()}`}`;
}

function headersOf({ headers }: Sent, input: Input): Readonly<Record<string, string>> {
  const given = Object.entries(headers).filter(([, field]) => input[field] !== undefined);
  return Object.fromEntries(given.map(([name, field]) => [name, textOf(input[field])]));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Reads both forms of errors, and whatever a proxy in between may send. */
function refusalOf(status: number, text: string): PlugboardError {
  const document = parsed(text) as Partial<Models["Problem"] & Models["RestException"]> | null;
  const message = document?.detail ?? document?.RestException?.Message ?? `the platform answered ${status}`;
  return new PlugboardError(status, message, document?.field ?? null, document?.rule ?? null);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // not from the platform
  }
}
