import type { HttpOutcome } from "../../core/contract/http.ts";
import type { UrlAnswer } from "./scenario/scenario-types.ts";

/** The outcome of one scripted request, `elapsedMs` after it was sent. */
export interface ScriptedOutcome {
  readonly outcome: HttpOutcome;
  readonly elapsedMs: number;
}

/** A request that the script has no answer for; `asked`: how many it had before. */
export interface UrlGap {
  readonly kind: "url";
  /** As in a scenario. */
  readonly url: string;
  readonly asked: number;
}

function ignore(): void {
  return;
}

/** REQ-8: the live edge reads at most 64 KiB of an answer; so does this one. */
const MAX_BODY_BYTES = 65_536;

/** Not every server supports HEAD; these two statuses say so, and the check tries again with GET (RES-27). */
const METHOD_NOT_ALLOWED = 405;
const NOT_IMPLEMENTED = 501;

/** The customers' web servers of a scenario: each URL gives its answers in order, and the last one repeats. */
export class ScriptedUrls {
  readonly #script: Readonly<Record<string, readonly UrlAnswer[]>>;
  readonly #asked = new Map<string, number>();
  readonly #onGap: (gap: UrlGap) => void;

  /** `onGap` hears of what the script does not say. */
  constructor(script: Readonly<Record<string, readonly UrlAnswer[]>>, onGap: (gap: UrlGap) => void = ignore) {
    this.#script = script;
    this.#onGap = onGap;
  }

  /** One GET within `deadlineMs`. */
  get(url: string, deadlineMs: number): ScriptedOutcome {
    return withinDeadline(url, this.#next(url, true), deadlineMs);
  }

  /** The check of an audio URL: HEAD, then GET if HEAD is not supported; `deadlineMs` is for both together. */
  check(url: string, deadlineMs: number): ScriptedOutcome {
    const head = withoutBody(this.#audio(url, deadlineMs));
    if (!head.outcome.ok) return head;
    if (head.outcome.status !== METHOD_NOT_ALLOWED && head.outcome.status !== NOT_IMPLEMENTED) return head;
    const second = this.#audio(url, deadlineMs - head.elapsedMs);
    return withoutBody({ outcome: second.outcome, elapsedMs: head.elapsedMs + second.elapsedMs });
  }

  /** The download of audio that is to be played, and why it failed. */
  download(url: string, deadlineMs: number): { readonly waitMs: number; readonly failure: string | null } {
    const { outcome, elapsedMs } = this.#audio(url, deadlineMs);
    if (!outcome.ok) return { waitMs: elapsedMs, failure: `${url}: ${outcome.detail}` };
    return { waitMs: elapsedMs, failure: outcome.status === 200 ? null : `${url} answered ${outcome.status}` };
  }

  /** The same URL has the same sound each time. */
  #audio(url: string, deadlineMs: number): ScriptedOutcome {
    return withinDeadline(url, this.#next(url, false), deadlineMs);
  }

  #next(url: string, eachCounts: boolean): UrlAnswer | null {
    const plain = beforeQuery(url);
    const key = this.#script[plain] === undefined ? urlKey(url) : plain;
    const answers = this.#script[key];
    const asked = this.#asked.get(key) ?? 0;
    if (answers === undefined || (eachCounts && asked >= answers.length)) this.#onGap({ kind: "url", url: key, asked });
    if (answers === undefined) return null;
    this.#asked.set(key, asked + 1);
    return answers[Math.min(asked, answers.length - 1)] ?? null;
  }
}

/** The key of a URL in a scenario: without query, fragment and credentials, in the form in which it is requested. */
export function urlKey(url: string): string {
  const bare = url.replace(/[?#].*$/s, "");
  if (!URL.canParse(bare)) return bare;
  const parsed = new URL(bare);
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}

function beforeQuery(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function withoutBody({ outcome, elapsedMs }: ScriptedOutcome): ScriptedOutcome {
  return outcome.ok ? { outcome: { ...outcome, body: "" }, elapsedMs } : { outcome, elapsedMs };
}

function withinDeadline(url: string, answer: UrlAnswer | null, deadlineMs: number): ScriptedOutcome {
  if (answer === null) return unscripted(url);
  const isTimeout = answer.kind === "error" && answer.error === "timeout";
  if (isTimeout || answer.afterMs > deadlineMs) {
    const detail = `no complete answer within ${deadlineMs} ms`;
    return { outcome: { ok: false, reason: "timeout", detail }, elapsedMs: deadlineMs };
  }
  return { outcome: outcomeOf(answer), elapsedMs: answer.afterMs };
}

function unscripted(url: string): ScriptedOutcome {
  if (!URL.canParse(url)) return { outcome: { ok: false, reason: "bad_url", detail: "not a URL" }, elapsedMs: 0 };
  const detail = "the scenario's urls have no answer for it, so its host does not resolve";
  return { outcome: { ok: false, reason: "dns", detail }, elapsedMs: 0 };
}

function outcomeOf(answer: UrlAnswer): HttpOutcome {
  if (answer.kind === "error") return { ok: false, reason: answer.error, detail: ERROR_DETAIL[answer.error] };
  if (isTooLarge(answer.body)) {
    return { ok: false, reason: "too_large", detail: `the answer is larger than ${MAX_BODY_BYTES} bytes` };
  }
  const contentType = answer.headers["content-type"] ?? null;
  return { ok: true, status: answer.status, contentType, body: answer.body };
}

const ERROR_DETAIL = {
  timeout: "no answer",
  refused: "connection refused",
  dns: "the host name does not resolve",
  tls: "the TLS handshake failed",
} as const;

/** A character takes at most three bytes per UTF-16 unit, so short bodies need no counting. */
const MAX_BYTES_PER_UNIT = 3;

function isTooLarge(body: string): boolean {
  if (body.length * MAX_BYTES_PER_UNIT <= MAX_BODY_BYTES) return false;
  return new TextEncoder().encode(body).length > MAX_BODY_BYTES;
}
