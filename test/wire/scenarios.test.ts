import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallReport } from "../../src/call/report.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();

beforeAll(() => stage.start());
afterAll(() => stage.stop());

/** What must be the same in virtual and in real time: everything but the clock's readings. */
function essence(report: CallReport): object {
  return {
    ended_by: report.ended_by,
    applets: report.applets,
    exits: report.exits,
    attempts: report.attempts.map(({ applet, destination, caller_id, outcome, answered_ms }) => ({
      applet,
      destination,
      caller_id,
      outcome,
      answered: answered_ms !== null,
    })),
    requests: report.requests.map(({ purpose, role, attempt, url, result }) => ({
      purpose,
      role,
      attempt,
      url,
      result,
    })),
    rules:
      report.exits.length === 0
        ? []
        : report.trace.flatMap((entry) => (entry.type === "exit.taken" ? [entry.rule] : [])),
    warnings: report.warnings.map(({ rule, path }) => ({ rule, path })),
    cdr: { ...report.cdr, duration_ms: 0, duration_s: 0, conversation_s: 0 },
  };
}

describe("a scenario ends over real SIP, RTP and HTTP as it ends in the simulator", () => {
  it.concurrent.each(Stage.names())("%s", async (name) => {
    const real = await stage.play(name);
    expect(essence(real)).toEqual(essence(simulate(stage.scenario(name))));
  });
});
