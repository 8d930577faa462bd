import { judgeConnectAnswer } from "../contract/answer.ts";
import type { ConnectAnswer, Verdict } from "../contract/answer.ts";
import type { Account, Exophone } from "../contract/account.ts";
import type { HttpRequest } from "../contract/http.ts";
import type { Query } from "../contract/query.ts";
import { buildRequest, connectQuery } from "../contract/request.ts";
import type { RequestFacts } from "../contract/request.ts";
import type { Outcome } from "../outbound/types.ts";
import { newCall } from "./calls.ts";
import { lessonOf } from "./lessons.ts";
import { pairFindings } from "./notes.ts";
import type { Notes, Remark } from "./notes.ts";
import type { Role } from "./report.ts";
import type { Subject, World } from "./subject.ts";

/** One request and what came of it. */
export interface Asked {
  /** The probe that asked. */
  readonly probe: string;
  readonly request: HttpRequest;
  readonly outcome: Outcome;
  readonly elapsedMs: number;
  /** In the mode of the check. */
  readonly verdict: Verdict;
}

/** The probe that asks, and how often it may. */
export interface Asking {
  readonly id: string;
  readonly requests: number;
}

/** Deviations from the ordinary request. */
export interface Manner {
  readonly account?: Account;
  /** A request that the platform would not send, to compare with: its answer is not judged. */
  readonly rewrite?: (query: Query) => Query;
}

/** The probe cannot go on; the message says why. Caught by the runner. */
export class ProbeEnds extends Error {
  override readonly name = "ProbeEnds";
}

/** After so many requests in a row without an answer nobody learns more from the next 5 s of waiting. */
const MAX_SILENT = 3;
/** Failures that the next request will meet too. */
const HOPELESS: readonly string[] = ["refused", "dns", "tls", "bad_url", "blocked"];

/** What a check knows of one endpoint so far. */
export class Acquaintance {
  readonly role: Role;
  readonly configuredUrl: string;
  /** Every judged exchange, in order. */
  readonly asked: Asked[] = [];
  /** First requests of ordinary calls: the same question again and again. */
  readonly plain: Asked[] = [];
  /** Audio URLs of its usable answers, each with the answer that named it first. */
  readonly audio = new Map<string, Asked>();
  /** A complete answer came, at least once. */
  answered = false;
  /** Requests in a row without one. */
  silent = 0;
  /** Why it is not asked any more. */
  gone: string | null = null;

  constructor(role: Role, configuredUrl: string) {
    this.role = role;
    this.configuredUrl = configuredUrl;
  }
}

/** Asks one endpoint for one probe: sends what the platform would send, judges, and notes what is wrong. */
export class Interview {
  readonly subject: Subject;
  readonly world: World;
  readonly endpoint: Acquaintance;
  readonly #notes: Notes;
  readonly #probe: Asking;
  requests = 0;
  elapsedMs = 0;

  constructor(subject: Subject, world: World, endpoint: Acquaintance, notes: Notes, probe: Asking) {
    this.subject = subject;
    this.world = world;
    this.endpoint = endpoint;
    this.#notes = notes;
    this.#probe = probe;
  }

  /** What the first request of a new call tells, with changes. */
  call(changes: Partial<RequestFacts> = {}): RequestFacts {
    return newCall(this.subject, this.world, changes);
  }

  /** Sends one request. Throws {@link ProbeEnds} where the endpoint answers no more. */
  async ask(facts: RequestFacts, manner: Manner = {}): Promise<Asked> {
    const { endpoint, world, subject } = this;
    if (endpoint.gone !== null) throw new ProbeEnds(endpoint.gone);
    if (this.requests >= this.#probe.requests) throw new ProbeEnds(`it asked ${this.requests} times`);
    const account = manner.account ?? subject.account;
    const query = connectQuery(account, facts);
    const request = this.#build(manner.rewrite?.(query) ?? query);
    this.requests += 1;
    const options = { deadlineMs: subject.limits.deadlineMs, allowInward: true };
    const { outcome, elapsedMs } = await world.fetcher.fetch(request, options);
    this.elapsedMs += elapsedMs;
    const exophone = this.#exophone(account);
    const strict = judgeConnectAnswer(outcome, account, exophone, "strict");
    const lenient = judgeConnectAnswer(outcome, account, exophone, "lenient");
    const verdict = subject.mode === "strict" ? strict : lenient;
    const asked: Asked = { probe: this.#probe.id, request, outcome, elapsedMs, verdict };
    this.#heed(asked);
    if (manner.rewrite === undefined) this.#noteVerdicts(asked, strict, lenient);
    return asked;
  }

  /** The first request of an ordinary call. */
  async askPlain(facts = this.call()): Promise<Asked> {
    const asked = await this.ask(facts);
    this.endpoint.plain.push(asked);
    return asked;
  }

  /** What the endpoint answers to the first request of an ordinary call, where it ever answered usably. */
  usual(): ConnectAnswer | null {
    const usable = this.endpoint.plain.find((asked) => asked.verdict.usable);
    return usable === undefined ? null : answerOf(usable);
  }

  /** Notes something that was seen in this exchange. */
  note(asked: Asked, remark: Remark): void {
    this.#notes.add({ endpoint: this.endpoint.role, probe: this.#probe.id, asked }, remark);
  }

  #build(query: Query): HttpRequest {
    const accept = "application/json";
    const { version } = this.subject;
    const { configuredUrl } = this.endpoint;
    const built = buildRequest({ configuredUrl, query, version, versionHeader: true, accept });
    if (!built.ok) throw new ProbeEnds(built.error);
    return built.value;
  }

  #exophone(account: Account): Exophone {
    return account.exophones[0] ?? { number: "", region: null, trunk: null };
  }

  /** Learns whether there is anybody at all. */
  #heed({ outcome }: Asked): void {
    const { endpoint } = this;
    if (outcome.ok || outcome.reason === "too_large") {
      endpoint.answered = true;
      endpoint.silent = 0;
      return;
    }
    endpoint.silent += 1;
    if (!endpoint.answered && HOPELESS.includes(outcome.reason))
      endpoint.gone = `it cannot be reached: ${outcome.detail}`;
    else if (endpoint.silent >= MAX_SILENT) endpoint.gone = `${MAX_SILENT} requests in a row got no answer`;
  }

  #noteVerdicts(asked: Asked, strict: Verdict, lenient: Verdict): void {
    this.endpoint.asked.push(asked);
    for (const { finding, levels } of pairFindings(strict.findings, lenient.findings)) {
      const { rule, path, message } = finding;
      this.note(asked, { id: lessonOf(finding, asked.outcome), rule, path, message, levels });
    }
    if (!asked.verdict.usable) return;
    for (const url of asked.verdict.audioUrls) if (!this.endpoint.audio.has(url)) this.endpoint.audio.set(url, asked);
  }
}

/** The answer, where it can be used. */
export function answerOf(asked: Asked): ConnectAnswer | null {
  return asked.verdict.usable ? asked.verdict.answer : null;
}
