import type { Account } from "../../core/contract/account.ts";
import type { ConnectAnswer } from "../../core/contract/answer.ts";
import type { Finding } from "../../core/contract/finding.ts";
import type { HttpOutcome, HttpRequest } from "../../core/contract/http.ts";
import type { Query } from "../../core/contract/query.ts";
import type { DialEventFacts, RequestFacts } from "../../core/contract/request.ts";
import { buildHttpRequest } from "../../core/contract/request.ts";
import { newCall } from "./calls.ts";
import type { CheckDeps, CheckTarget } from "./check-target.ts";
import { diagnosticOf } from "./diagnostics.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { Exchanged } from "./exchange.ts";
import { answerOf, effectOf, isReadable } from "./exchange.ts";
import { overlookMediaType } from "./forgive.ts";
import { pairFindings } from "./issue-collector.ts";
import type { Diagnosis, IssueCollector } from "./issue-collector.ts";
import { KINDS } from "./url-kind.ts";
import type { KindRules } from "./url-kind.ts";

/** The probe that asks. */
export interface ProbeRun {
  readonly id: string;
  /** How many times it may ask. */
  readonly requests: number;
  /** See `Probe.numberForm`. */
  readonly numberForm: NumberForm | null;
}

/**
 * Which failures of a probe are only about the form of a number: any failure, or only a deliberate one (a status below 500).
 */
export type NumberForm = "any" | "refusal";

/** Deviations from the ordinary request. */
export interface RequestOverrides {
  readonly account?: Account;
  /** A request that the platform would not send, to compare with: its answer is not checked. */
  readonly rewrite?: (query: Query) => Query;
  /** The kind of dial event; default `Dial`. */
  readonly event?: DialEventFacts["event"];
  readonly headers?: Readonly<Record<string, string>>;
}

/** The probe cannot go on; the message says why. Caught by the runner. */
export class ProbeEnds extends Error {
  override readonly name = "ProbeEnds";
}

/** Asks one endpoint for one probe: sends what the platform would send, checks the answer, and notes what is wrong. */
export class ProbeSession {
  readonly target: CheckTarget;
  readonly deps: CheckDeps;
  readonly endpoint: EndpointState;
  readonly #rules: KindRules;
  readonly #issues: IssueCollector;
  readonly #probe: ProbeRun;
  /** What the platform would do after each answer, in order. */
  readonly effects: string[] = [];
  requests = 0;
  elapsedMs = 0;

  constructor(target: CheckTarget, deps: CheckDeps, endpoint: EndpointState, issues: IssueCollector, probe: ProbeRun) {
    this.target = target;
    this.deps = deps;
    this.endpoint = endpoint;
    this.#rules = KINDS[target.kind];
    this.#issues = issues;
    this.#probe = probe;
  }

  /** The facts in the first request of a new call, with changes. */
  call(changes: Partial<RequestFacts> = {}): RequestFacts {
    return newCall(this.target, this.deps, { ...this.endpoint.basis, ...changes });
  }

  /** Sends one request. Throws {@link ProbeEnds} if the endpoint no longer answers. */
  async ask(facts: RequestFacts, overrides: RequestOverrides = {}): Promise<Exchanged> {
    const { endpoint, deps, target } = this;
    if (endpoint.unavailable !== null) throw new ProbeEnds(endpoint.unavailable);
    if (this.requests >= this.#probe.requests) throw new ProbeEnds(`it asked ${this.requests} times`);
    const account = overrides.account ?? target.account;
    const request = this.#build(account, facts, overrides);
    this.requests += 1;
    const options = {
      purpose: "check" as const,
      account: "",
      deadlineMs: target.limits.deadlineMs,
      allowPrivate: true,
    };
    const { outcome, elapsedMs } = await deps.fetcher.fetch(request, options);
    this.elapsedMs += elapsedMs;
    const verdict = this.#rules.validate(outcome, account, target.mode);
    const forgiving = this.#rules.validate(overlookMediaType(outcome, this.#rules.accept), account, "lenient");
    const asked: Exchanged = { probe: this.#probe.id, request, outcome, elapsedMs, verdict, forgiving };
    endpoint.trackAvailability(asked);
    if (overrides.rewrite === undefined) this.#record(asked, account);
    return asked;
  }

  /** The first request of an ordinary call. */
  async askPlain(facts = this.call()): Promise<Exchanged> {
    const asked = await this.ask(facts);
    this.endpoint.plain.push(asked);
    return asked;
  }

  /** The endpoint's answer to the first request of an ordinary call, if it can be read. */
  usualAnswer(): ConnectAnswer | null {
    const usual = this.endpoint.usual();
    return usual === null ? null : answerOf(usual);
  }

  /** Notes something that was seen in this exchange. */
  note(asked: Exchanged, diagnosis: Diagnosis): void {
    this.#issues.add({ endpoint: this.endpoint.role, probe: this.#probe.id, asked }, diagnosis);
  }

  #build(account: Account, facts: RequestFacts, { rewrite, event = "Dial", headers }: RequestOverrides): HttpRequest {
    const { accept, versionHeader } = this.#rules;
    const { version } = this.target;
    const query = this.#rules.query(account, facts, event);
    const { configuredUrl } = this.endpoint;
    const built = buildHttpRequest({ configuredUrl, query: rewrite?.(query) ?? query, version, versionHeader, accept });
    if (!built.ok) throw new ProbeEnds(built.error);
    return { ...built.value, headers: { ...built.value.headers, ...headers } };
  }

  #record(asked: Exchanged, account: Account): void {
    this.endpoint.exchanges.push(asked);
    this.effects.push(effectOf(asked));
    if (this.#isNumberForm(asked)) return this.#noteNumberForm(asked);
    this.#noteFindings(asked, asked.outcome, account);
    const overlooked = overlookMediaType(asked.outcome, this.#rules.accept);
    // A wrong type or status has been noted; other mistakes should be found as well.
    if (overlooked !== asked.outcome && !asked.verdict.usable) this.#noteFindings(asked, overlooked, account);
    const { audioUrls } = asked.verdict.usable ? asked.verdict : asked.forgiving;
    for (const url of audioUrls) if (!this.endpoint.audio.has(url)) this.endpoint.audio.set(url, asked);
  }

  #noteFindings(asked: Exchanged, outcome: HttpOutcome, account: Account): void {
    const findings = (mode: "strict" | "lenient"): readonly Finding[] =>
      this.#rules.validate(outcome, account, mode).findings;
    for (const { finding, levels } of pairFindings(findings("strict"), findings("lenient"))) {
      const { rule, path, message } = finding;
      this.note(asked, { id: diagnosticOf(finding, outcome), rule, path, message, levels });
    }
  }

  /** Whether the answer fails for no other reason than that the numbers in the request are not national. */
  #isNumberForm(asked: Exchanged): boolean {
    const { numberForm } = this.#probe;
    if (numberForm === null || this.target.numberForms || isReadable(asked)) return false;
    const { outcome } = asked;
    const refused = outcome.ok && outcome.status < 500;
    return (numberForm === "any" || refused) && this.endpoint.answersNational();
  }

  #noteNumberForm(asked: Exchanged): void {
    const url = asked.request.url;
    const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
    const from = query.get("CallFrom") ?? query.get("From") ?? "";
    const [finding] = asked.verdict.findings;
    const message =
      `The caller ${from} gets no usable answer, but a national number does. ${finding?.message ?? ""}`.trimEnd();
    this.note(asked, { id: "caller-form", message });
  }
}
