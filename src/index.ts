import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SourceProblem } from "./core/flow/yaml-document.ts";
import { showProblem } from "./core/flow/yaml-document.ts";
import type { Result } from "./base/result.ts";
import type { CallReport } from "./core/call/report.ts";
import type { Flow } from "./core/call/setup.ts";
import type { Finding } from "./core/contract/answer.ts";
import { effectiveAnswer, validateConnectAnswer } from "./core/contract/answer.ts";
import type { HttpOutcome } from "./core/contract/http.ts";
import type { ExploreOptions, ExploreReport } from "./tools/simulator/random/explore.ts";
import { explore as exploreFlow } from "./tools/simulator/random/explore.ts";
import type { FlowReport } from "./tools/simulator/verify/verify.ts";
import { verify as verifyDocument, verifyParsed } from "./tools/simulator/verify/verify.ts";
import type { ScenarioInput } from "./tools/simulator/scenario/scenario.ts";
import { defaultAccount, parseFlowText, parseScenario } from "./tools/simulator/scenario/scenario.ts";
import type { Scenario } from "./tools/simulator/scenario/scenario-types.ts";
import type { SimulateOptions } from "./tools/simulator/simulate.ts";
import { simulate as simulateScenario } from "./tools/simulator/simulate.ts";

export type { AttemptReport, CallReport, DialEventReport, RequestReport, WarningReport } from "./core/call/report.ts";
export type { Flow } from "./core/call/setup.ts";
export type { TraceEntry } from "./core/call/trace.ts";
export type { Finding } from "./core/contract/answer.ts";
export type { ExploreOptions, ExploreReport } from "./tools/simulator/random/explore.ts";
export type { ExampleOfFinding, FlowFinding, FlowReport, VerifiedWorst } from "./tools/simulator/verify/verify.ts";
export type { ScenarioInput } from "./tools/simulator/scenario/scenario.ts";
export type { Scenario } from "./tools/simulator/scenario/scenario-types.ts";
export type { SimulateOptions } from "./tools/simulator/simulate.ts";
export type { CheckReport } from "./tools/check/report.ts";
export type { CheckUrlOptions } from "./check-url.ts";
export { checkUrl } from "./check-url.ts";
export { SimulationError } from "./tools/simulator/simulate.ts";

/** A scenario or flow with mistakes; `problems` has one sentence for each, with file, line and field. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly problems: readonly string[];

  constructor(problems: readonly SourceProblem[]) {
    const sentences = problems.map(showProblem);
    super(sentences.join("\n"));
    this.problems = sentences;
  }
}

/**
 * Plays one call in virtual time: what `plugboard simulate` does. Takes a scenario that {@link loadScenario} read, or
 * the document itself as a value, with the flow inside. Throws {@link DocumentError} for a document with mistakes and
 * `SimulationError` for a call that would never end.
 */
export function simulate(scenario: Scenario | ScenarioInput, options: SimulateOptions = {}): CallReport {
  return simulateScenario(isRead(scenario) ? scenario : scenarioOf(scenario), options);
}

/**
 * Plays many random calls through a flow and reports the first that breaks a promise of the platform: what
 * `plugboard explore` does. Takes a flow that {@link loadFlow} read, or the document as a value.
 */
export function explore(flow: Flow | Readonly<Record<string, unknown>>, options: ExploreOptions = {}): ExploreReport {
  return exploreFlow(isFlow(flow) ? flow : orThrow(parseFlowText(JSON.stringify(flow), "flow")), options);
}

/**
 * Checks a flow as publishing does: what `plugboard verify` does. Each finding, and the longest ringing and silence that a
 * caller can meet, comes with a call that shows it, ready for {@link simulate}. Takes the document as a value, whose
 * mistakes are findings too, or a flow that {@link loadFlow} read.
 */
export function verify(flow: Flow | Readonly<Record<string, unknown>>): FlowReport {
  return isFlow(flow) ? verifyParsed(flow) : verifyDocument(flow);
}

/** Reads a scenario file (YAML or JSON) and the flow it names. Throws {@link DocumentError}. */
export function loadScenario(file: string): Scenario {
  const read = (path: string): string => readFileSync(resolve(dirname(file), path), "utf8");
  return orThrow(parseScenario(readFileSync(file, "utf8"), file, read));
}

/** Reads a flow document (YAML or JSON). Throws {@link DocumentError}. */
export function loadFlow(file: string): Flow {
  return orThrow(parseFlowText(readFileSync(file, "utf8"), file));
}

/** What fetch's `Headers` and a `Map` are: header names and values, one pair after the other. */
type HeaderPairs = Iterable<readonly [string, string]>;

/** An HTTP answer as test clients hold it; header names in any case. */
export interface AnswerInput {
  /** Default 200. */
  readonly status?: number;
  /** A fetch `Response`'s `headers`, pairs, or an object. Default: `content-type: application/json`. */
  readonly headers?: HeaderPairs | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The text of the answer, or the value it is the JSON of. */
  readonly body: unknown;
}

export interface AnswerOptions {
  /** As in a scenario: `{ exophones: ["+918047100000"], country: "IN" }`. */
  readonly account?: ScenarioInput["account"];
  /** As in a flow (RES-5); default `strict`. */
  readonly validation?: "strict" | "lenient";
}

/** What the platform would make of an answer. `answer` has every default filled in; null when it cannot be used. */
export interface AnswerVerdict {
  readonly usable: boolean;
  readonly result: "usable" | "invalid" | "http_error" | "timeout" | "unreachable";
  readonly answer: Readonly<Record<string, unknown>> | null;
  readonly findings: readonly Finding[];
}

/**
 * Validates the answer of a Primary or Fallback URL by the rules of the contract, as a live call does. Audio URLs in the
 * answer are not requested. Throws {@link DocumentError} when `account` has mistakes, never for an answer.
 */
export function validateAnswer(input: AnswerInput, options: AnswerOptions = {}): AnswerVerdict {
  const account = orThrow(defaultAccount(options.account));
  const exophone = account.exophones[0] ?? { number: "", region: null, trunk: null };
  const verdict = validateConnectAnswer(outcomeOf(input), account, exophone, options.validation ?? "strict");
  const { findings } = verdict;
  if (!verdict.usable) return { usable: false, result: verdict.result, answer: null, findings };
  return { usable: true, result: "usable", answer: effectiveAnswer(verdict.answer, exophone.number), findings };
}

function outcomeOf({ status = 200, headers = { "content-type": "application/json" }, body }: AnswerInput): HttpOutcome {
  const pairs = isPairs(headers) ? [...headers] : Object.entries(headers);
  const header = pairs.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const contentType = typeof header === "string" ? header : (header?.[0] ?? null);
  return { ok: true, status, contentType, body: typeof body === "string" ? body : JSON.stringify(body) };
}

function isPairs(headers: NonNullable<AnswerInput["headers"]>): headers is HeaderPairs {
  return Symbol.iterator in headers;
}

function scenarioOf(document: ScenarioInput): Scenario {
  return orThrow(
    parseScenario(JSON.stringify(document), "scenario", () => {
      throw new Error("a scenario given as a value holds its flow, or is read by loadScenario");
    }),
  );
}

function isRead(scenario: Scenario | ScenarioInput): scenario is Scenario {
  return "setup" in scenario;
}

function isFlow(flow: Flow | Readonly<Record<string, unknown>>): flow is Flow {
  return "id" in flow && !("flow" in flow);
}

function orThrow<T>(result: Result<T, readonly SourceProblem[]>): T {
  if (result.ok) return result.value;
  throw new DocumentError(result.error);
}
