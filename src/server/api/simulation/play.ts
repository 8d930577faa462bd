import { parseFlow } from "../../../core/flow/flow.ts";
import type { CallReport } from "../../../core/call/report.ts";
import type { Account } from "../../../core/contract/account.ts";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { Flow } from "../../../core/call/setup.ts";
import { differences, replayOf } from "../../../tools/simulator/replay/replay.ts";
import { parseScenario, parseUrls } from "../../../tools/simulator/scenario/scenario.ts";
import type { Scenario } from "../../../tools/simulator/scenario/scenario-types.ts";
import { urlKey } from "../../../tools/simulator/scripted-urls.ts";
import { simulate, SimulationError } from "../../../tools/simulator/simulate.ts";

type Json = Readonly<Record<string, unknown>>;

/** A scenario to play, with its flow inside. */
export interface ScenarioWork {
  readonly kind: "scenario";
  readonly document: Json;
  /** Replaces the scenario's account; null: the scenario names one. */
  readonly account: Account | null;
  readonly seed: number;
}

/** A recorded call to replay with other answers of its URLs. */
export interface WhatIfWork {
  readonly kind: "what_if";
  readonly callSid: string;
  /** `{ trace }` of the call. */
  readonly report: object;
  /** Null: rebuild the flow from the call's trace, as far as the call used it. */
  readonly flow: Json | null;
  readonly account: Account | null;
  /** As in a scenario. */
  readonly urls: Json;
}

export type PlayWork = ScenarioWork | WhatIfWork;

/** The result of a play. */
export type PlayResult =
  | { readonly kind: "scenario"; readonly call: CallReport }
  | {
      readonly kind: "what_if";
      /** The call with the other answers. */
      readonly call: CallReport;
      /** What those answers change, one sentence each. */
      readonly changes: readonly string[];
      /** How the replay differs from the recorded call even with its own answers. */
      readonly drift: readonly string[];
      /** URLs that were given but not requested. */
      readonly unusedUrls: readonly string[];
    }
  /** `mistakes`: one sentence each. */
  | { readonly kind: "mistakes"; readonly mistakes: readonly string[] };

/** Plays a call in virtual time. */
export function play(work: PlayWork): PlayResult {
  try {
    const played = work.kind === "scenario" ? playScenario(work) : playWhatIf(work);
    return played.ok ? played.value : { kind: "mistakes", mistakes: played.error };
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    return { kind: "mistakes", mistakes: [error.message] };
  }
}

type Mistakes = readonly string[];

function playScenario({ document, account, seed }: ScenarioWork): Result<PlayResult, Mistakes> {
  const parsed = parseScenario(JSON.stringify(document), "scenario", () => {
    throw new Error("files are not available here");
  });
  if (!parsed.ok) return err(parsed.error.map(sentenceOf));
  const scenario = account === null ? parsed.value : within(account, parsed.value, document);
  return ok({ kind: "scenario", call: simulate(scenario, { seed }) });
}

/** The scenario within a real account; a call that names no ExoPhone comes in on the account's first. */
function within(account: Account, { setup, call, ...scenario }: Scenario, { call: given }: Json): Scenario {
  const isNamed = typeof given === "object" && given !== null && "to" in given;
  const to = isNamed ? call.to : (account.exophones[0]?.number ?? call.to);
  return { ...scenario, setup: { ...setup, account }, call: { ...call, to } };
}

function playWhatIf({ callSid, report, flow, account, urls }: WhatIfWork): Result<PlayResult, Mistakes> {
  const parsed = flow === null ? ok(null) : flowOf(flow);
  if (!parsed.ok) return parsed;
  const answers = parseUrls(urls);
  if (!answers.ok) return err(answers.error.map(sentenceOf));
  const options = {
    ...(parsed.value === null ? {} : { flow: parsed.value }),
    ...(account === null ? {} : { account }),
  };
  const replay = replayOf(report, `call ${callSid}`, options);
  if (!replay.ok) return err([replay.error]);
  const { scenario } = replay.value;
  const same = simulate(scenario, { callSid });
  const call = simulate({ ...scenario, urls: { ...scenario.urls, ...answers.value } }, { callSid });
  const asked = new Set(call.requests.map(({ url }) => urlKey(url)));
  return ok({
    kind: "what_if",
    call,
    changes: differences(same, call.trace),
    drift: differences(report, same.trace),
    unusedUrls: Object.keys(answers.value).filter((url) => !asked.has(url)),
  });
}

function flowOf(document: Json): Result<Flow, Mistakes> {
  const parsed = parseFlow(document);
  return parsed.ok ? parsed : err(parsed.error.map(({ path, message }) => `flow ${path.join(".")}: ${message}`));
}

function sentenceOf({ path, message }: { readonly path: string; readonly message: string }): string {
  return path === "" ? message : `${path}: ${message}`;
}
