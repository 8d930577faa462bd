import { Agent } from "undici";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { headOrGet } from "./audio-check.ts";
import { guardedPools } from "./connector.ts";
import type { BodyPolicy, RawOutcome } from "./http-exchange.ts";
import { HttpExchange } from "./http-exchange.ts";
import { failed, failureOf } from "./failure.ts";
import { LinePerMinute } from "./line-per-minute.ts";
import type { OutboundPurpose } from "./purpose.ts";
import { inwardBecause } from "./ssrf-guard.ts";
import { systemResolver } from "./resolve.ts";
import type { SocketLimits } from "./socket-budget.ts";
import { SocketBudget } from "./socket-budget.ts";
import type {
  Downloaded,
  DownloadOptions,
  EndedRequest,
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
  /** Default: name servers, and the system for names that only it knows. */
  readonly resolve?: Resolve;
  /** PEM of additional certificate authorities. */
  readonly ca?: string;
  readonly limits?: Partial<FetcherLimits>;
}

/** What one fetcher may hold at a time. */
export interface FetcherLimits extends SocketLimits {
  /** Connections of one account to one origin: at 100 ms per answer, 1,900 requests a second. */
  readonly socketsPerOrigin: number;
  /** Running and waiting requests in all: they must not fill the memory. */
  readonly requests: number;
  readonly requestsPerAccount: number;
  /** Requests of one account to one origin: a URL that hangs must leave room for its others. */
  readonly requestsPerOrigin: number;
}

const LIMITS: FetcherLimits = {
  // The usual limit of 1,024 files per process, minus what SIP and files need.
  sockets: 768,
  socketsPerAccount: 256,
  socketsPerOrigin: 192,
  requests: 16_384,
  requestsPerAccount: 4_096,
  requestsPerOrigin: 2_048,
};
/** REQ-8. */
const BODY_BYTES = 64 * 1024;
/** Node's own default; real answers have less than 1 KiB. */
const HEADER_BYTES = 16 * 1024;
/** Idle connections: just below the 5 s after which common servers close them, so that we rarely lose the race. */
const KEEP_ALIVE_MS = 4_000;
/** The limit if a server offers longer; not much longer, because idle connections take up places. */
const KEEP_ALIVE_LIMIT_MS = 15_000;

const WHOLE: BodyPolicy = { bodyBytes: BODY_BYTES, headersOnly: false };
const HEADERS: BodyPolicy = { bodyBytes: 0, headersOnly: true };
/** Refusals are logged once a minute, with the total so far. */
const LOG_EVERY_MS = 60_000;

/** One account's connections under one policy: one opened under the laxer policy is never used under the stricter one. */
interface ConnectionPool {
  readonly key: string;
  readonly account: string;
  readonly agent: Agent;
  /** Origins with running requests. */
  readonly origins: Map<string, OriginTraffic>;
  /** Running and waiting requests to all origins. */
  requests: number;
  /** Connections that are open or being opened. */
  sockets: number;
}

interface OriginTraffic {
  /** Running and waiting requests. */
  requests: number;
  /** Connections opened meanwhile, to tell a reused connection's failure from a new one's. */
  connects: number;
}

/** A request that may be sent. */
interface PreparedExchange {
  readonly pool: ConnectionPool;
  readonly origin: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

/**
 * Every HTTP request of the platform goes through one of these. Redirects are not followed (REQ-5), compression is not
 * asked for, bodies are text of at most 64 KiB (REQ-8), and the deadline covers everything (REQ-6). Nothing throws:
 * failures are outcomes. Neither URLs' queries nor credentials are logged.
 */
export class Fetcher {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #userAgent: string;
  readonly #limits: FetcherLimits;
  readonly #resolve: Resolve;
  readonly #ca: string | undefined;
  readonly #budget: SocketBudget;
  /** Pools with requests or open connections. */
  readonly #pools = new Map<string, ConnectionPool>();
  #requests = 0;
  #refused = 0;
  #refusalLoggedAt = Number.NEGATIVE_INFINITY;
  readonly #blocked = new Map<OutboundPurpose, number>();
  readonly #blockedLines = new LinePerMinute();
  #closed = false;
  #onEnded: (request: EndedRequest) => void = () => undefined;

  constructor(options: FetcherOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#userAgent = `plugboard/${options.version}`;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#resolve = options.resolve ?? systemResolver(this.#clock);
    this.#ca = options.ca;
    this.#budget = new SocketBudget(this.#limits);
  }

  /** What is in use at the moment, and how many requests have found no room since the start. */
  get usage(): {
    readonly sockets: number;
    readonly requests: number;
    readonly pools: number;
    readonly refused: number;
  } {
    const { open: sockets } = this.#budget;
    return { sockets, requests: this.#requests, pools: this.#pools.size, refused: this.#refused };
  }

  /** How many requests the guard has refused since the start, by purpose. */
  get blocked(): ReadonlyMap<OutboundPurpose, number> {
    return this.#blocked;
  }

  /** `listener` is called for every request that has ended; one listener at a time. */
  onEnded(listener: (request: EndedRequest) => void): void {
    this.#onEnded = listener;
  }

  /** Sends a request. */
  async fetch(request: OutboundRequest, options: FetchOptions): Promise<Fetched> {
    const startedAt = this.#clock.elapsed();
    const raw = await this.#send(request, options, WHOLE, startedAt);
    return { outcome: asText(raw), elapsedMs: this.#clock.elapsed() - startedAt };
  }

  /**
   * RES-27: HEAD decides, or GET if HEAD is not 200 or is too slow. Both share the deadline. No body is read; to keep
   * the file that GET brings, use {@link head} and {@link download}.
   */
  async checkAudio(url: string, options: FetchOptions): Promise<Fetched> {
    const startedAt = this.#clock.elapsed();
    const send = async (method: "HEAD" | "GET"): Promise<HttpClientOutcome> =>
      asText(await this.#send(audioRequest(method, url), options, HEADERS, startedAt));
    const outcome = await headOrGet(this.#clock, options.deadlineMs, send("HEAD"), () => send("GET"));
    return { outcome, elapsedMs: this.#clock.elapsed() - startedAt };
  }

  /** The first half of {@link checkAudio}. */
  async head(url: string, options: FetchOptions): Promise<HttpClientOutcome> {
    return asText(await this.#send(audioRequest("HEAD", url), options, HEADERS, this.#clock.elapsed()));
  }

  /** Downloads a file of at most `limitBytes`, unchanged. Headers may make the request conditional. */
  async download(request: OutboundRequest, limitBytes: number, options: DownloadOptions): Promise<Downloaded> {
    const { onProgress } = options;
    const bodyPolicy = { bodyBytes: limitBytes, headersOnly: false, ...(onProgress !== undefined && { onProgress }) };
    return this.#send(request, options, bodyPolicy, this.#clock.elapsed());
  }

  /** Ends every running exchange (`reset`) and closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.values()].map(({ agent }) => agent.destroy()));
  }

  async #send(
    request: OutboundRequest,
    options: FetchOptions,
    bodyPolicy: BodyPolicy,
    startedAt: number,
  ): Promise<RawOutcome> {
    const outcome = await this.#sendGuarded(request, options, bodyPolicy, startedAt).catch(failureOf);
    if (!outcome.ok && outcome.reason === "blocked") this.#noteBlocked(request, options, outcome);
    this.#onEnded({
      purpose: options.purpose,
      host: URL.parse(request.url)?.host ?? null,
      result: outcome.ok ? `${Math.floor(outcome.status / 100)}xx` : outcome.reason,
      elapsedMs: this.#clock.elapsed() - startedAt,
    });
    return outcome;
  }

  async #sendGuarded(
    request: OutboundRequest,
    options: FetchOptions,
    bodyPolicy: BodyPolicy,
    startedAt: number,
  ): Promise<RawOutcome> {
    const ready = this.#prepare(request, options);
    if ("ok" in ready) return ready;
    const first = await this.#exchange(ready, request, options, bodyPolicy, startedAt);
    // A server may close an idle connection at the moment we use it (RFC 9112 section 9.3.1): try once more, on a new
    // one. Only if no connection was opened meanwhile was this certainly a reused one; a new one's failure counts.
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
    const full = this.#isFull(pool, traffic);
    if (full !== null) {
      this.#noteRefused(pool, full);
      return Promise.resolve({ outcome: failed("refused", full), raced: false });
    }
    pool.origins.set(origin, traffic);
    this.#countRequest(pool, traffic, 1);
    const { connects } = traffic;
    return new Promise((resolve) => {
      const left = Math.max(0, startedAt + deadlineMs - this.#clock.elapsed());
      const exchange = new HttpExchange(this.#clock, left, bodyPolicy, (outcome, untouched) => {
        this.#countRequest(pool, traffic, -1);
        if (traffic.requests === 0) pool.origins.delete(origin);
        this.#forgetIdle(pool);
        signal?.removeEventListener("abort", cancel);
        const reset = !outcome.ok && outcome.reason === "reset";
        resolve({ outcome, raced: reset && untouched && traffic.connects === connects });
      });
      const cancel = (): void => exchange.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted === true) cancel();
      else pool.agent.dispatch({ origin, path, method, headers, body: body ?? null }, exchange);
    });
  }

  /** Why this request cannot be accepted; null if it can. */
  #isFull(pool: ConnectionPool, traffic: OriginTraffic): string | null {
    const { requests, requestsPerAccount, requestsPerOrigin } = this.#limits;
    if (traffic.requests >= requestsPerOrigin) return `${traffic.requests} requests to this host are already running.`;
    if (pool.requests >= requestsPerAccount) return `${pool.requests} requests of this account are already running.`;
    return this.#requests >= requests ? `${this.#requests} requests are already running.` : null;
  }

  #countRequest(pool: ConnectionPool, traffic: OriginTraffic, by: 1 | -1): void {
    traffic.requests += by;
    pool.requests += by;
    this.#requests += by;
  }

  #noteRefused(pool: ConnectionPool, reason: string): void {
    this.#refused++;
    const now = this.#clock.elapsed();
    if (now - this.#refusalLoggedAt < LOG_EVERY_MS) return;
    this.#refusalLoggedAt = now;
    this.#log.warn({ account: pool.account, reason, refused: this.#refused }, "a request found no room");
  }

  /** The guard has refused an address: counted, and logged once a minute for each account. */
  #noteBlocked({ url }: OutboundRequest, { account, purpose }: FetchOptions, { detail }: Failure): void {
    this.#blocked.set(purpose, (this.#blocked.get(purpose) ?? 0) + 1);
    if (!this.#blockedLines.take(account, this.#clock.elapsed())) return;
    const fields = { account, purpose, host: URL.parse(url)?.host, reason: detail };
    this.#log.warn(fields, "a request was not sent, because it leads into our own network");
  }

  /** Checks the URL; addresses written in it are checked here, because the resolver never sees them. */
  #prepare(request: OutboundRequest, options: FetchOptions): PreparedExchange | Failure {
    if (this.#closed) return failed("reset", "The platform is stopping.");
    const url = URL.parse(request.url);
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
      return failed("bad_url", "The URL is not an absolute http or https URL.");
    const inward = options.allowPrivate ? null : inwardBecause(url);
    if (inward !== null) return failed("blocked", inward);
    const authorization = request.authorization ?? basicOf(url);
    return {
      pool: this.#poolFor(options),
      origin: url.origin,
      path: url.pathname + url.search,
      headers: {
        ...(!("user-agent" in request.headers || "User-Agent" in request.headers) && { "user-agent": this.#userAgent }),
        ...request.headers,
        ...(authorization !== null && { authorization }),
      },
    };
  }

  #poolFor({ account, allowPrivate }: FetchOptions): ConnectionPool {
    const key = JSON.stringify([account, allowPrivate]);
    const existing = this.#pools.get(key);
    if (existing !== undefined) return existing;
    const pool: ConnectionPool = {
      key,
      account,
      agent: this.#agentFor(account, allowPrivate, () => pool),
      origins: new Map(),
      requests: 0,
      sockets: 0,
    };
    this.#pools.set(key, pool);
    return pool;
  }

  #agentFor(account: string, allowPrivate: boolean, pool: () => ConnectionPool): Agent {
    const onConnect = (origin: string): void => {
      pool().sockets++;
      const traffic = pool().origins.get(origin);
      if (traffic !== undefined) traffic.connects++;
    };
    const onReleased = (): void => {
      pool().sockets--;
      this.#forgetIdle(pool());
    };
    const onRefused = (detail: string): void => {
      onReleased();
      this.#noteRefused(pool(), detail);
    };
    const common = { account, allowPrivate, resolve: this.#resolve, ca: this.#ca, budget: this.#budget };
    return new Agent({
      factory: guardedPools({ ...common, onConnect, onRefused, onReleased }),
      connections: this.#limits.socketsPerOrigin,
      allowH2: false,
      // Our own deadline is exact and covers more; undici's are only accurate to half a second.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_LIMIT_MS,
    });
  }

  /** An account without requests and connections costs no memory. */
  #forgetIdle(pool: ConnectionPool): void {
    if (pool.requests === 0 && pool.sockets === 0 && this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
  }
}

function audioRequest(method: "HEAD" | "GET", url: string): OutboundRequest {
  return { method, url, headers: { accept: "audio/*" }, authorization: null };
}

/** Credentials that are still in the URL; they are never sent as part of it. */
function basicOf(url: URL): string | null {
  if (url.username === "" && url.password === "") return null;
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** A `%` that does not begin an escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** UTF-8; a byte order mark is not part of the text. */
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
