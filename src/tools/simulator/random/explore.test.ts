import { describe, expect, it } from "vitest";
import type { Effect } from "../../../core/call/effects.ts";
import type { CallEvent } from "../../../core/call/events.ts";
import type { CallState } from "../../../core/engine/engine.ts";
import { step } from "../../../core/engine/engine.ts";
import type { Invariant } from "../../../core/engine/invariants/invariants.ts";
import { seededRandom } from "../../../base/random.ts";
import type { CallReport } from "../../../core/call/report.ts";
import { TWO_NUMBERS_FLOW } from "../../../core/call/two-numbers-flow.ts";
import { differences, replayOf } from "../replay/replay.ts";
import type { Scenario } from "../scenario/scenario-types.ts";
import { simulate } from "../simulate.ts";
import { examine, exploreWith, explore } from "./explore.ts";
import { drawScenario, makeScenarioPools } from "./random-scenario.ts";
import type { ExploreReport } from "./explore.ts";
import { parseFlowText, parseScenario } from "../scenario/scenario.ts";
import { scenarioDocument, showScenario } from "../scenario/show-scenario.ts";
import type { EngineStep } from "../simulated-network.ts";

const FLOW_TEXT = `flow: "1"
start: sales
applets:
  sales:
    type: connect
    url: { primary: "https://app.example/connect", fallback: "https://backup.example/connect" }
    exits: { conversation_ended: talked, nobody_answered: again, nobody_dialed: bye }
  again:
    type: connect
    parameters: { destination: { numbers: ["+919900000011", "+919900000012"] }, max_ringing_duration: 5 }
    exits: { conversation_ended: talked }
  talked: { type: hangup }
  bye: { type: hangup }
`;

const flow = (() => {
  const parsed = parseFlowText(FLOW_TEXT, "flow.yaml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
})();

type Rewrite = (effects: readonly Effect[], event: CallEvent) => readonly Effect[];

/** The engine with one fault: its effects are rewritten. */
function faulty(rewrite: Rewrite): EngineStep<CallState> {
  return (setup, state, event) => {
    const next = step(setup, state, event);
    return { state: next.state, effects: rewrite(next.effects, event) };
  };
}

function without(unwanted: (effect: Effect) => boolean): EngineStep<CallState> {
  return faulty((effects) => effects.filter((effect) => !unwanted(effect)));
}

function exploreFaulty(engine: EngineStep<CallState>): ExploreReport {
  return exploreWith(engine, flow, { runs: 3_000, seed: 11 });
}

describe("exploring calls by API", () => {
  it("API-2: finds nothing wrong in calls that connect two numbers, and sees them end in every way", () => {
    const pools = makeScenarioPools(TWO_NUMBERS_FLOW, 5);
    const statuses = new Set<string>();
    for (let run = 1; run <= 2_000; run++) {
      const scenario = drawScenario(pools, seededRandom(run), run);
      if (scenario.call.placed === undefined) continue;
      expect(examine(scenario), `run ${run}`).toBeNull();
      const report = simulate(scenario);
      statuses.add(`${report.cdr?.status} ${report.attempts.length}`);
      expect(differences(report, simulate(replayed(report)).trace), `run ${run}`).toEqual([]);
    }
    const ways = ["completed 1", "busy 1", "no-answer 1", "failed 1", "busy 0", "no-answer 0", "failed 0"];
    expect([...statuses].toSorted()).toEqual(ways.toSorted());
  });
});

/** The scenario that is rebuilt from its report. */
function replayed(report: CallReport): Scenario {
  const replay = replayOf(JSON.parse(JSON.stringify(report)), "call.json");
  if (!replay.ok) throw new Error(replay.error);
  return replay.value.scenario;
}

describe("exploring a flow", () => {
  it("API-1: also explores calls by API, whose first leg rings, is busy, or answers too late", () => {
    const pools = makeScenarioPools(flow, 1);
    const runs = Array.from({ length: 400 }, (_, run) => drawScenario(pools, seededRandom(run), run));
    const reports = runs.filter(({ call }) => call.placed !== undefined).map((scenario) => simulate(scenario));
    expect(reports.length).toBeGreaterThan(50);
    const types = new Set(reports.flatMap(({ trace }) => trace.map(({ type }) => type)));
    for (const type of ["caller.ringing", "caller.not_reached", "call.answered"]) expect([...types]).toContain(type);
  });

  it("finds nothing wrong with the engine, and takes every exit", () => {
    const { finding, runs, exits } = explore(flow, { runs: 2_000, seed: 3 });
    expect(finding).toBeNull();
    expect(runs).toBe(2_000);
    expect(Object.keys(exits).toSorted()).toEqual([
      "again.conversation_ended",
      "again.nobody_answered",
      "sales.conversation_ended",
      "sales.nobody_answered",
      "sales.nobody_dialed",
    ]);
  });

  it("plays the same calls for the same seed", () => {
    expect(explore(flow, { runs: 300, seed: 8 })).toEqual(explore(flow, { runs: 300, seed: 8 }));
    expect(explore(flow, { runs: 300, seed: 8 }).exits).not.toEqual(explore(flow, { runs: 300, seed: 9 }).exits);
  });
});

const untraced = (entry: Extract<Effect, { kind: "trace" }>["entry"]): Effect => {
  const { seq, at_ms } = entry;
  return { kind: "trace", entry: { seq, at_ms, type: "decision", rule: "X", message: "something else" } };
};

/** The engine's names for the timers of `max_ringing_duration` and `max_conversation_duration`. */
const RING_TIMER = "ring";
const TALK_TIMER = "talk";

const faults: readonly (readonly [what: string, engine: EngineStep<CallState>, broken: Invariant])[] = [
  ["an engine that loses a CANCEL", without(({ kind }) => kind === "cancel"), "nobody_left_ringing"],
  [
    "an engine that forgets to hang up the callee",
    without((e) => e.kind === "hang_up" && e.leg !== 1),
    "nobody_left_ringing",
  ],
  [
    "an engine that forgets to hang up the caller",
    without((e) => e.kind === "hang_up" && e.leg === 1),
    "nobody_left_ringing",
  ],
  ["an engine that loses its ring timers", without((e) => e.kind === "set_timer" && e.id === RING_TIMER), "ring_limit"],
  ["an engine that forgets to clear timers", without(({ kind }) => kind === "clear_timer"), "all_closed"],
  ["an engine that leaves recordings open", without(({ kind }) => kind === "stop_recording"), "all_closed"],
  ["an engine that does not stop the hold audio", without(({ kind }) => kind === "stop_playing"), "all_closed"],
  ["an engine that does not end", without(({ kind }) => kind === "end"), "ends"],
  [
    "an engine that drops an entry of the trace",
    without((e) => e.kind === "trace" && e.entry.type === "attempt.ringing"),
    "trace_whole",
  ],
  [
    "an engine that sends requests after the caller left",
    faulty((effects, event) =>
      event.kind === "leg_ended" && event.leg === 1
        ? [{ kind: "check_audio", id: "x", url: "https://cdn.example/hold.wav", deadlineMs: 1 }, ...effects]
        : effects,
    ),
    "silent_after_caller",
  ],
  [
    "an engine that connects the caller before the callee has answered",
    faulty((effects, event) =>
      event.kind === "leg_ringing" ? [...effects, { kind: "bridge", a: 1, b: event.leg }] : effects,
    ),
    "no_stranger",
  ],
  [
    "an engine that never sends Terminal",
    faulty((effects) =>
      effects.map((effect) =>
        effect.kind === "trace" && effect.entry.type === "dial_event" && effect.entry.event === "Terminal"
          ? untraced(effect.entry)
          : effect,
      ),
    ),
    "events_pair",
  ],
  [
    "an engine that never ends an attempt that was answered",
    faulty((effects) =>
      effects.map((effect) =>
        effect.kind === "trace" && effect.entry.type === "attempt.ended" && effect.entry.outcome === "completed"
          ? untraced(effect.entry)
          : effect,
      ),
    ),
    "one_end_per_attempt",
  ],
  [
    "an engine that lets conversations run too long",
    faulty((effects) =>
      effects.map((effect) =>
        effect.kind === "set_timer" && effect.id === TALK_TIMER ? { ...effect, at: effect.at + 10_000 } : effect,
      ),
    ),
    "within_limits",
  ],
  [
    "an engine that traces no result for an answer whose audio was being checked when the caller left",
    faulty((effects) =>
      effects.map((effect) =>
        effect.kind === "trace" && effect.entry.type === "request.result" && effect.entry.rule === "REF-8"
          ? untraced(effect.entry)
          : effect,
      ),
    ),
    "trace_explains",
  ],
  [
    "an engine that takes the wrong exit",
    faulty((effects) =>
      effects.map((effect) => {
        if (effect.kind !== "trace" || effect.entry.type !== "exit.taken") return effect;
        return { kind: "trace", entry: { ...effect.entry, exit: "conversation_ended" } };
      }),
    ),
    "exit_fits",
  ],
  [
    "an engine that counts seconds wrongly",
    faulty((effects) =>
      effects.map((effect) => {
        if (effect.kind === "trace" && effect.entry.type === "conversation.ended") {
          return { kind: "trace", entry: { ...effect.entry, duration_ms: effect.entry.duration_ms + 1_000 } };
        }
        return effect;
      }),
    ),
    "record_agrees",
  ],
];

describe("a planted fault", () => {
  it.each(faults)("%s is found, and shrunk to a few lines", (_what, engine, broken) => {
    const { finding } = exploreFaulty(engine);
    expect(finding?.violation.invariant).toBe(broken);
    const document = JSON.stringify(finding && scenarioDocument(finding.scenario, "flow.yaml"));
    expect(document.length).toBeLessThan(520);
  });

  it("in a state that cannot be stored is found by playing the call twice", () => {
    const memory = new WeakMap<CallState, number>();
    const forgetful: EngineStep<CallState> = (setup, state, event) => {
      const next = step(setup, state, event);
      const known = state === null ? 0 : (memory.get(state) ?? -1);
      const count = known < 0 ? -1 : known + 1;
      memory.set(next.state, count);
      const effects = next.effects.map((effect) =>
        effect.kind === "trace" && effect.entry.type === "decision"
          ? { ...effect, entry: { ...effect.entry, message: `event ${count}` } }
          : effect,
      );
      return { state: next.state, effects };
    };
    expect(exploreFaulty(forgetful).finding?.violation.invariant).toBe("plain_state");
  });

  it("survives writing its scenario to a file and reading it again", () => {
    const losesCancel = without(({ kind }) => kind === "cancel");
    const { finding } = exploreFaulty(losesCancel);
    if (finding === null) throw new Error("not found");
    const text = showScenario(finding.scenario, "flow.yaml", ["a finding"]);
    const again = parseScenario(text, finding.scenario.name, () => FLOW_TEXT);
    expect(again).toEqual({ ok: true, value: finding.scenario });
    expect(examine(finding.scenario)).toBeNull();
  });

  it("that needs one phone and one moment shrinks to one phone and one moment", () => {
    const { finding } = exploreFaulty(without(({ kind }) => kind === "cancel"));
    const { urls, phones, caller } = finding?.scenario ?? {};
    expect(Object.keys({ ...urls, ...phones }).length).toBeLessThanOrEqual(2);
    expect(caller?.presses).toEqual([]);
  });
});
