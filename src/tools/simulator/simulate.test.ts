import { assert, nat, property, tuple } from "fast-check";
import type { Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../base/random.ts";
import type { CallReport } from "../../core/call/report.ts";
import { drawScenario, makeScenarioPools } from "./random/random-scenario.ts";
import { examine } from "./random/explore.ts";
import { parseFlowText, parseScenario } from "./scenario/scenario.ts";
import type { Scenario } from "./scenario/scenario-types.ts";
import { showScenario } from "./scenario/show-scenario.ts";
import { SimulationError, simulate, simulateWith } from "./simulate.ts";
import { timeline } from "./timeline.ts";

const FLOW_TEXT = `flow: "7"
start: first
applets:
  first: { type: connect, url: { primary: "https://a.example/c", fallback: "https://b.example/c" }, exits: { nobody_answered: second } }
  second: { type: connect, url: { primary: "https://a.example/d" }, exits: { nobody_dialed: bye } }
  bye: { type: hangup }
`;

const flow = (() => {
  const parsed = parseFlowText(FLOW_TEXT, "flow.yaml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
})();

/** Any scenario: fast-check chooses the seeds, so that a failure names a failing one. */
const anyScenario: Arbitrary<Scenario> = tuple(nat({ max: 7 }), nat()).map(([pool, seed]) =>
  drawScenario(pools[pool] ?? makeScenarioPools(flow, pool), seededRandom(seed), seed),
);
const pools = Array.from({ length: 8 }, (_, seed) => makeScenarioPools(flow, seed));

/** The test suite must not fail at random: more seeds are for `plugboard explore`. */
function fixed(numRuns: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns, seed: 1 };
}

describe("any scenario", () => {
  it("ends, and its report is consistent", () => {
    assert(
      property(anyScenario, (scenario) => checkReport(simulate(scenario))),
      fixed(300),
    );
  });

  it("breaks no invariant, even with its state stored and read back after every event", () => {
    assert(
      property(anyScenario, (scenario) => {
        expect(examine(scenario)).toBeNull();
      }),
      fixed(200),
    );
  });

  it("is the same after it was written to a file and read again", () => {
    const roundTrip = (scenario: Scenario): void => {
      const read = parseScenario(showScenario(scenario, "flow.yaml"), scenario.name, () => FLOW_TEXT);
      expect(read).toEqual({ ok: true, value: scenario });
    };
    assert(property(anyScenario, roundTrip), fixed(50));
  });

  it("has a line for every entry of its trace", () => {
    const checkLines = (scenario: Scenario): void => {
      const report = simulate(scenario);
      const [lines = "", summary = ""] = timeline(report).split("\n\n");
      expect(lines.split("\n").length).toBeGreaterThanOrEqual(report.trace.length);
      expect(summary).toContain(`ended by ${report.ended_by}`);
    };
    assert(property(anyScenario, checkLines), fixed(50));
  });
});

function checkReport(report: CallReport): void {
  expect(report.trace.map(({ seq }) => seq)).toEqual(report.trace.map((_, index) => index + 1));
  expect(report.trace.at(-1)).toEqual(expect.objectContaining({ type: "call.ended", cdr: report.cdr }));
  for (const { started_ms, answered_ms, ended_ms, outcome } of report.attempts) {
    expect(outcome).not.toBeNull();
    expect(ended_ms).toBeGreaterThanOrEqual(answered_ms ?? started_ms);
    if (outcome === "completed") expect(answered_ms).not.toBeNull();
  }
  expect(report.exits.length).toBeLessThanOrEqual(report.applets.length);
  expect(report.duration_ms).toBe(report.cdr?.duration_ms);
}

describe("simulate", () => {
  const scenario = drawScenario(makeScenarioPools(flow, 1), seededRandom(1), 1);

  it("throws if a call would never end", () => {
    const silent = simulateWith.bind(null, () => ({ state: null, effects: [] }), {
      ...scenario,
      caller: { hangUpAfterMs: null, presses: [], silentAfterMs: null },
    });
    expect(silent).toThrow(SimulationError);
    expect(silent).toThrow("run 1: nothing more can happen, and the call has not ended");
  });

  it("REQ-10: makes CallSids of the documented form, from the seed alone", () => {
    expect(simulate(scenario, { seed: 1 }).call_sid).toMatch(/^[0-9a-z]{32}$/);
    expect(simulate(scenario, { seed: 1 }).call_sid).toBe(simulate(scenario).call_sid);
  });

  it("does not change the scenario", () => {
    const before = JSON.stringify(scenario);
    simulate(scenario);
    expect(JSON.stringify(scenario)).toBe(before);
  });
});
