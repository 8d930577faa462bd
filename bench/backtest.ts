import { readFileSync } from "node:fs";
import { seededRandom } from "../src/base/random.ts";
import type { RecordedCall } from "../src/tools/simulator/backtest/backtest.ts";
import { backtestCall } from "../src/tools/simulator/backtest/backtest.ts";
import { drawScenario, makeScenarioPools } from "../src/tools/simulator/random/random-scenario.ts";
import { parseFlowText } from "../src/tools/simulator/scenario/scenario.ts";
import { simulate } from "../src/tools/simulator/simulate.ts";
import { recordCall } from "../src/tools/simulator/testing/recorded-call.ts";
import { cpuSeconds } from "./cpu-seconds.ts";

const FLOWS = [
  "examples/flows/support.yaml",
  "examples/scenarios/flows/sales.yaml",
  "examples/scenarios/flows/support.yaml",
  "examples/scenarios/flows/routing.yaml",
];
const CALLS = 3_000;
const CALL_SID = "c0ffee00000000000000000000001a15";

/** How many recorded calls one core backtests per minute, and how that compares with playing the same calls once. */
export function backtest(): void {
  process.stdout.write("backtest: recorded calls per minute of CPU, and their cost in calls played once\n");
  for (const file of FLOWS) {
    const flow = parseFlowText(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"), file);
    if (!flow.ok) throw new Error(`${file} is not a flow`);
    const pools = makeScenarioPools(flow.value, 1);
    const scenarios = Array.from({ length: CALLS }, (_, run) => drawScenario(pools, seededRandom(run), run));
    const stored = scenarios.map((scenario) => JSON.stringify(recordCall(scenario, CALL_SID)));
    const playS = cpuSeconds(() => {
      for (const scenario of scenarios) simulate(scenario, { callSid: CALL_SID });
    });
    const callS = cpuSeconds(() => {
      for (const call of stored) backtestCall(JSON.parse(call) as RecordedCall, flow.value);
    });
    const aMinute = Math.round((60 * CALLS) / callS);
    process.stdout.write(`  ${file.padEnd(38)} ${aMinute} calls/min   ${(callS / playS).toFixed(1)} calls played\n`);
  }
}
