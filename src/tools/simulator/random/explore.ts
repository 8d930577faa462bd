import { seededRandom } from "../../../base/random.ts";
import type { Flow } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { makeCallSid } from "../../../core/contract/request.ts";
import { step } from "../../../core/engine/engine.ts";
import { CallInvariants } from "../../../core/engine/invariants/call-invariants.ts";
import type { Violation } from "../../../core/engine/invariants/invariants.ts";
import type { ScenarioPools } from "./random-scenario.ts";
import { drawScenario, makeScenarioPools } from "./random-scenario.ts";
import type { Scenario } from "../scenario/scenario-types.ts";
import { shrink } from "./shrink.ts";
import { DEFAULT_SEED } from "../simulate.ts";
import type { EngineStep } from "../simulated-network.ts";
import { SimulatedNetwork } from "../simulated-network.ts";

export interface ExploreOptions {
  /** Calls to play. */
  readonly runs?: number;
  readonly seed?: number;
}

/** A broken invariant and the smallest scenario found that shows it. */
export interface ExploreFinding {
  /** Number of the run, from 1. */
  readonly run: number;
  readonly violation: Violation;
  readonly scenario: Scenario;
}

export interface ExploreReport {
  readonly seed: number;
  /** Calls played: fewer than requested if one broke an invariant. */
  readonly runs: number;
  /** How often each exit was taken, by `applet.exit`. */
  readonly exits: Readonly<Record<string, number>>;
  readonly finding: ExploreFinding | null;
}

export const DEFAULT_RUNS = 10_000;
/** New behaviours are drawn after this many calls. */
const RUNS_PER_POOL = 5_000;
/** One call in this many is played twice, the second time with its state stored and read back after every event. */
const RUNS_PER_STATE_CHECK = 500;

/**
 * Plays many random calls through one flow and stops at the first that breaks an invariant, which it shrinks. The same
 * flow, runs and seed give the same report.
 */
export function explore(flow: Flow, options: ExploreOptions = {}): ExploreReport {
  return exploreWith(step, flow, options);
}

/** {@link explore} with another engine: tests pass in faulty ones. */
export function exploreWith<State>(engine: EngineStep<State>, flow: Flow, options: ExploreOptions = {}): ExploreReport {
  const { runs = DEFAULT_RUNS, seed = DEFAULT_SEED } = options;
  const callSid = makeCallSid(seededRandom(seed), 0, "Asia/Kolkata");
  const exits: Record<string, number> = {};
  let pools: ScenarioPools = makeScenarioPools(flow, seed);
  for (let run = 1; run <= runs; run++) {
    if (run % RUNS_PER_POOL === 0) pools = makeScenarioPools(flow, mix(seed, run));
    const scenario = drawScenario(pools, seededRandom(mix(seed, run)), run);
    const checksState = run % RUNS_PER_STATE_CHECK === 0;
    const { violation, trace } = examineWith(engine, scenario, callSid, checksState);
    countExits(exits, trace);
    if (violation === null) continue;
    return { seed, runs: run, exits, finding: shrunk(engine, run, scenario, callSid, violation) };
  }
  return { seed, runs, exits, finding: null };
}

/** The first invariant that a call breaks, including those whose check takes a second run; null if there is none. */
export function examine(scenario: Scenario, seed = DEFAULT_SEED): Violation | null {
  const callSid = makeCallSid(seededRandom(seed), scenario.startMs, scenario.setup.account.timezone);
  return examineWith(step, scenario, callSid, true).violation;
}

interface Examination {
  readonly violation: Violation | null;
  readonly trace: readonly TraceEntry[];
}

function examineWith<State>(
  engine: EngineStep<State>,
  scenario: Scenario,
  callSid: string,
  checksState: boolean,
): Examination {
  const invariants = new CallInvariants(scenario.setup.flow.start);
  const network = new SimulatedNetwork(scenario, engine, invariants);
  const outcome = network.run(callSid);
  const { trace } = outcome;
  const atMs = trace.at(-1)?.at_ms ?? 0;
  if (invariants.violation !== null) return { violation: invariants.violation, trace };
  if (outcome.kind !== "ended") return { violation: { invariant: "ends", atMs, message: outcome.message }, trace };
  const [leftover] = network.leftovers();
  if (leftover !== undefined) {
    const invariant = leftover.startsWith("leg ") ? "nobody_left_ringing" : "all_closed";
    return { violation: { invariant, atMs, message: leftover }, trace };
  }
  return { violation: checksState ? compareStored(engine, scenario, callSid, trace) : null, trace };
}

/** Plays the call again with a state that goes through JSON between any two events. */
function compareStored<State>(
  engine: EngineStep<State>,
  scenario: Scenario,
  callSid: string,
  trace: readonly TraceEntry[],
): Violation | null {
  const stored: EngineStep<State> = (setup, state, event) => {
    const read = state === null ? null : (JSON.parse(JSON.stringify(state)) as State);
    return engine(setup, read, event);
  };
  const second = new SimulatedNetwork(scenario, stored).run(callSid).trace;
  for (const [index, entry] of trace.entries()) {
    if (JSON.stringify(entry) === JSON.stringify(second[index])) continue;
    return { invariant: "plain_state", atMs: entry.at_ms, message: `entry ${entry.seq} differs` };
  }
  return null;
}

function shrunk<State>(
  engine: EngineStep<State>,
  run: number,
  scenario: Scenario,
  callSid: string,
  { invariant }: Violation,
): ExploreFinding | null {
  const checksState = invariant === "plain_state";
  const violationOf = (candidate: Scenario): Violation | null =>
    examineWith(engine, candidate, callSid, checksState).violation;
  const smallest = shrink(scenario, (candidate) => violationOf(candidate)?.invariant === invariant);
  const violation = violationOf(smallest);
  return violation === null ? null : { run, violation, scenario: smallest };
}

function countExits(exits: Record<string, number>, trace: readonly TraceEntry[]): void {
  for (const entry of trace) {
    if (entry.type !== "exit.taken") continue;
    const name = `${entry.applet}.${entry.exit}`;
    exits[name] = (exits[name] ?? 0) + 1;
  }
}

/** A separate seed for each run (a multiplicative hash), so that any run can be played without those before it. */
function mix(seed: number, run: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(run, 0x85ebca6b)) >>> 0;
}
