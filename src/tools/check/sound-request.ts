import type { HttpRequest } from "../../core/contract/http.ts";
import { maskCredentials, splitConfiguredUrl } from "../../core/contract/query.ts";
import { headOrGet } from "../../edges/http-client/audio-check.ts";
import type { Downloaded, DownloadProgress, Failure, HttpClientOutcome } from "../../edges/http-client/types.ts";
import { isPrivateAddress, literalOf } from "../../edges/http-client/ssrf-guard.ts";
import type { CheckDeps } from "./check-target.ts";

/** The platform's own limits: a larger or slower file is never played. */
const MAX_SOUND_BYTES = 10 * 1024 * 1024;
const DOWNLOAD_DEADLINE_MS = 30_000;
const LATE: Failure = { ok: false, reason: "timeout", detail: "No answer came in time." };

interface Download {
  /** Resolves as soon as its headers have arrived. */
  readonly answer: Promise<HttpClientOutcome>;
  readonly file: Promise<Downloaded>;
}

/** Asks for audio as the platform does: HEAD, and GET at most once, whether to decide or to download the file. */
export class SoundRequest {
  readonly #deps: CheckDeps;
  readonly #url: string;
  readonly #allowPrivate: boolean;
  readonly #cancelled = new AbortController();
  #download: Download | null = null;

  /** `namedBy`: the endpoint whose answer named the URL. */
  constructor(deps: CheckDeps, url: string, namedBy: string) {
    this.#deps = deps;
    this.#url = url;
    this.#allowPrivate = mayLeadInward(url, namedBy);
  }

  /** The answer that decides (RES-27), and how long it took. */
  async check(deadlineMs: number): Promise<{ readonly outcome: HttpClientOutcome; readonly elapsedMs: number }> {
    const { clock, fetcher } = this.#deps;
    const startedAt = clock.elapsed();
    const options = { ...this.#options, deadlineMs };
    const answer = headOrGet(clock, deadlineMs, fetcher.head(this.#url, options), () => this.#get().answer);
    const outcome = await new Promise<HttpClientOutcome>((resolve) => {
      const timer = clock.after(deadlineMs, () => resolve(LATE));
      void answer.then((came) => {
        timer.cancel();
        resolve(came);
      });
    });
    return { outcome, elapsedMs: clock.elapsed() - startedAt };
  }

  /** The whole file, from the GET that decided, if there was one. */
  file(): Promise<Downloaded> {
    return this.#get().file;
  }

  /** Cancels whatever is still running. */
  cancel(): void {
    this.#cancelled.abort();
  }

  get #options() {
    const { signal } = this.#cancelled;
    return { purpose: "check_audio", account: "", allowPrivate: this.#allowPrivate, signal } as const;
  }

  #get(): Download {
    this.#download ??= this.#start();
    return this.#download;
  }

  #start(): Download {
    const request = { ...audioRequest(this.#url), url: this.#url, authorization: null };
    const answer = Promise.withResolvers<HttpClientOutcome>();
    const file = this.#deps.fetcher.download(request, MAX_SOUND_BYTES, {
      ...this.#options,
      deadlineMs: DOWNLOAD_DEADLINE_MS,
      onProgress: (progress) => answer.resolve(outcomeOf(progress)),
    });
    void file.then((got) => answer.resolve(got.ok ? outcomeOf(got) : got));
    return { answer: answer.promise, file };
  }
}

/**
 * The person who checks an endpoint has named only its URL: its answer must not make this machine request anything in
 * its own network. An endpoint inside that network is the person's own, and may name anything.
 */
function mayLeadInward(url: string, namedBy: string): boolean {
  const [sound, endpoint] = [URL.parse(url), URL.parse(namedBy)];
  if (endpoint === null) return false;
  const literal = literalOf(endpoint.hostname);
  if (literal !== null && isPrivateAddress(literal)) return true;
  return sound?.origin === endpoint.origin || /^[^.:]+$|\.localhost$/.test(endpoint.hostname);
}

/** RES-27: if HEAD and GET differ, GET decides. */
export function audioRequest(url: string): HttpRequest {
  const split = splitConfiguredUrl(url);
  const plain = split.ok ? split.value : { url: maskCredentials(url), authorization: null };
  return { method: "GET", headers: { accept: "audio/*" }, ...plain };
}

function outcomeOf({ status, contentType }: Pick<DownloadProgress, "status" | "contentType">): HttpClientOutcome {
  return { ok: true, status, contentType, body: "" };
}
