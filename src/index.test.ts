import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DocumentError, explore, loadFlow, loadScenario, verify, simulate, validateAnswer } from "./index.ts";
import type { ScenarioInput } from "./index.ts";

const SCENARIO = fileURLToPath(new URL("../test/scenarios/answer.yaml", import.meta.url));
const FLOW = fileURLToPath(new URL("../test/scenarios/flows/connect.yaml", import.meta.url));

const flow = {
  flow: "1",
  start: "sales",
  applets: { sales: { type: "connect", url: { primary: "https://app.example/connect" } } },
};

const scenario: ScenarioInput = {
  flow,
  urls: { "https://app.example/connect": [{ json: { destination: { numbers: ["+919900000011"] } } }] },
  phones: { "+919900000011": [{ answer_after_ms: 900, talk_ms: 5_000 }] },
};

describe("simulate, for customers' tests", () => {
  it("takes a scenario as a value", () => {
    expect(simulate(scenario).attempts).toMatchObject([{ destination: "+919900000011", outcome: "completed" }]);
  });

  it("takes a scenario from a file", () => {
    expect(simulate(loadScenario(SCENARIO), { seed: 4 })).toMatchObject({ seed: 4, ended_by: "callee" });
  });

  it("throws all mistakes of a scenario at once, one sentence each", () => {
    const broken = { ...scenario, caller: { hang_up_after_ms: -1 }, start: "now" };
    expect(() => simulate(broken)).toThrow(DocumentError);
    try {
      simulate(broken);
    } catch (error) {
      expect(error instanceof DocumentError && error.problems.length).toBe(2);
    }
  });

  it("wants the flow inside a scenario given as a value", () => {
    expect(() => simulate({ flow: "flow.yaml" })).toThrow(/holds its flow, or is read by loadScenario/);
  });
});

describe("explore, for customers' tests", () => {
  it("takes a flow as a value or from a file", () => {
    expect(explore(flow, { runs: 50 })).toMatchObject({ runs: 50, finding: null });
    expect(explore(loadFlow(FLOW), { runs: 50, seed: 2 })).toMatchObject({ seed: 2, finding: null });
  });

  it("throws the mistakes of a flow", () => {
    expect(() => explore({ ...flow, start: "sails" })).toThrow(/sails/);
  });
});

describe("prove, for customers' tests", () => {
  it("gives for each finding, and for the worst cases, a call that simulate plays", () => {
    const { findings, longestRinging, longestSilence } = verify(flow);
    expect(findings.map(({ level, rule, path }) => [level, rule, path.join(".")])).toEqual([
      ["warning", "EXIT-5", "applets.sales.exits.conversation_ended"],
      ["warning", "EXIT-5", "applets.sales.exits.nobody_answered"],
    ]);
    const calls = [...findings, longestRinging, longestSilence].flatMap((each) => each?.example?.scenario ?? []);
    expect(calls.map((call) => simulate(call).exits.at(-1)?.exit)).toEqual([
      "conversation_ended",
      "nobody_answered",
      "nobody_answered",
      "nobody_dialed",
    ]);
    expect(longestRinging?.ms).toBe(119 * 60_000);
    expect(longestSilence?.ms).toBe(5000);
  });

  it("takes mistakes of a document as findings, and flows from files", () => {
    expect(verify({ ...flow, start: "sails" }).findings).toMatchObject([{ level: "error", rule: "EXIT-6" }]);
    expect(verify(loadFlow(FLOW)).findings).toEqual([]);
  });
});

describe("validateAnswer, for customers' tests", () => {
  it("RES-8: shows a usable answer with every default filled in", () => {
    const verdict = validateAnswer({ body: { destination: { numbers: ["+919900000011"] } } });
    expect(verdict).toMatchObject({ usable: true, result: "usable", findings: [] });
    expect(verdict.answer).toMatchObject({ max_ringing_duration: 30, outgoing_phone_number: "+918047100000" });
  });

  it("RES-1: judges status and content type as a live call does", () => {
    const body = JSON.stringify({ destination: { numbers: [] } });
    const json = { "Content-Type": "application/json; charset=utf-8" };
    expect(validateAnswer({ status: 200, headers: json, body }).usable).toBe(true);
    expect(validateAnswer({ status: 201, headers: json, body }).result).toBe("http_error");
    expect(validateAnswer({ headers: { "content-type": ["text/html"] }, body }).result).toBe("invalid");
    expect(validateAnswer({ headers: {}, body }).result).toBe("invalid");
  });

  it.each([
    ["fetch's Headers", (type: string) => new Headers({ "Content-Type": type })],
    ["a Map", (type: string) => new Map([["Content-Type", type]])],
    ["pairs", (type: string) => [["content-type", type]] as const],
  ])("C22, RES-1: takes %s", (_, headersOf) => {
    const body = { destination: { numbers: [] } };
    expect(validateAnswer({ headers: headersOf("application/json"), body })).toMatchObject({
      usable: true,
      findings: [],
    });
    expect(validateAnswer({ headers: headersOf("text/html"), body }).findings[0]?.message).toContain("text/html");
  });

  it("C22, RES-1: takes a fetch Response's headers as they are", async () => {
    const response = Response.json({ destination: { numbers: [] } });
    const { status, headers } = response;
    expect(validateAnswer({ status, headers, body: await response.text() })).toMatchObject({
      usable: true,
      findings: [],
    });
  });

  it("RES-5: tells what strict and lenient make of a number out of range", () => {
    const body = { destination: { numbers: ["+919900000011"] }, max_ringing_duration: 61 };
    expect(validateAnswer({ body })).toMatchObject({ usable: false, findings: [{ rule: "RES-5", level: "error" }] });
    const lenient = validateAnswer({ body }, { validation: "lenient" });
    expect(lenient.answer).toMatchObject({ max_ringing_duration: 60 });
    expect(lenient.findings).toMatchObject([{ rule: "RES-5", level: "warning" }]);
  });

  it("RES-25: knows the account it is given", () => {
    const body = { destination: { numbers: ["+918047100009"] } };
    const own = validateAnswer({ body }, { account: { exophones: ["+918047100009"] } });
    expect(own.findings).toMatchObject([{ rule: "RES-25" }]);
    expect(() => validateAnswer({ body }, { account: { country: "India" } })).toThrow(/two-letter country/);
  });
});
