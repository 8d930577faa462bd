import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Fetcher } from "../http-client/fetcher.ts";
import type { Downloaded } from "../http-client/types.ts";
import { Semaphore, KeyedSemaphore } from "./semaphore.ts";
import type { Clip, AudioCache, CachedClip } from "./audio-cache.ts";
import { cacheKey } from "./audio-cache.ts";
import type { AudioProcessor } from "./audio-worker.ts";
import { decodeJob } from "./audio-worker.ts";

export interface WebAudioOptions {
  readonly fetcher: Pick<Fetcher, "download">;
  readonly processor: AudioProcessor;
  readonly cache: AudioCache;
  readonly clock: Clock;
  readonly log: Log;
}

/** Ten minutes of MP3 at 128 kbit/s. */
export const MAX_DOWNLOAD_BYTES = 10 * 1024 * 1024;
/** A file of the largest size at 2.8 Mbit/s. Longer than a call waits: the next one has it at once. */
const DOWNLOAD_MS = 30_000;
/** Downloads at once, each with its file in memory. */
const AT_ONCE = 16;
/** Of these from one host: a host that hangs must not keep the others' files from being fetched. */
const AT_ONCE_PER_HOST = 4;
/** Files that wait for their turn, of one host and in all; behind so many a call would not wait any more. */
const MAY_WAIT_PER_HOST = 64;
const MAY_WAIT = 256;
/** So long a clip is played without a question to the server: one name, one content (DIAL-9). */
const FRESH_MS = 60_000;
/** So long it is played while the question is under way; after that the answer is waited for. */
const TRUSTED_MS = 3_600_000;
/** A URL that failed is not tried again so soon: a call that asks for it fails at once, like the one before it. */
const FAILED_MS = 10_000;
/** Failures that are remembered; more are forgotten, the oldest first. */
const MAX_FAILURES = 1000;
/** The server says that the file is gone: what we have of it goes too. Any other failure may pass. */
const GONE: readonly number[] = [404, 410];

interface Failure {
  readonly until: number;
  readonly message: string;
}

/**
 * Customers' audio by URL (DIAL-9): downloaded once however many calls ask for it, decoded, kept on disk, and asked about
 * again (`If-None-Match`, `If-Modified-Since`) when it is older than a minute. What was played before goes on being
 * played when the server is out of reach, or suddenly answers with something else than audio.
 */
export class WebAudio {
  readonly #options: WebAudioOptions;
  readonly #semaphore = new Semaphore(AT_ONCE, MAY_WAIT);
  readonly #perHost = new KeyedSemaphore(AT_ONCE_PER_HOST, MAY_WAIT_PER_HOST);
  readonly #inFlight = new Map<string, Promise<Result<Clip, string>>>();
  readonly #failures = new Map<string, Failure>();

  constructor(options: WebAudioOptions) {
    this.#options = options;
  }

  /** The clip, or a sentence (without its full stop) that names the URL and says why there is none. Never rejects. */
  async get(url: string, allowPrivate: boolean): Promise<Result<Clip, string>> {
    // What one account may fetch from inside our network, another must not hear.
    const key = cacheKey("url", allowPrivate ? "inward" : "outward", withoutFragment(url));
    const { cache, clock } = this.#options;
    const flying = this.#inFlight.get(key);
    const held = await cache.get(key);
    const age = held === null ? Number.POSITIVE_INFINITY : clock.now() - checkedAt(held);
    if (held !== null && age < FRESH_MS) return ok(held);
    const failure = this.#failures.get(key);
    if (failure !== undefined && clock.now() < failure.until) return held === null ? err(failure.message) : ok(held);
    const flight = flying ?? this.#inFlight.get(key) ?? this.#begin(key, url, allowPrivate, held);
    return held !== null && age < TRUSTED_MS ? ok(held) : flight;
  }

  #begin(key: string, url: string, allowPrivate: boolean, held: CachedClip | null): Promise<Result<Clip, string>> {
    const flight = this.#perHost
      .run(hostOf(url), () => this.#semaphore.run(() => this.#fetch(key, url, allowPrivate, held)))
      .catch((error: unknown) => err(`could not be kept: ${error instanceof Error ? error.message : String(error)}`))
      .then((made) => this.#use(key, url, held, made ?? err("has to wait for too many other files")))
      .finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, flight);
    return flight;
  }

  /** The error is a predicate. */
  async #fetch(
    key: string,
    url: string,
    allowPrivate: boolean,
    held: CachedClip | null,
  ): Promise<Result<Clip, string>> {
    const { fetcher, processor, cache, clock } = this.#options;
    const headers = { accept: "audio/*", ...conditionsOf(held) };
    const request = { method: "GET", url, headers, authorization: null } as const;
    const got = await fetcher.download(request, MAX_DOWNLOAD_BYTES, { deadlineMs: DOWNLOAD_MS, allowPrivate });
    if (got.ok && got.status === 304 && held !== null) {
      await cache.annotate(key, { ...held.metadata, checkedAt: clock.now() });
      return ok(held);
    }
    if (got.ok && GONE.includes(got.status)) cache.drop(key);
    const file = fileOf(got);
    if (!file.ok) return file;
    const decoded = await processor.process(decodeJob(file.value));
    if (!decoded.ok || !got.ok) return decoded.ok ? err("is gone") : decoded;
    return ok(await cache.put(key, decoded.value, { ...got.validators, checkedAt: clock.now() }));
  }

  async #use(
    key: string,
    url: string,
    held: CachedClip | null,
    made: Result<Clip, string>,
  ): Promise<Result<Clip, string>> {
    if (made.ok) {
      this.#failures.delete(key);
      return made;
    }
    const { clock, log, cache } = this.#options;
    const message = `${nameOf(url)} ${made.error}`;
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_FAILURES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(key, { until: clock.now() + FAILED_MS, message });
    const still = held === null ? null : await cache.get(key);
    if (still === null) return err(message);
    log.warn({ reason: message }, "audio could not be refreshed, what was heard before is played");
    return ok(still);
  }
}

function fileOf(got: Downloaded): Result<Buffer, string> {
  if (!got.ok) return err(got.reason === "too_large" ? TOO_LARGE : `cannot be had: ${asClause(got.detail)}`);
  if (got.status !== 200) return err(`answered ${got.status}`);
  return ok(got.body);
}

const TOO_LARGE = `is larger than ${MAX_DOWNLOAD_BYTES / 1024 / 1024} MiB`;

function conditionsOf(held: CachedClip | null): Record<string, string> {
  const { etag = null, lastModified = null } = held?.metadata ?? {};
  return {
    ...(typeof etag === "string" && { "if-none-match": etag }),
    ...(typeof lastModified === "string" && { "if-modified-since": lastModified }),
  };
}

function checkedAt({ metadata }: CachedClip): number {
  return typeof metadata["checkedAt"] === "number" ? metadata["checkedAt"] : 0;
}

function withoutFragment(url: string): string {
  return url.split("#", 1)[0] ?? url;
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}

/** Without credentials and query, which may hold secrets. */
function nameOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "the audio's URL" : parsed.origin + parsed.pathname;
}

/** A sentence as the end of another. */
function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, "");
}
