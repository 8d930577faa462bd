import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeAudio } from "../../src/edges/audio/decode/decode.ts";
import { sourceFormat } from "../../src/edges/audio/decode/identify.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { check } from "../../src/tools/check/check.ts";
import type { CheckReport, Role } from "../../src/tools/check/report.ts";
import type { CheckTarget } from "../../src/tools/check/check-target.ts";
import { accountWith, CHECK_LIMITS } from "../../src/tools/check/check-target.ts";
import type { UrlKind } from "../../src/tools/check/url-kind.ts";
import { Fetcher } from "../../src/edges/http-client/fetcher.ts";

/** One request to a sample endpoint. */
export interface Ask {
  readonly method: string;
  /** `/connect`, `/fallback`, or a path named by the sample. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** `http://127.0.0.1:<port>`: for samples whose answers contain URLs. */
  readonly base: string;
  /** Lets virtual time pass before the answer. */
  takes(ms: number): void;
}

export interface Reply {
  readonly status?: number;
  /** Null: no Content-Type. */
  readonly type?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON; null: the connection stays open without an answer. */
  readonly body: string | Buffer | object | null;
}

export type Endpoint = (ask: Ask) => Reply;

/** A small endpoint with one mistake, and the findings that name it: `<level> <rule> <id>`. */
export interface Sample {
  readonly expect: readonly string[];
  /** The findings in lenient mode, if they differ. */
  readonly lenient?: readonly string[];
  /** Checks the sample as the Fallback of a good Primary. */
  readonly as?: Role;
  /** What its URL is for; default `connect`. */
  readonly kind?: UrlKind;
  readonly endpoint: () => Endpoint;
}

/** A good answer. */
export const GOOD = { destination: { numbers: ["+919900000001", "+919900000002"] } };

/** Answers of a good Primary, for the kinds that have a Fallback. */
const GOOD_FOR: Partial<Record<UrlKind, object>> = { connect: GOOD, gather: { gather_prompt: { text: "Hello" } } };

/** Gives every request the same answer. */
export function always(body: Reply["body"], rest: Omit<Reply, "body"> = {}): () => Endpoint {
  return () => () => ({ ...rest, body });
}

/** Gives a good answer with more fields. */
export function withFields(fields: object): () => Endpoint {
  return always({ ...GOOD, ...fields });
}

export interface Checked {
  readonly report: CheckReport;
  readonly asks: readonly Ask[];
  /** Findings about the sample only, not about the good Primary. */
  readonly findings: readonly string[];
}

/** Serves the sample on a real socket and checks it, in virtual time. */
export async function checkSample(
  sample: Sample,
  changes: Partial<CheckTarget> = {},
  credentials = "",
): Promise<Checked> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 4, 30));
  const asks: Ask[] = [];
  const server = serve(sample.endpoint(), clock, asks);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const good = serve(() => ({ body: { ...GOOD_FOR[sample.kind ?? "connect"] } }), clock, []);
  await new Promise<void>((resolve) => good.listen(0, "127.0.0.1", resolve));
  const fetcher = new Fetcher({ version: "0.0.0", log: silentLog, clock });
  const role = sample.as ?? "primary";
  const primary = `${baseOf(role === "primary" ? server : good).replace("//", `//${credentials}`)}/connect`;
  const fallback = role === "primary" ? null : `${baseOf(server)}/fallback`;
  try {
    const target = { ...TARGET, kind: sample.kind ?? "connect", primary, fallback, ...changes };
    const formatOf = (file: Buffer) => sourceFormat(file, true);
    const report = await check(target, { fetcher, clock, random: seededRandom(1), decode: decodeAudio, formatOf });
    const own = report.issues.filter(({ endpoint }) => endpoint === role);
    return { report, asks, findings: own.map(({ level, rule, id }) => `${level} ${rule} ${id}`) };
  } finally {
    await fetcher.close();
    for (const one of [server, good]) one.close().closeAllConnections();
  }
}

const TARGET: CheckTarget = {
  kind: "connect",
  numberForms: false,
  primary: "",
  fallback: null,
  mode: "strict",
  account: accountWith(["+918047100000"], "IN"),
  from: "+919812345678",
  customField: "order 42",
  runs: 2,
  version: "0.0.0",
  limits: CHECK_LIMITS,
};

function serve(endpoint: Endpoint, clock: VirtualClock, asks: Ask[]): Server {
  const server = createServer((request, response) => {
    const ask = askOf(request, baseOf(server), clock);
    asks.push(ask);
    answer(response, endpoint(ask));
  });
  return server;
}

function askOf(request: IncomingMessage, base: string, clock: VirtualClock): Ask {
  const { pathname, searchParams } = new URL(request.url ?? "/", base);
  const { method = "GET", headers } = request;
  return { method, path: pathname, query: searchParams, headers, base, takes: (ms) => clock.advance(ms) };
}

function answer(
  response: ServerResponse,
  { status = 200, type = "application/json", headers = {}, body }: Reply,
): void {
  if (body === null) return;
  if (type !== null) response.setHeader("content-type", type);
  response.writeHead(status, { ...headers });
  response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

function baseOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
