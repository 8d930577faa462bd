import { seededRandom } from "../../base/random.ts";
import type { CallReport } from "../../core/call/report.ts";
import { reportOf } from "../../core/call/report.ts";
import { makeCallSid } from "../../core/contract/request.ts";
import { step } from "../../core/engine/engine.ts";
import type { Scenario } from "./scenario/scenario-types.ts";
import type { EngineStep } from "./simulated-network.ts";
import { SimulatedNetwork } from "./simulated-network.ts";

/** A call that would never end: the scenario (or the engine) waits for something that cannot happen. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
}

export const DEFAULT_SEED = 1;

export interface SimulateOptions {
  /** Decides the call's ids; everything else is in the scenario. */
  readonly seed?: number;
  /** Absent: made from the seed. A replay keeps the id of the call it repeats. */
  readonly callSid?: string;
}

/**
 * Plays one call through the production engine in virtual time: no network, no telephony, no waiting. The same scenario
 * and seed give the same report, byte for byte. Throws {@link SimulationError} if the call does not end.
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): CallReport {
  return simulateWith(step, scenario, options);
}

/** {@link simulate} with another engine: tests pass in faulty ones. */
export function simulateWith<State>(
  engine: EngineStep<State>,
  scenario: Scenario,
  options: SimulateOptions = {},
): CallReport {
  const seed = options.seed ?? DEFAULT_SEED;
  const callSid = options.callSid ?? makeCallSid(seededRandom(seed), scenario.startMs, scenario.setup.account.timezone);
  const outcome = new SimulatedNetwork(scenario, engine).run(callSid);
  if (outcome.kind !== "ended") throw new SimulationError(`${scenario.name}: ${outcome.message}`);
  return reportOf(outcome.trace, { seed });
}
