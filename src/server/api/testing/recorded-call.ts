import type { ScenarioInput } from "../../../tools/simulator/scenario/scenario.ts";
import { parseScenario } from "../../../tools/simulator/scenario/scenario.ts";
import { simulate } from "../../../tools/simulator/simulate.ts";
import type { SampleCall } from "./calls.ts";

/** A stored call with the trace that a scenario produces; the scenario contains its flow. */
export function recordedCall(sid: string, startedAt: number, document: ScenarioInput): SampleCall {
  const scenario = parseScenario(JSON.stringify(document), "scenario", () => "");
  if (!scenario.ok) throw new Error(scenario.error.map(({ message }) => message).join("; "));
  const { trace, cdr } = simulate(scenario.value, { callSid: sid });
  if (cdr === null) throw new Error("the call has not ended");
  const { from, to } = scenario.value.call;
  return { sid, startedAt, from, to, trace: trace.slice(1, -1), record: cdr };
}
