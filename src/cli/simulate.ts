import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { showProblem } from "../base/located.ts";
import { examine } from "../simulator/explore.ts";
import { INVARIANTS } from "../simulator/inspector.ts";
import { parseScenario } from "../simulator/scenario.ts";
import type { Scenario } from "../simulator/script.ts";
import { DEFAULT_SEED, SimulationError, simulate } from "../simulator/simulate.ts";
import { timeline } from "../simulator/timeline.ts";

/** Exit statuses of every command: 1 is a finding, 2 is wrong use. */
export const EXIT_FINDING = 1;
export const EXIT_USAGE = 2;

interface Options {
  readonly json?: boolean;
  readonly seed: number;
}

/** `plugboard simulate`: one call in virtual time, no network, no telephony. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description("play one call in virtual time: no network, no telephony")
    .argument("<scenario>", "scenario file (YAML or JSON)")
    .option("--json", "print the report as JSON instead of a timeline")
    .option("--seed <number>", "decides the ids of the call", wholeNumber, DEFAULT_SEED)
    .action((file: string, options: Options) => {
      process.exitCode = run(file, options);
    });
}

/** A seed or a count on the command line: whole, not negative, exact as a number. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("give a whole number, 0 or more.");
  }
  return value;
}

/** The text of a file; null: it cannot be read, and the reason has been said. */
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

function run(file: string, { json, seed }: Options): number {
  const text = readText(file);
  if (text === null) return EXIT_USAGE;
  const scenario = parseScenario(text, file, (path) => readFileSync(resolve(dirname(file), path), "utf8"));
  if (!scenario.ok) {
    for (const problem of scenario.error) complain(showProblem(problem));
    return EXIT_USAGE;
  }
  try {
    const report = simulate(scenario.value, { seed });
    process.stdout.write(`${json === true ? JSON.stringify(report, null, 2) : timeline(report)}\n`);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    complain(error.message);
    return EXIT_FINDING;
  }
  return watch(scenario.value, seed);
}

/** Says which invariant the call breaks: a finding of `plugboard explore` replays as a finding. */
function watch(scenario: Scenario, seed: number): number {
  const violation = examine(scenario, seed);
  if (violation === null) return 0;
  const { invariant, atMs, message } = violation;
  complain(`${scenario.name}: at ${atMs} ms ${message}; it should be that ${INVARIANTS[invariant]} (${invariant})`);
  return EXIT_FINDING;
}
