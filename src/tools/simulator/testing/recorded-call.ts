import type { Effect } from "../../../core/call/effects.ts";
import type { CallEvent } from "../../../core/call/events.ts";
import { CALLER } from "../../../core/call/legs.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { step } from "../../../core/engine/engine.ts";
import type { RecordedCall } from "../backtest/backtest.ts";
import type { Scenario } from "../scenario/scenario-types.ts";
import { SimulatedNetwork } from "../simulated-network.ts";

/** One step of a call, as the journal keeps it. */
export interface RecordedStep {
  readonly event: CallEvent;
  readonly trace: TraceEntry[];
}

/** Plays a scenario and records each step, as for a live call. */
export function recordSteps(scenario: Scenario, callSid: string): readonly RecordedStep[] {
  const steps: RecordedStep[] = [];
  const observer = {
    event: (event: CallEvent): void => void steps.push({ event, trace: [] }),
    effect: (effect: Effect): void => {
      if (effect.kind === "trace") steps.at(-1)?.trace.push(effect.entry);
    },
  };
  const { kind } = new SimulatedNetwork(scenario, step, observer).run(callSid);
  if (kind !== "ended") throw new Error(`${scenario.name} does not end`);
  return steps;
}

/** The same call in the form that a backtest takes; it goes through JSON, as stored calls do. */
export function recordCall(scenario: Scenario, callSid: string): RecordedCall {
  const steps = recordSteps(scenario, callSid);
  const digits = steps.flatMap(({ event }) =>
    event.kind === "digit" && event.leg === CALLER ? [{ atMs: event.at - scenario.startMs, digit: event.digit }] : [],
  );
  const recorded = { callSid, setup: scenario.setup, trace: steps.flatMap(({ trace }) => trace), caller: { digits } };
  return JSON.parse(JSON.stringify(recorded)) as RecordedCall;
}
