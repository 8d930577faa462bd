import { seededRandom } from "../../../base/random.ts";
import type { CallSetup, Flow } from "../../../core/call/setup.ts";
import { makeCallSid } from "../../../core/contract/request.ts";
import type { Store } from "../../../edges/store/store.ts";
import type { JournalRow } from "../../../edges/store/types.ts";
import { endRow } from "../../exchange/cdr-rows.ts";
import { mayHoldCredentials } from "../../exchange/live-call.ts";
import type { ScenarioPools } from "../../../tools/simulator/random/random-scenario.ts";
import { drawScenario, makeScenarioPools } from "../../../tools/simulator/random/random-scenario.ts";
import type { Scenario } from "../../../tools/simulator/scenario/scenario-types.ts";
import { recordSteps } from "../../../tools/simulator/testing/recorded-call.ts";

/** A stored call that the explorer made. */
export interface ExploredCall {
  readonly callSid: string;
  readonly scenario: Scenario;
}

/** Calls of one batch: as many as the journal takes at once. */
const BATCH = 50;

/**
 * Makes calls as the explorer does and stores them step by step, like live calls. `change` may change when a call begins and what
 * its caller does.
 */
export async function storeExplored(
  store: Store,
  flow: Flow,
  calls: number,
  change: (scenario: Scenario, run: number) => Scenario,
): Promise<readonly ExploredCall[]> {
  const pools = makeScenarioPools(flow, 1);
  const hashes = await storeSetups(store, pools);
  const explored: ExploredCall[] = [];
  for (let first = 1; first <= calls; first += BATCH) {
    const runs = Array.from({ length: Math.min(BATCH, calls - first + 1) }, (_, index) => first + index);
    const batch = runs.map((run) => exploredCall(change(drawScenario(pools, seededRandom(run), run), run), run));
    await Promise.all(batch.map((call) => store.append(rowsOfExplored(call, hashes.get(call.scenario.setup) ?? ""))));
    explored.push(...batch);
  }
  return explored;
}

async function storeSetups(store: Store, { setups }: ScenarioPools): Promise<ReadonlyMap<CallSetup, string>> {
  const hashes = new Map([...new Set(setups)].map((setup, index) => [setup, `setup ${index}`]));
  for (const [setup, hash] of hashes) await store.putSetup(hash, JSON.stringify(setup));
  return hashes;
}

function exploredCall(scenario: Scenario, run: number): ExploredCall {
  const callSid = makeCallSid(seededRandom(run + 1_000_000), scenario.startMs, scenario.setup.account.timezone);
  return { callSid, scenario };
}

function rowsOfExplored({ callSid, scenario }: ExploredCall, hash: string): readonly JournalRow[] {
  const { call, setup, startMs } = scenario;
  const steps = recordSteps(scenario, callSid);
  const trace = steps.flatMap((one) => one.trace);
  const last = trace.at(-1);
  if (last?.type !== "call.ended") throw new Error(`${scenario.name} does not end`);
  const { from, to, direction, customField } = call;
  const row = { setup: hash, flow: setup.flow.id, from, to, direction, customField, startedAt: startMs };
  const end = endRow(setup.account.sid, startMs, trace, last.cdr);
  return steps.map((one, index) => ({
    callSid,
    account: setup.account.sid,
    seq: index + 1,
    at: one.event.at,
    startedAt: startMs,
    event: JSON.stringify(one.event),
    ...(mayHoldCredentials(one.event) ? {} : { inClear: true as const }),
    trace: JSON.stringify(one.trace),
    ...(index === 0 && { call: row }),
    ...(index === steps.length - 1 && { end }),
  }));
}
