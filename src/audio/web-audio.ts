import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import type { Fetcher } from "../outbound/fetcher.ts";
import type { Downloaded } from "../outbound/types.ts";
import { Gate, KeyedGates } from "./gate.ts";
import type { Clip, Shelf, ShelvedClip } from "./shelf.ts";
import { shelfKey } from "./shelf.ts";
import type { Maker } from "./workshop.ts";
import { decodeWork } from "./workshop.ts";

export interface WebAudioOptions {
  readonly fetcher: Pick<Fetcher, "download">;
  readonly workshop: Maker;
  readonly shelf: Shelf;
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
  readonly #gate = new Gate(AT_ONCE, MAY_WAIT);
  readonly #hosts = new KeyedGates(AT_ONCE_PER_HOST, MAY_WAIT_PER_HOST);
  readonly #flights = new Map<string, Promise<Result<Clip, string>>>();
  readonly #failures = new Map<string, Failure>();

  constructor(options: WebAudioOptions) {
    this.#options = options;
  }

  /** The clip, or a sentence (without its full stop) that names the URL and says why there is none. Never rejects. */
  async get(url: string, allowInward: boolean): Promise<Result<Clip, string>> {
    // What one account may fetch from inside our network, another must not hear.
    const key = shelfKey("url", allowInward ? "inward" : "outward", withoutFragment(url));
    const { shelf, clock } = this.#options;
    const flying = this.#flights.get(key);
    const held = await shelf.get(key);
    const age = held === null ? Number.POSITIVE_INFINITY : clock.now() - checkedAt(held);
    if (held !== null && age < FRESH_MS) return ok(held);
    const failure = this.#failures.get(key);
    if (failure !== undefined && clock.now() < failure.until) return held === null ? err(failure.message) : ok(held);
    const flight = flying ?? this.#flights.get(key) ?? this.#begin(key, url, allowInward, held);
    return held !== null && age < TRUSTED_MS ? ok(held) : flight;
  }

  #begin(key: string, url: string, allowInward: boolean, held: ShelvedClip | null): Promise<Result<Clip, string>> {
    const flight = this.#hosts
      .run(hostOf(url), () => this.#gate.run(() => this.#fetch(key, url, allowInward, held)))
      .catch((error: unknown) => err(`could not be kept: ${error instanceof Error ? error.message : String(error)}`))
      .then((made) => this.#judge(key, url, held, made ?? err("has to wait for too many other files")))
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  /** The error is a predicate. */
  async #fetch(
    key: string,
    url: string,
    allowInward: boolean,
    held: ShelvedClip | null,
  ): Promise<Result<Clip, string>> {
    const { fetcher, workshop, shelf, clock } = this.#options;
    const headers = { accept: "audio/*", ...conditionsOf(held) };
    const request = { method: "GET", url, headers, authorization: null } as const;
    const got = await fetcher.download(request, MAX_DOWNLOAD_BYTES, { deadlineMs: DOWNLOAD_MS, allowInward });
    if (got.ok && got.status === 304 && held !== null) {
      await shelf.annotate(key, { ...held.note, checkedAt: clock.now() });
      return ok(held);
    }
    if (got.ok && GONE.includes(got.status)) shelf.drop(key);
    const file = fileOf(got);
    if (!file.ok) return file;
    const decoded = await workshop.make(decodeWork(file.value));
    if (!decoded.ok || !got.ok) return decoded.ok ? err("is gone") : decoded;
    return ok(await shelf.put(key, decoded.value, { ...got.validators, checkedAt: clock.now() }));
  }

  async #judge(
    key: string,
    url: string,
    held: ShelvedClip | null,
    made: Result<Clip, string>,
  ): Promise<Result<Clip, string>> {
    if (made.ok) {
      this.#failures.delete(key);
      return made;
    }
    const { clock, log, shelf } = this.#options;
    const message = `${nameOf(url)} ${made.error}`;
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_FAILURES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(key, { until: clock.now() + FAILED_MS, message });
    const still = held === null ? null : await shelf.get(key);
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

function conditionsOf(held: ShelvedClip | null): Record<string, string> {
  const { etag = null, lastModified = null } = held?.note ?? {};
  return {
    ...(typeof etag === "string" && { "if-none-match": etag }),
    ...(typeof lastModified === "string" && { "if-modified-since": lastModified }),
  };
}

function checkedAt({ note }: ShelvedClip): number {
  return typeof note["checkedAt"] === "number" ? note["checkedAt"] : 0;
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
