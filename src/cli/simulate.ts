import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { SourceProblem } from "../core/flow/yaml-document.ts";
import { showProblem } from "../core/flow/yaml-document.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { silentLog } from "../base/log.ts";
import type { CallReport } from "../core/call/report.ts";
import { maskCredentials } from "../core/contract/query.ts";
import { Fetcher } from "../edges/http-client/fetcher.ts";
import { examine } from "../tools/simulator/random/explore.ts";
import { INVARIANTS } from "../core/engine/invariants/invariants.ts";
import type { ReplayOptions } from "../tools/simulator/replay/replay.ts";
import { differences, replayOf } from "../tools/simulator/replay/replay.ts";
import { parseFlowText, parseScenario } from "../tools/simulator/scenario/scenario.ts";
import type { Scenario } from "../tools/simulator/scenario/scenario-types.ts";
import type { SimulateOptions } from "../tools/simulator/simulate.ts";
import { DEFAULT_SEED, SimulationError, simulate } from "../tools/simulator/simulate.ts";
import { timeline } from "../tools/simulator/timeline.ts";
import { VERSION } from "../version.ts";
import type { LiveUrl } from "./live.ts";
import { liveUrl, playLive } from "./live.ts";

/** Large enough that two live calls rarely share a seed, short enough to type. */
const MAX_SEED = 1_000_000_000;

/** Exit statuses of every command: 1 for a finding, 2 for wrong use. */
export const EXIT_FINDING = 1;
export const EXIT_USAGE = 2;

interface Options {
  readonly json?: boolean;
  readonly seed: number;
  readonly replay?: string;
  readonly flow?: string;
  readonly live?: readonly LiveUrl[];
}

/** `plugboard simulate`: one call in virtual time, without network or telephony. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .argument("[scenario]", "scenario file (YAML or JSON)")
    .option("--replay <call>", "replay a call from its report (JSON) instead of a scenario")
    .option("--flow <flow>", "with --replay: the flow to play it through; by default it is rebuilt from the report")
    .option("--live <url>", "really request this URL of the scenario, or another in its place: URL=REAL-URL", liveUrl)
    .option("--json", "print the report as JSON instead of a timeline")
    .option("--seed <number>", "decides the ids of the call", wholeNumber, DEFAULT_SEED)
    .action(async (file: string | undefined, options: Options, command: Command) => {
      // A server may remember calls, so each live one gets new ids.
      const isNew = options.live !== undefined && command.getOptionValueSource("seed") === "default";
      process.exitCode = await run(file, isNew ? { ...options, seed: randomInt(MAX_SEED) } : options);
    });
}

/** A seed or a count on the command line: a safe integer, 0 or more. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("give a whole number, 0 or more.");
  }
  return value;
}

/** The text of a file; null: it can't be read, and the reason has been printed. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    complain(`${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

export function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

async function run(file: string | undefined, options: Options): Promise<number> {
  if ((file === undefined) === (options.replay === undefined)) {
    complain("give either a scenario file or --replay with the report of a call");
    return EXIT_USAGE;
  }
  if (options.flow !== undefined && options.replay === undefined) {
    complain("--flow is only for --replay: a scenario names its own flow");
    return EXIT_USAGE;
  }
  if (options.live !== undefined && file === undefined) {
    complain("--live is only for a scenario: a replay has the answers of its call");
    return EXIT_USAGE;
  }
  return file === undefined ? replay(options.replay ?? "", options) : play(file, options);
}

async function play(file: string, options: Options): Promise<number> {
  const text = readText(file);
  if (text === null) return EXIT_USAGE;
  const scenario = parseScenario(text, file, (path) => readFileSync(resolve(dirname(file), path), "utf8"));
  if (!scenario.ok) return printProblems(scenario.error);
  const { live, seed } = options;
  const played = live === undefined ? scenario.value : await askLive(scenario.value, live, seed);
  if (played === null) return EXIT_FINDING;
  const report = show(played, options, {});
  return report === null ? EXIT_FINDING : checkInvariants(played, seed);
}

/** The scenario with the real answers; null: the call never ends or requests none of the URLs, and an error has been printed. */
async function askLive(scenario: Scenario, live: readonly LiveUrl[], seed: number): Promise<Scenario | null> {
  const fetcher = new Fetcher({ version: VERSION, log: silentLog });
  try {
    const { scenario: played, requests } = await playLive(scenario, live, seed, fetcher);
    if (requests > 0) {
      complain(`live requests: ${requests}; --seed ${seed} gives the call the same ids again`);
      return played;
    }
    complain(`no request of this call goes to ${live.map(({ named }) => maskCredentials(named)).join(" or ")}`);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    complain(error.message);
  } finally {
    await fetcher.close();
  }
  return null;
}

function replay(file: string, options: Options): number {
  const text = readText(file);
  const recorded = text === null ? null : readJson(text, file);
  if (recorded === null) return EXIT_USAGE;
  const flow = options.flow === undefined ? ok({}) : readFlow(options.flow);
  if (!flow.ok) return printProblems(flow.error);
  const replayed = replayOf(recorded, file, flow.value);
  if (!replayed.ok) {
    complain(replayed.error);
    return EXIT_USAGE;
  }
  const { scenario, callSid } = replayed.value;
  const report = show(scenario, options, { callSid });
  if (report === null) return EXIT_FINDING;
  for (const difference of differences(recorded, report.trace))
    complain(`differs from the recorded call: ${difference}`);
  return checkInvariants(scenario, options.seed);
}

function readFlow(file: string): Result<ReplayOptions, readonly SourceProblem[]> {
  const text = readText(file);
  if (text === null) return err([]);
  const flow = parseFlowText(text, file);
  return flow.ok ? ok({ flow: flow.value }) : flow;
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    complain(`${file}: is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function printProblems(problems: readonly SourceProblem[]): number {
  for (const problem of problems) complain(showProblem(problem));
  return EXIT_USAGE;
}

/** Plays and prints; null: the call would never end, and an error has been printed. */
function show(scenario: Scenario, { json, seed }: Options, more: SimulateOptions): CallReport | null {
  try {
    const report = simulate(scenario, { seed, ...more });
    process.stdout.write(`${json === true ? JSON.stringify(report, null, 2) : timeline(report)}\n`);
    return report;
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    complain(error.message);
    return null;
  }
}

/** Reports an invariant broken by the call, so that a finding of `plugboard explore` is also one here. */
function checkInvariants(scenario: Scenario, seed: number): number {
  const violation = examine(scenario, seed);
  if (violation === null) return 0;
  const { invariant, atMs, message } = violation;
  complain(`${scenario.name}: at ${atMs} ms ${message}; expected: ${INVARIANTS[invariant]} (${invariant})`);
  return EXIT_FINDING;
}
