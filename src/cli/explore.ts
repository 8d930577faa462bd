import { writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { Command } from "commander";
import { showProblem } from "../core/flow/yaml-document.ts";
import type { Flow } from "../core/call/setup.ts";
import { exitsOf } from "../core/flow/flow.ts";
import type { ExploreReport, ExploreFinding } from "../tools/simulator/random/explore.ts";
import { DEFAULT_RUNS, explore } from "../tools/simulator/random/explore.ts";
import { INVARIANTS } from "../core/engine/invariants/invariants.ts";
import { parseFlowText } from "../tools/simulator/scenario/scenario.ts";
import { scenarioDocument, showScenario } from "../tools/simulator/scenario/show-scenario.ts";
import { DEFAULT_SEED } from "../tools/simulator/simulate.ts";
import { EXIT_FINDING, EXIT_USAGE, complain, readText, wholeNumber } from "./simulate.ts";

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly json?: boolean;
  readonly out: string;
}

/** `plugboard explore`: many random calls through one flow; stops at the first broken invariant. */
export function exploreCommand(): Command {
  return new Command("explore")
    .argument("<flow>", "flow document (YAML or JSON)")
    .option("--runs <number>", "calls to play", wholeNumber, DEFAULT_RUNS)
    .option(
      "--seed <number>",
      "decides all random choices; the same seed plays the same calls",
      wholeNumber,
      DEFAULT_SEED,
    )
    .option("--json", "print the report as JSON")
    .option("--out <file>", "file for the smallest failing scenario", "finding.yaml")
    .action((file: string, options: Options) => {
      process.exitCode = run(file, options);
    });
}

function run(file: string, options: Options): number {
  const text = readText(file);
  if (text === null) return EXIT_USAGE;
  const flow = parseFlowText(text, file);
  if (!flow.ok) {
    for (const problem of flow.error) complain(showProblem(problem));
    return EXIT_USAGE;
  }
  const startedAt = performance.now();
  const report = explore(flow.value, options);
  const seconds = (performance.now() - startedAt) / 1000;
  const { finding } = report;
  if (finding !== null) writeFileSync(options.out, scenarioFile(finding, file, options));
  const neverTaken = exitsNeverTaken(flow.value, report);
  if (options.json === true) print(JSON.stringify(jsonReport(file, report, neverTaken, options), null, 2));
  else print(humanReport(file, report, neverTaken, seconds, options));
  return finding === null ? 0 : EXIT_FINDING;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Exits that lead somewhere but were taken by no random call. */
function exitsNeverTaken(flow: Flow, { exits }: ExploreReport): string[] {
  return Object.entries(flow.applets).flatMap(([id, document]) =>
    exitsOf(document)
      .filter(({ target }) => target !== null)
      .map(({ name }) => `${id}.${name}`)
      .filter((name) => exits[name] === undefined),
  );
}

function replayCommand({ out, seed }: Options): string {
  return `plugboard simulate ${out} --seed ${seed}`;
}

/** The flow's path relative to the scenario file. */
function flowPathFrom(out: string, flowFile: string): string {
  return relative(dirname(out), flowFile);
}

function scenarioFile(finding: ExploreFinding, flowFile: string, options: Options): string {
  const comment = [
    `Run ${finding.run} of "plugboard explore ${flowFile} --seed ${options.seed}", made as small as possible.`,
    `At ${finding.violation.atMs} ms ${finding.violation.message}.`,
    `Expected: ${INVARIANTS[finding.violation.invariant]}.`,
    `  ${replayCommand(options)}`,
  ];
  return showScenario(finding.scenario, flowPathFrom(options.out, flowFile), comment);
}

function jsonReport(file: string, report: ExploreReport, neverTaken: readonly string[], options: Options): unknown {
  const { seed, runs, exits, finding } = report;
  const found = finding && {
    run: finding.run,
    invariant: finding.violation.invariant,
    expected: INVARIANTS[finding.violation.invariant],
    at_ms: finding.violation.atMs,
    message: finding.violation.message,
    scenario: scenarioDocument(finding.scenario, flowPathFrom(options.out, file)),
    replay: replayCommand(options),
  };
  return { flow: file, seed, runs, exits, exits_never_taken: neverTaken, finding: found };
}

function humanReport(
  file: string,
  report: ExploreReport,
  neverTaken: readonly string[],
  seconds: number,
  options: Options,
): string {
  const { runs, seed, exits, finding } = report;
  const summary = `${runs} calls in ${seconds.toFixed(1)} s, seed ${seed}`;
  const taken = Object.entries(exits).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const coverage = taken.map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`);
  const never = neverTaken.map((name) => `     never  ${name}`);
  if (finding === null) return [`${summary}: no invariant broken`, ...coverage, ...never].join("\n");
  return [`${summary}: broken in run ${finding.run}`, "", scenarioFile(finding, file, options)].join("\n").trimEnd();
}
