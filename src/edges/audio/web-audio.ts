import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { headOrGet } from "../http-client/audio-check.ts";
import { FairQueue } from "../http-client/fair-queue.ts";
import type { Fetcher } from "../http-client/fetcher.ts";
import type { Downloaded, Fetched, FetchOptions, HttpClientOutcome } from "../http-client/types.ts";
import type { AudioCache, CachedClip, Clip } from "./audio-cache.ts";
import { cacheKey } from "./audio-cache.ts";
import type { AudioProcessor } from "./audio-worker.ts";
import { decodeJob } from "./audio-worker.ts";
import type { SourceFormat } from "./decode/identify.ts";
import { sourceFormat } from "./decode/identify.ts";
import { WebDownload } from "./web-download.ts";

export interface WebAudioOptions {
  readonly fetcher: Pick<Fetcher, "download" | "head">;
  readonly processor: AudioProcessor;
  readonly cache: Pick<AudioCache, "get" | "put" | "annotate" | "drop">;
  readonly clock: Clock;
  readonly log: Log;
}

/** One account's file. */
export interface WebAudioSource {
  readonly url: string;
  readonly account: string;
  /** The account's `private_destinations`. */
  readonly allowPrivate: boolean;
}

export interface AudioCheckOptions extends FetchOptions {
  /** Whether an answer may be audio; if not, nothing is downloaded. */
  isUsable(outcome: HttpClientOutcome): boolean;
}

/** What a check found: the answer that decides, and the file's format; null if it is not known yet. */
export interface AudioCheck extends Fetched {
  readonly format: SourceFormat | null;
}

/** Ten minutes of MP3 at 128 kbit/s. */
export const MAX_DOWNLOAD_BYTES = 10 * 1024 * 1024;
/** A file of the largest size at 2.8 Mbit/s. That is longer than a call waits, but the next one has it at once. */
const DOWNLOAD_MS = 30_000;
/**
 * Downloads at once, each with its file in memory: in all, for one account, and of these from one host, so that a host
 * that hangs leaves places for the account's other hosts. Refreshes that nobody waits for have separate places.
 */
const DOWNLOADS = { atOnce: 48, perAccount: 16, perGroup: 12, unwanted: 4, waiting: 512, waitingPerAccount: 128 };
/** A clip is played without asking the server for this long: one name, one content (DIAL-9). */
const FRESH_MS = 60_000;
/** For this long it is played while the server is asked; after that the answer is waited for. */
const TRUSTED_MS = 3_600_000;
/** A URL that failed is not tried again for this long: a call that asks for it fails at once, with the same reason. */
const FAILED_MS = 10_000;
/** Failures that are remembered; beyond that, the oldest are forgotten first. */
const MAX_FAILURES = 1000;
/** A file that has just been checked is needed by its call within this time: ringing, and a prompt before it. */
const NEEDED_SOON_MS = 90_000;
/** A call waits this long for the format of a file that HEAD has found; then it continues without it. */
const FORMAT_WAIT_MS = 1_000;
/** The server says that the file no longer exists: our copy is dropped too. Any other failure may be temporary. */
const GONE: readonly number[] = [404, 410];

interface Failure {
  readonly until: number;
  readonly message: string;
}

/**
 * Customers' audio by URL (DIAL-9): downloaded once, no matter how many calls of an account ask for it, decoded, kept
 * on disk, and checked again (`If-None-Match`, `If-Modified-Since`) when it is older than a minute. A file that was
 * played before is still played if the server is unreachable, or suddenly answers with something other than audio.
 */
export class WebAudio {
  readonly #options: WebAudioOptions;
  readonly #queue: FairQueue;
  /** Downloads by account and file: each account has its own queue. */
  readonly #inFlight = new Map<string, WebDownload>();
  readonly #failures = new Map<string, Failure>();

  constructor(options: WebAudioOptions) {
    this.#options = options;
    this.#queue = new FairQueue(options.clock, DOWNLOADS);
  }

  /**
   * The clip, or a sentence (without its full stop) that names the URL and says why there is none. `waitMs`: how long
   * the caller waits for it. Never rejects.
   */
  async get(source: WebAudioSource, waitMs: number): Promise<Result<Clip, string>> {
    const { clock } = this.#options;
    const { held, running } = await this.#lookUp(source);
    const age = ageOf(held, clock.now());
    if (held !== null && age < FRESH_MS) return ok(held);
    const failure = this.#failures.get(flightKey(source));
    if (failure !== undefined && clock.elapsed() < failure.until)
      return held === null ? err(failure.message) : ok(held);
    const trusted = held !== null && age < TRUSTED_MS;
    const download = this.#download(source, held, trusted ? 0 : waitMs, running);
    return trusted ? ok(held) : download.clip;
  }

  /**
   * RES-27: HEAD decides, or GET if HEAD is not 200 or is too slow. Either way the file is downloaded once, and that
   * copy is played. Never rejects.
   */
  async check(url: string, options: AudioCheckOptions): Promise<AudioCheck> {
    const { clock, fetcher } = this.#options;
    const startedAt = clock.elapsed();
    const { account, allowPrivate, deadlineMs, signal } = options;
    const source = { url, account, allowPrivate };
    let download: WebDownload | null = null;
    const byGet = async (): Promise<HttpClientOutcome> => {
      const { held, running } = await this.#lookUp(source);
      if (held !== null && ageOf(held, clock.now()) < FRESH_MS) return answerOf(held);
      download = this.#download(source, held, NEEDED_SOON_MS, running);
      return download.answer;
    };
    const answer = headOrGet(clock, deadlineMs, fetcher.head(url, options), byGet);
    const late = (): HttpClientOutcome => (signal?.aborted === true ? CANCELLED : LATE);
    const outcome = (await within(clock, deadlineMs, signal, answer)) ?? late();
    const waitMs = Math.min(startedAt + deadlineMs - clock.elapsed(), FORMAT_WAIT_MS);
    const usable = outcome.ok && outcome.status === 200 && options.isUsable(outcome);
    const format = usable ? await within(clock, waitMs, signal, this.#format(source, download)) : null;
    return { outcome, format: format ?? null, elapsedMs: clock.elapsed() - startedAt };
  }

  /** The format of a file that exists; downloads it if necessary. */
  async #format(source: WebAudioSource, download: WebDownload | null): Promise<SourceFormat | null> {
    if (download !== null) return download.format;
    const { held, running } = await this.#lookUp(source);
    if (held !== null && ageOf(held, this.#options.clock.now()) < FRESH_MS) return formatOf(held);
    return this.#download(source, held, NEEDED_SOON_MS, running).format;
  }

  /** What we have, and the download that was running before we looked: it may have ended since, with a newer copy. */
  async #lookUp(source: WebAudioSource): Promise<{ held: CachedClip | null; running: WebDownload | null }> {
    const running = this.#inFlight.get(flightKey(source)) ?? null;
    return { held: await this.#held(source), running };
  }

  #held({ url, allowPrivate }: WebAudioSource): Promise<CachedClip | null> {
    return this.#options.cache.get(clipKey(url, allowPrivate));
  }

  /** The running download, or a new one; the caller waits for it this long. */
  #download(source: WebAudioSource, held: CachedClip | null, waitMs: number, seen: WebDownload | null): WebDownload {
    const key = flightKey(source);
    const wantedUntil = waitMs === 0 ? 0 : this.#options.clock.elapsed() + waitMs;
    const running = seen ?? this.#inFlight.get(key);
    if (running !== undefined) {
      this.#queue.want(running.task, wantedUntil);
      return running;
    }
    const task = { account: source.account, group: hostOf(source.url), wantedUntil };
    const download = new WebDownload(task, (own) =>
      this.#queue
        .run(task, () => this.#fetch(source, held, own))
        .then((made) => made ?? err("has to wait for too many other files"))
        .catch((error: unknown) => err(`could not be kept: ${error instanceof Error ? error.message : String(error)}`))
        .then((made) => this.#settle(source, held, made))
        .finally(() => this.#inFlight.delete(key)),
    );
    this.#inFlight.set(key, download);
    return download;
  }

  /** The error is a predicate. */
  async #fetch(source: WebAudioSource, held: CachedClip | null, own: WebDownload): Promise<Result<Clip, string>> {
    const { fetcher, processor, cache, clock } = this.#options;
    const { url, account, allowPrivate } = source;
    const key = clipKey(url, allowPrivate);
    const headers = { accept: "audio/*", ...conditionsOf(held) };
    const request = { method: "GET", url, headers, authorization: null } as const;
    const onProgress = own.watch(held === null ? null : { answer: answerOf(held), format: formatOf(held) });
    const options = { purpose: "audio" as const, account, allowPrivate, deadlineMs: DOWNLOAD_MS, onProgress };
    const got = await fetcher.download(request, MAX_DOWNLOAD_BYTES, options);
    own.ended(got);
    if (got.ok && got.status === 304 && held !== null) {
      await cache.annotate(key, { ...held.metadata, checkedAt: clock.now() });
      return ok(held);
    }
    if (got.ok && GONE.includes(got.status)) cache.drop(key);
    const file = fileOf(got);
    if (!file.ok) return file;
    const format = sourceFormat(file.value.body, true);
    const decoded = await processor.process(decodeJob(file.value.body), account);
    if (!decoded.ok) return decoded;
    return ok(await cache.put(key, decoded.value, metadataOf(file.value, format, clock.now()), account));
  }

  async #settle(
    source: WebAudioSource,
    held: CachedClip | null,
    made: Result<Clip, string>,
  ): Promise<Result<Clip, string>> {
    const { clock, log } = this.#options;
    const key = flightKey(source);
    this.#failures.delete(key);
    if (made.ok) return made;
    const message = `${nameOf(source.url)} ${made.error}`;
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_FAILURES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(key, { until: clock.elapsed() + FAILED_MS, message });
    const still = held === null ? null : await this.#held(source);
    if (still === null) return err(message);
    log.warn({ reason: message }, "audio could not be refreshed; the earlier copy is played");
    return ok(still);
  }
}

const LATE: HttpClientOutcome = { ok: false, reason: "timeout", detail: "No answer came in time." };
const CANCELLED: HttpClientOutcome = { ok: false, reason: "reset", detail: "The platform cancelled the request." };

/** The value of `promise`; undefined if it takes too long, or until the signal. */
function within<T>(
  clock: Clock,
  waitMs: number,
  signal: AbortSignal | undefined,
  promise: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const end = (value?: T): void => {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    };
    const onAbort = (): void => end();
    const timer = clock.after(Math.max(0, waitMs), () => end());
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) return end();
    void promise.then(end);
  });
}

type File = Extract<Downloaded, { ok: true }>;

function fileOf(got: Downloaded): Result<File, string> {
  if (!got.ok) return err(got.reason === "too_large" ? TOO_LARGE : `cannot be downloaded: ${asClause(got.detail)}`);
  return got.status === 200 ? ok(got) : err(`answered ${got.status}`);
}

const TOO_LARGE = `is larger than ${MAX_DOWNLOAD_BYTES / 1024 / 1024} MiB`;

function metadataOf({ validators, contentType }: File, format: SourceFormat | null, checkedAt: number) {
  return { ...validators, contentType, checkedAt, format: format?.name ?? null, best: format?.best === true ? 1 : 0 };
}

/** The answer that the server would give for a file that we have. */
function answerOf({ metadata }: CachedClip): HttpClientOutcome {
  const { contentType = null } = metadata;
  return { ok: true, status: 200, contentType: contentType === null ? null : String(contentType), body: "" };
}

/** Null: it was cached before formats were recorded. */
function formatOf({ metadata }: CachedClip): SourceFormat | null {
  const { format = null, best } = metadata;
  return format === null ? null : { name: String(format), best: best === 1, problem: null };
}

function conditionsOf(held: CachedClip | null): Record<string, string> {
  const { etag = null, lastModified = null } = held?.metadata ?? {};
  return {
    ...(typeof etag === "string" && { "if-none-match": etag }),
    ...(typeof lastModified === "string" && { "if-modified-since": lastModified }),
  };
}

function ageOf(held: CachedClip | null, now: number): number {
  const checkedAt = held?.metadata["checkedAt"];
  return held === null ? Number.POSITIVE_INFINITY : now - (typeof checkedAt === "number" ? checkedAt : 0);
}

/** A file that one account may fetch from inside our network is not played to another that may not. */
function clipKey(url: string, allowPrivate: boolean): string {
  return cacheKey("url", allowPrivate ? "inward" : "outward", url.split("#", 1)[0] ?? url);
}

function flightKey({ url, account, allowPrivate }: WebAudioSource): string {
  return `${account} ${clipKey(url, allowPrivate)}`;
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}

/** Without credentials and query, which may hold secrets. */
function nameOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "the audio's URL" : parsed.origin + parsed.pathname;
}

/** A sentence turned into the end of another. */
function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, "");
}
