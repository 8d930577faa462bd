import { expect, it } from "vitest";
import type { BacktestResult, BacktestVerdict } from "./backtest.ts";
import { BacktestReport } from "./backtest-report.ts";

const PEOPLE = [{ name: "priya", number: "+919900000011" }, { name: "anil" }];
const CHANGED = {
  kind: "changed",
  aspects: ["talked"],
  was: "talked to +919900000011",
  would: 'reach voicemail "vm"',
  assumed: null,
} as const;

function result(verdict: BacktestVerdict): BacktestResult {
  return { verdict, before: "a", after: "b", draftTrace: [] };
}

function call(callSid: string) {
  return { callSid, trace: [] };
}

it("groups calls with the same change, the largest group first, with its first calls as examples", () => {
  const report = new BacktestReport(PEOPLE);
  report.note(call("s"), result({ kind: "same" }), false);
  report.note(call("u"), result({ kind: "unknown", was: CHANGED.was, reason: "dials +919900000099" }), false);
  for (const sid of ["1", "2", "3", "4"]) report.note(call(sid), result(CHANGED), false);
  report.note(call("n"), result({ kind: "not_reproducible", reason: "its trace cannot be read" }), false);
  expect(report.summary()).toEqual({
    calls: 7,
    same: 1,
    changed: 4,
    unknown: 1,
    not_reproducible: 1,
    groups: [
      {
        verdict: "changed",
        message: '4 callers who talked to priya (+919900000011) would reach voicemail "vm".',
        calls: 4,
        examples: ["1", "2", "3"],
      },
      {
        verdict: "unknown",
        message: "1 caller who talked to priya (+919900000011): unknown, since the draft dials +919900000099.",
        calls: 1,
        examples: ["u"],
      },
      {
        verdict: "not_reproducible",
        message: "1 call can't be replayed: its trace cannot be read.",
        calls: 1,
        examples: ["n"],
      },
    ],
  });
});

it("has a line for each call except unchanged ones, with both traces on request", () => {
  const report = new BacktestReport([]);
  expect(report.note(call("s"), result({ kind: "same" }), true)).toBeNull();
  expect(report.note(call("1"), result(CHANGED), false)).not.toHaveProperty("traces");
  expect(report.note(call("1"), result(CHANGED), true)).toMatchObject({ traces: { before: [], after: [] } });
});

it("keeps a limited number of separate groups, and loses no call", () => {
  const report = new BacktestReport([]);
  for (let n = 0; n < 1500; n++) report.note(call(`${n}`), result({ ...CHANGED, was: `talked to +${n}` }), false);
  const { groups, changed } = report.summary();
  expect([groups.length, changed]).toEqual([1001, 1500]);
  expect(groups[0]).toMatchObject({
    calls: 500,
    message: "500 callers who had various outcomes would have another one.",
  });
});
