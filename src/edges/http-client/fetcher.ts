import { Agent } from "undici";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import type { SocketCount } from "./connector.ts";
import { guardedConnector } from "./connector.ts";
import type { BodyPolicy, RawOutcome } from "./http-exchange.ts";
import { HttpExchange } from "./http-exchange.ts";
import { failed } from "./failure.ts";
import { isPrivateAddress, literalOf } from "./ssrf-guard.ts";
import { systemResolver } from "./resolve.ts";
import type {
  Downloaded,
  Failure,
  Fetched,
  FetchOptions,
  HttpClientOutcome,
  OutboundRequest,
  Resolve,
} from "./types.ts";

export interface FetcherOptions {
  /** For `User-Agent: plugboard/<version>` when the request has none (REQ-4). */
  readonly version: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default: name servers, and the system where only it knows. */
  readonly resolve?: Resolve;
  /** PEM of further certificate authorities. */
  readonly ca?: string;
  readonly limits?: Partial<FetcherLimits>;
}

/** What one fetcher may hold at a time. */
export interface FetcherLimits {
  /** Open connections in all; below the usual limit of 1,024 files per process by what SIP and files need. */
  readonly sockets: number;
  /** Connections to one origin: at 100 ms an answer, 2,500 requests a second. */
  readonly socketsPerOrigin: number;
  /** Requests to one origin, under way or waiting: a URL that hangs must not fill the memory. */
  readonly requestsPerOrigin: number;
}

const LIMITS: FetcherLimits = { sockets: 768, socketsPerOrigin: 256, requestsPerOrigin: 2_048 };
/** REQ-8. */
const BODY_BYTES = 64 * 1024;
/** Node's own limit; real answers have less than 1 KiB. */
const HEADER_BYTES = 16 * 1024;
/** Idle connections: just below the 5 s after which common servers close them, so that we rarely lose the race. */
const KEEP_ALIVE_MS = 4_000;
/** Where a server offers more; not much more, because idle connections take the places of others. */
const KEEP_ALIVE_LIMIT_MS = 15_000;

const WHOLE: BodyPolicy = { bodyBytes: BODY_BYTES, headersOnly: false };
const HEADERS: BodyPolicy = { bodyBytes: 0, headersOnly: true };
const HEAD_UNSUPPORTED: readonly number[] = [405, 501];

/** One policy's connections: one opened under the laxer policy is never used under the stricter. */
interface ConnectionPool {
  readonly agent: Agent;
  readonly allowPrivate: boolean;
  /** Origins with requests under way. */
  readonly origins: Map<string, OriginTraffic>;
}

interface OriginTraffic {
  /** Requests under way or waiting. */
  requests: number;
  /** Connections begun meanwhile, to tell a reused connection's failure from a fresh one's. */
  connects: number;
}

/** A request that may go out. */
interface PreparedExchange {
  readonly pool: ConnectionPool;
  readonly origin: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

/**
 * Every HTTP request of the platform goes through one of these. Redirects are not followed (REQ-5), compression is
 * not asked for, bodies are text of at most 64 KiB (REQ-8), the deadline covers everything (REQ-6). Nothing throws:
 * failures are outcomes. Neither URLs' queries nor credentials are logged.
 */
export class Fetcher {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #userAgent: string;
  readonly #limits: FetcherLimits;
  readonly #pools: { readonly guarded: ConnectionPool; readonly open: ConnectionPool };

  constructor(options: FetcherOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#userAgent = `plugboard/${options.version}`;
    this.#limits = { ...LIMITS, ...options.limits };
    const resolve = options.resolve ?? systemResolver();
    const sockets: SocketCount = { open: 0, limit: this.#limits.sockets };
    const pool = (allowPrivate: boolean): ConnectionPool => this.#poolFor(allowPrivate, resolve, options.ca, sockets);
    this.#pools = { guarded: pool(false), open: pool(true) };
  }

  /** Makes the exchange. */
  async fetch(request: OutboundRequest, options: FetchOptions): Promise<Fetched> {
    const startedAt = this.#clock.now();
    const raw = await this.#send(request, options, WHOLE, startedAt);
    return { outcome: asText(raw), elapsedMs: this.#clock.now() - startedAt };
  }

  /** RES-27: HEAD, then GET where HEAD answers 405 or 501; both share the deadline. No body is read. */
  async checkAudio(url: string, options: FetchOptions): Promise<Fetched> {
    const startedAt = this.#clock.now();
    const request: OutboundRequest = { method: "HEAD", url, headers: { accept: "audio/*" }, authorization: null };
    let raw = await this.#send(request, options, HEADERS, startedAt);
    if (raw.ok && HEAD_UNSUPPORTED.includes(raw.status))
      raw = await this.#send({ ...request, method: "GET" }, options, HEADERS, startedAt);
    return { outcome: asText(raw), elapsedMs: this.#clock.now() - startedAt };
  }

  /** Makes the exchange for a file of at most `limitBytes`, kept as it is. Headers may ask for it conditionally. */
  async download(request: OutboundRequest, limitBytes: number, options: FetchOptions): Promise<Downloaded> {
    const bodyPolicy: BodyPolicy = { bodyBytes: limitBytes, headersOnly: false };
    return this.#send(request, options, bodyPolicy, this.#clock.now());
  }

  /** Ends every exchange under way (`reset`) and closes every connection. */
  async close(): Promise<void> {
    await Promise.all([this.#pools.guarded.agent.destroy(), this.#pools.open.agent.destroy()]);
  }

  async #send(
    request: OutboundRequest,
    options: FetchOptions,
    bodyPolicy: BodyPolicy,
    startedAt: number,
  ): Promise<RawOutcome> {
    const ready = this.#prepare(request, options.allowPrivate);
    if ("ok" in ready) return ready;
    const first = await this.#exchange(ready, request, options, bodyPolicy, startedAt);
    // A server may close an idle connection at the moment we use it (RFC 9112 section 9.3.1): once more, on a fresh
    // one. Only if no connection was begun meanwhile was this surely a reused one; a fresh one's failure is an answer.
    if (!first.raced || request.method === "POST" || options.signal?.aborted === true) return first.outcome;
    return (await this.#exchange(ready, request, options, bodyPolicy, startedAt)).outcome;
  }

  #exchange(
    { pool, origin, path, headers }: PreparedExchange,
    { method, body }: OutboundRequest,
    { deadlineMs, signal }: FetchOptions,
    bodyPolicy: BodyPolicy,
    startedAt: number,
  ): Promise<{ readonly outcome: RawOutcome; readonly raced: boolean }> {
    const traffic = pool.origins.get(origin) ?? { requests: 0, connects: 0 };
    if (traffic.requests >= this.#limits.requestsPerOrigin) {
      const detail = `${traffic.requests} requests to this host are already under way.`;
      return Promise.resolve({ outcome: failed("refused", detail), raced: false });
    }
    pool.origins.set(origin, traffic);
    traffic.requests++;
    const { connects } = traffic;
    return new Promise((resolve) => {
      const left = Math.max(0, startedAt + deadlineMs - this.#clock.now());
      const exchange = new HttpExchange(this.#clock, left, bodyPolicy, (outcome, untouched) => {
        if (--traffic.requests === 0) pool.origins.delete(origin);
        signal?.removeEventListener("abort", abandon);
        const reset = !outcome.ok && outcome.reason === "reset";
        resolve({ outcome, raced: reset && untouched && traffic.connects === connects });
      });
      const abandon = (): void => exchange.cancel();
      signal?.addEventListener("abort", abandon, { once: true });
      if (signal?.aborted === true) abandon();
      else pool.agent.dispatch({ origin, path, method, headers, body: body ?? null }, exchange);
    });
  }

  /** Judges the URL; literals are judged here, because no resolver is asked for them. */
  #prepare(request: OutboundRequest, allowPrivate: boolean): PreparedExchange | Failure {
    const url = URL.parse(request.url);
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
      return failed("bad_url", "The URL is not an absolute http or https URL.");
    const literal = literalOf(url.hostname);
    if (literal !== null && !allowPrivate && isPrivateAddress(literal)) {
      this.#log.debug({ host: url.hostname }, "request to an inward address refused");
      return failed("blocked", "The URL leads to an address inside the platform's own network.");
    }
    const authorization = request.authorization ?? basicOf(url);
    return {
      pool: allowPrivate ? this.#pools.open : this.#pools.guarded,
      origin: url.origin,
      path: url.pathname + url.search,
      headers: {
        ...(!("user-agent" in request.headers || "User-Agent" in request.headers) && { "user-agent": this.#userAgent }),
        ...request.headers,
        ...(authorization !== null && { authorization }),
      },
    };
  }

  #poolFor(allowPrivate: boolean, resolve: Resolve, ca: string | undefined, sockets: SocketCount): ConnectionPool {
    const connect = guardedConnector({ resolve, allowPrivate, ca, sockets });
    const agent = new Agent({
      connect: (target, callback) => {
        const traffic = pool.origins.get(`${target.protocol}//${target.host}`);
        if (traffic !== undefined) traffic.connects++;
        connect(target, callback);
      },
      connections: this.#limits.socketsPerOrigin,
      allowH2: false,
      // Our own deadline is exact and covers more; undici's run on a grid of half a second.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_LIMIT_MS,
    });
    const pool: ConnectionPool = { agent, allowPrivate, origins: new Map() };
    return pool;
  }
}

/** `user:pass@` of a URL that nobody took apart before; it never goes out as part of the URL. */
function basicOf(url: URL): string | null {
  if (url.username === "" && url.password === "") return null;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** UTF-8; a byte order mark is no part of the text. */
function asText(raw: RawOutcome): HttpClientOutcome {
  if (!raw.ok) return raw;
  const text = raw.body.toString("utf8");
  return {
    ok: true,
    status: raw.status,
    contentType: raw.contentType,
    body: text.startsWith("\uFEFF") ? text.slice(1) : text,
  };
}
