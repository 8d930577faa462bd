import { createHash, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { join } from "node:path";
import Fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import type { Log } from "../../base/log.ts";
import { reportOf } from "../../core/call/report.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import type { Directory } from "../exchange/directory.ts";
import type { Exchange, MediaTotals } from "../exchange/exchange.ts";
import { recordingFile } from "../exchange/cdr-rows.ts";
import type { Store } from "../../edges/store/store.ts";
import type { CallCursor, CallFilter, CallSummary, StoredCall } from "../../edges/store/types.ts";

export interface ApiOptions {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly directory: Directory;
  readonly recordingsDir: string;
  readonly log: Log;
}

/** Nothing that is sent to this API is large. */
const MAX_BODY_BYTES = 64 * 1024;
const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;
const RECORDING_ID = /^[A-Za-z0-9_-]{1,80}$/;
const MILLISECOND_NS = 1e6;
/** The event loop is woken this often to see how late it is, ms: a fraction of the delays that would matter. */
const LAG_PRECISION_MS = 50;

/** The HTTP side of the control process: health, metrics, and `/api`. */
export async function buildApi(options: ApiOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, bodyLimit: MAX_BODY_BYTES });
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) options.log.error({ err: error, url: request.routeOptions.url }, "request failed");
    return problem(reply, status, status >= 500 ? "the platform could not answer" : messageOf(error));
  });
  app.setNotFoundHandler((request, reply) => problem(reply, 404, `there is no ${request.method} ${pathOf(request)}`));
  healthRoutes(app, options);
  metricsRoute(app, options.exchange);
  await app.register((scope) => accountRoutes(scope, options), { prefix: "/api/accounts/:account" });
  return app;
}

function statusOf(error: unknown): number {
  const status = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 600 ? status : 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

/** A problem document (RFC 9457). */
function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).type("application/problem+json").send({ type: "about:blank", status, detail });
}

function healthRoutes(app: FastifyInstance, { exchange, store }: ApiOptions): void {
  app.get("/healthz", async (_request, reply) =>
    exchange.isOpen
      ? { status: "ok", live_calls: exchange.liveCalls }
      : problem(reply, 503, "no calls can be taken now"),
  );
  app.get("/readyz", async (_request, reply) => {
    try {
      await store.ping();
    } catch (error) {
      return problem(reply, 503, `the database does not answer: ${messageOf(error)}`);
    }
    return exchange.isOpen ? { status: "ok" } : problem(reply, 503, "no calls can be taken now");
  });
}

function metricsRoute(app: FastifyInstance, exchange: Exchange): void {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  const lag = monitorEventLoopDelay({ resolution: LAG_PRECISION_MS });
  lag.enable();
  gauge(register, "plugboard_live_calls", "Calls alive now", () => exchange.liveCalls);
  gauge(register, "plugboard_media_processes", "Media processes connected now", () => exchange.media.length);
  gauge(
    register,
    "plugboard_event_loop_lag_p99_ms",
    "Event loop delay, 99th percentile since start",
    () => lag.percentile(99) / MILLISECOND_NS,
  );
  mediaGauges(register, exchange);
  const { sip } = exchange.services;
  gauge(
    register,
    "plugboard_sip_queue_delay_ms",
    "How long SIP datagrams wait before they are read, now",
    () => sip.queueDelayMs,
  );
  for (const name of Object.keys(sip.stats) as (keyof typeof sip.stats)[])
    gauge(register, `plugboard_sip_${name}`, `SIP endpoint: ${name}`, () => sip.stats[name]);
  app.get("/metrics", async (_request, reply) => reply.type(register.contentType).send(await register.metrics()));
}

/** Asked of the media processes when somebody looks, never in between. */
function mediaGauges(register: Registry, exchange: Exchange): void {
  const media = (name: string, help: string, pick: (totals: MediaTotals) => number): void =>
    gauge(register, name, help, async () => pick(await exchange.mediaTotals()));
  media("plugboard_media_legs", "RTP endpoints open now", ({ legs }) => legs);
  media("plugboard_media_recordings", "Recordings being written now", ({ recordings }) => recordings);
  media("plugboard_media_ports", "Port pairs not in use: free now or resting after use", ({ ports }) => ports);
  media(
    "plugboard_media_ticks_skipped",
    "Ticks that were missed for good since start",
    ({ ticksSkipped }) => ticksSkipped,
  );
}

function gauge(register: Registry, name: string, help: string, read: () => number | Promise<number>): void {
  const made = new Gauge({
    name,
    help,
    registers: [],
    async collect() {
      this.set(await read());
    },
  });
  register.registerMetric(made);
}

interface AccountParams {
  account: string;
}

async function accountRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { store, exchange } = options;
  app.addHook("onRequest", (request, reply) => authenticate(options.directory, request, reply));
  app.get<{ Params: AccountParams; Querystring: Record<string, string> }>("/calls", async (request, reply) => {
    const filter = readFilter(request.query);
    if (typeof filter === "string") return problem(reply, 400, filter);
    const calls = await store.listCalls(request.params.account, filter);
    return { calls: calls.map(callLine), next: nextPage(calls, filter.limit ?? PAGE_SIZE) };
  });
  app.get<{ Params: AccountParams & { callSid: string } }>("/calls/:callSid", async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    return stored === null ? problem(reply, 404, `account ${account} has no call ${callSid}`) : wholeCall(stored);
  });
  app.post<{ Params: AccountParams & { callSid: string } }>("/calls/:callSid/hangup", async (request, reply) => {
    const { account, callSid } = request.params;
    const stored = await store.getCall(account, callSid);
    if (stored === null) return problem(reply, 404, `account ${account} has no call ${callSid}`);
    if (!exchange.hangUp(callSid)) return problem(reply, 409, `call ${callSid} has ended`);
    return reply.code(202).send({ call_sid: callSid });
  });
  app.get<{ Params: AccountParams & { file: string } }>("/recordings/:file", (request, reply) =>
    recording(options, request.params.account, request.params.file, request.headers.range, reply),
  );
}

/** HTTP Basic with a key and token of the account in the path. A wrong key and an unknown account look the same. */
async function authenticate(
  directory: Directory,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { account } = request.params as AccountParams;
  const [, encoded = ""] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const given = Buffer.from(encoded, "base64").toString("utf8");
  if (directory.hasKey(account, ({ key, token }) => sameSecret(given, `${key}:${token}`))) return undefined;
  void reply.header("www-authenticate", 'Basic realm="plugboard"');
  return problem(reply, 401, "an API key and token of this account are needed (HTTP Basic)");
}

/** Compared by digest, so that neither length nor content shows in the time it takes. */
function sameSecret(given: string, known: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(known));
}

function readFilter(query: Record<string, string>): CallFilter | string {
  const limit = query["limit"] === undefined ? PAGE_SIZE : Number(query["limit"]);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_SIZE)
    return `limit is "${query["limit"]}", it must be a whole number from 1 to ${MAX_PAGE_SIZE}`;
  const { status, from, to, before } = query;
  const cursor = before === undefined ? undefined : readCursor(before);
  if (cursor === null) return `before is "${before}", it must be the "next" of an earlier page`;
  return {
    limit,
    ...(cursor === undefined ? {} : { before: cursor }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function readCursor(text: string): CallCursor | null {
  const [, startedAt, callSid] = /^(\d{1,15})\.([0-9a-z]{1,64})$/.exec(text) ?? [];
  return startedAt === undefined || callSid === undefined ? null : { startedAt: Number(startedAt), callSid };
}

/** Where the next page begins; null behind the last one. */
function nextPage(calls: readonly CallSummary[], limit: number): string | null {
  const last = calls.at(-1);
  return last === undefined || calls.length < limit ? null : `${last.startedAt}.${last.callSid}`;
}

function callLine(call: CallSummary): object {
  return {
    call_sid: call.callSid,
    flow: call.flow,
    from: call.from,
    to: call.to,
    direction: call.direction,
    started_at: new Date(call.startedAt).toISOString(),
    ended_at: call.endedAt === null ? null : new Date(call.endedAt).toISOString(),
    status: call.status ?? "in-progress",
    cdr: call.cdr === null ? null : (JSON.parse(call.cdr) as unknown),
  };
}

/** A live call's trace has the shape of a simulated one (fixed by the interface). */
function wholeCall(stored: StoredCall): object {
  const { account, call, recordings } = { account: stored.call.account, ...stored };
  const report = reportOf(JSON.parse(stored.trace) as TraceEntry[], { seed: null });
  return {
    ...callLine(call),
    ...report,
    recordings: recordings.map(({ id, layout, durationMs, failure }) => ({
      id,
      layout,
      duration_ms: durationMs,
      failure,
      url: `/api/accounts/${account}/recordings/${id}.wav`,
    })),
  };
}

/** A recording, whole or one range of it; one that is still being written is served as far as it goes. */
async function recording(
  { store, recordingsDir }: ApiOptions,
  account: string,
  file: string,
  range: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = file.endsWith(".wav") ? file.slice(0, -".wav".length) : "";
  if (!RECORDING_ID.test(id)) return problem(reply, 404, `there is no recording ${file}`);
  const stored = await store.getRecording(id);
  if (stored !== null && stored.account !== account) return problem(reply, 404, `there is no recording ${file}`);
  const path = join(recordingsDir, stored?.file ?? recordingFile(account, id));
  const size = await sizeOf(path);
  if (size === null) return problem(reply, 404, `there is no recording ${file}`);
  void reply.type("audio/wav").header("accept-ranges", "bytes");
  const wanted = range === undefined ? null : byteRange(range, size);
  if (wanted === null)
    return reply.header("content-length", size).send(createReadStream(path, { end: Math.max(0, size - 1) }));
  if (wanted === "unsatisfiable")
    return problem(reply.header("content-range", `bytes */${size}`), 416, `the recording has ${size} bytes`);
  const [start, end] = wanted;
  return reply
    .code(206)
    .header("content-range", `bytes ${start}-${end}/${size}`)
    .header("content-length", end - start + 1)
    .send(createReadStream(path, { start, end }));
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null; // not there, or not ours to read: for the caller the same
  }
}

/** One `bytes=` range (RFC 9110 14.1.2); null: ignore the header, as several ranges or other units may be. */
function byteRange(header: string, size: number): [number, number] | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const suffix = match[1] === "";
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start > end || start >= size ? "unsatisfiable" : [start, end];
}
