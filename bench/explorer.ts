import { readFileSync } from "node:fs";
import { seededRandom } from "../src/base/random.ts";
import { drawScenario, makeScenarioPools } from "../src/tools/simulator/random/random-scenario.ts";
import { explore } from "../src/tools/simulator/random/explore.ts";
import { parseFlowText } from "../src/tools/simulator/scenario/scenario.ts";
import { simulate } from "../src/tools/simulator/simulate.ts";
import { cpuSeconds } from "./cpu-seconds.ts";

/** From the shortest way to a person to the longest. */
const FLOWS = [
  "test/scenarios/flows/connect.yaml",
  "examples/flows/support.yaml",
  "examples/scenarios/flows/sales.yaml",
  "examples/scenarios/flows/support.yaml",
  "examples/scenarios/flows/routing.yaml",
];

/** Long enough to include compilation and garbage collection as a long exploration does. */
const CALLS = 40_000;
const REPORTS = 50;
const ROUND_TRIPS = 100;

/** How many whole calls, including invariants, one CPU second plays, compared with the cost of writing and reading a report. */
export function explorer(): void {
  process.stdout.write("explorer: whole calls per CPU second, and their cost in round trips of their reports\n");
  for (const file of FLOWS) {
    const flow = parseFlowText(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"), file);
    if (!flow.ok) throw new Error(`${file} is no flow`);
    const pools = makeScenarioPools(flow.value, 1);
    const reports = Array.from({ length: REPORTS }, (_, run) => simulate(drawScenario(pools, seededRandom(run), run)));
    const tripS = cpuSeconds(() => {
      for (let trip = 0; trip < ROUND_TRIPS; trip++) for (const report of reports) JSON.parse(JSON.stringify(report));
    });
    const callS = cpuSeconds(() => explore(flow.value, { runs: CALLS })) / CALLS;
    const ratio = callS / (tripS / (REPORTS * ROUND_TRIPS));
    process.stdout.write(`  ${file.padEnd(38)} ${Math.round(1 / callS)} calls/s   ${ratio.toFixed(2)} round trips\n`);
  }
}
