import { validateConnectAnswer } from "../../core/contract/answer.ts";
import type { ConnectAnswer, ConnectVerdict } from "../../core/contract/answer.ts";
import type { Account, Exophone } from "../../core/contract/account.ts";
import type { HttpRequest } from "../../core/contract/http.ts";
import type { Query } from "../../core/contract/query.ts";
import { buildHttpRequest, connectQuery } from "../../core/contract/request.ts";
import type { RequestFacts } from "../../core/contract/request.ts";
import type { HttpClientOutcome } from "../../edges/http-client/types.ts";
import { newCall } from "./calls.ts";
import { diagnosticOf } from "./diagnostics.ts";
import { pairFindings } from "./issue-collector.ts";
import type { IssueCollector, Diagnosis } from "./issue-collector.ts";
import type { Role } from "./report.ts";
import type { CheckTarget, CheckDeps } from "./check-target.ts";

/** One request and what came of it. */
export interface Exchanged {
  /** The probe that asked. */
  readonly probe: string;
  readonly request: HttpRequest;
  readonly outcome: HttpClientOutcome;
  readonly elapsedMs: number;
  /** In the mode of the check. */
  readonly verdict: ConnectVerdict;
}

/** The probe that asks, and how often it may. */
export interface ProbeRun {
  readonly id: string;
  readonly requests: number;
}

/** Deviations from the ordinary request. */
export interface RequestOverrides {
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
export class EndpointState {
  readonly role: Role;
  readonly configuredUrl: string;
  /** Every judged exchange, in order. */
  readonly asked: Exchanged[] = [];
  /** First requests of ordinary calls: the same question again and again. */
  readonly plain: Exchanged[] = [];
  /** Audio URLs of its usable answers, each with the answer that named it first. */
  readonly audio = new Map<string, Exchanged>();
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
export class ProbeSession {
  readonly target: CheckTarget;
  readonly deps: CheckDeps;
  readonly endpoint: EndpointState;
  readonly #issues: IssueCollector;
  readonly #probe: ProbeRun;
  requests = 0;
  elapsedMs = 0;

  constructor(target: CheckTarget, deps: CheckDeps, endpoint: EndpointState, issues: IssueCollector, probe: ProbeRun) {
    this.target = target;
    this.deps = deps;
    this.endpoint = endpoint;
    this.#issues = issues;
    this.#probe = probe;
  }

  /** What the first request of a new call tells, with changes. */
  call(changes: Partial<RequestFacts> = {}): RequestFacts {
    return newCall(this.target, this.deps, changes);
  }

  /** Sends one request. Throws {@link ProbeEnds} where the endpoint answers no more. */
  async ask(facts: RequestFacts, overrides: RequestOverrides = {}): Promise<Exchanged> {
    const { endpoint, deps, target } = this;
    if (endpoint.gone !== null) throw new ProbeEnds(endpoint.gone);
    if (this.requests >= this.#probe.requests) throw new ProbeEnds(`it asked ${this.requests} times`);
    const account = overrides.account ?? target.account;
    const query = connectQuery(account, facts);
    const request = this.#build(overrides.rewrite?.(query) ?? query);
    this.requests += 1;
    const options = { account: "", deadlineMs: target.limits.deadlineMs, allowPrivate: true };
    const { outcome, elapsedMs } = await deps.fetcher.fetch(request, options);
    this.elapsedMs += elapsedMs;
    const exophone = this.#exophone(account);
    const strict = validateConnectAnswer(outcome, account, exophone, "strict");
    const lenient = validateConnectAnswer(outcome, account, exophone, "lenient");
    const verdict = target.mode === "strict" ? strict : lenient;
    const asked: Exchanged = { probe: this.#probe.id, request, outcome, elapsedMs, verdict };
    this.#trackAvailability(asked);
    if (overrides.rewrite === undefined) this.#noteVerdicts(asked, strict, lenient);
    return asked;
  }

  /** The first request of an ordinary call. */
  async askPlain(facts = this.call()): Promise<Exchanged> {
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
  note(asked: Exchanged, remark: Diagnosis): void {
    this.#issues.add({ endpoint: this.endpoint.role, probe: this.#probe.id, asked }, remark);
  }

  #build(query: Query): HttpRequest {
    const accept = "application/json";
    const { version } = this.target;
    const { configuredUrl } = this.endpoint;
    const built = buildHttpRequest({ configuredUrl, query, version, versionHeader: true, accept });
    if (!built.ok) throw new ProbeEnds(built.error);
    return built.value;
  }

  #exophone(account: Account): Exophone {
    return account.exophones[0] ?? { number: "", region: null, trunk: null };
  }

  /** Learns whether there is anybody at all. */
  #trackAvailability({ outcome }: Exchanged): void {
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

  #noteVerdicts(asked: Exchanged, strict: ConnectVerdict, lenient: ConnectVerdict): void {
    this.endpoint.asked.push(asked);
    for (const { finding, levels } of pairFindings(strict.findings, lenient.findings)) {
      const { rule, path, message } = finding;
      this.note(asked, { id: diagnosticOf(finding, asked.outcome), rule, path, message, levels });
    }
    if (!asked.verdict.usable) return;
    for (const url of asked.verdict.audioUrls) if (!this.endpoint.audio.has(url)) this.endpoint.audio.set(url, asked);
  }
}

/** The answer, where it can be used. */
export function answerOf(asked: Exchanged): ConnectAnswer | null {
  return asked.verdict.usable ? asked.verdict.answer : null;
}
