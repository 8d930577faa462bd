import { describe, expect, it } from "vitest";
import { AT_ONCE, DIALS_NOBODY } from "../../call/applet.ts";
import { Drive } from "../../engine/testing/drive.ts";
import { parseFlow } from "../../flow/flow.ts";
import { switchCase } from "./switch.ts";

const BYE = { type: "hangup" };
const PASS = { type: "passthru", url: "https://app.example/pass", exits: { ok: "route", otherwise: "route" } };

function switchFlow(cases: Record<string, string> = { vip: "gold", normal: "plain" }) {
  const route = { type: "switch", cases, default: "other" };
  return { flow: "1", start: "pass", applets: { pass: PASS, route, gold: BYE, plain: BYE, other: BYE } };
}

describe("a Switch case", () => {
  it("APP-5: goes where the Passthru's answer leads, as text or as JSON", () => {
    const json = new Drive({ flow: switchFlow() });
    json.json({ select: "vip" });
    const text = new Drive({ flow: switchFlow() });
    text.text('{"select":"normal"}');
    expect([json.exits.at(-1), text.exits.at(-1)]).toEqual(["route.vip", "route.normal"]);
    expect(json.applets).toEqual(["pass", "route", "gold"]);
  });

  it.each<[string, (call: Drive) => void, string]>([
    [
      "a case it does not have",
      (call) => call.json({ select: "silver" }),
      'warning APP-5 select is "silver"; allowed is one of vip, normal: the default is taken.',
    ],
    ["no case", (call) => call.json({ case: "vip" }), "error APP-5 The answer has select missing"],
    ["an error", (call) => call.status(500), "error RES-1 The answer has status 500"],
    [
      "a case that is a name of every object",
      (call) => call.json({ select: "constructor" }),
      'warning APP-5 select is "constructor"; allowed is one of vip, normal: the default is taken.',
    ],
  ])("C9, APP-5: %s takes the default, with a finding that says why", (_, answer, why) => {
    const call = new Drive({ flow: switchFlow() });
    answer(call);
    expect(call.exits.at(-1)).toBe("route.default");
    const [warning, ...more] = call.report().warnings;
    expect(`${warning?.level} ${warning?.rule} ${warning?.message}`).toContain(why);
    expect(more).toEqual([]);
  });

  it("C9, RES-9: what was corrected in a selection is traced by the Switch that follows it, once", () => {
    const flow = switchFlow({ "1": "again" });
    const again = { type: "switch", cases: { "2": "gold" }, default: "other" };
    const call = new Drive({ flow: { ...flow, applets: { ...flow.applets, again } } });
    call.json({ select: 1 });
    expect(call.exits).toEqual(["pass.ok", "route.1", "again.default"]);
    expect(call.report().warnings.map(({ rule, path }) => `${rule} ${path}`)).toEqual(["RES-6 select", "APP-5 select"]);
  });

  it("C9: a Passthru without a Switch after it may answer anything, without a finding", () => {
    const flow = switchFlow();
    const applets = { ...flow.applets, pass: { ...PASS, exits: { ok: "gold" } } };
    const call = new Drive({ flow: { ...flow, applets } });
    call.text("thank you");
    expect(call.report().warnings).toEqual([]);
  });

  it("names no more than ten of its cases in a finding", () => {
    const call = new Drive({
      flow: switchFlow(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`c${i}`, "gold"]))),
    });
    call.json({ select: "c11" });
    expect(call.report().warnings[0]?.message).toContain("c8, c9, …: the default");
  });

  it("APP-5: a later Passthru without a case cancels what an earlier one selected", () => {
    const flow = switchFlow();
    const applets = { ...flow.applets, pass: { ...PASS, exits: { ok: "again" } }, again: PASS };
    const call = new Drive({ flow: { ...flow, applets } });
    call.json({ select: "vip" });
    call.text("OK");
    expect(call.exits.at(-1)).toBe("route.default");
  });

  it("APP-5: a later Passthru that fails cancels it too", () => {
    const flow = switchFlow();
    const applets = { ...flow.applets, pass: { ...PASS, exits: { ok: "again" } }, again: PASS };
    const call = new Drive({ flow: { ...flow, applets } });
    call.json({ select: "vip" });
    call.status(500);
    expect(call.exits.at(-1)).toBe("route.default");
  });

  it("APP-5: a case called null is not taken when none was selected", () => {
    const call = new Drive({ flow: switchFlow({ null: "gold" }) });
    call.text("OK");
    expect(call.exits.at(-1)).toBe("route.default");
  });

  it("a case cannot be called default", () => {
    expect(parseFlow(switchFlow({ default: "gold" })).ok).toBe(false);
  });

  it("its exits are its cases and the default, taken at once; a case needs to be selected before it", () => {
    const common = { waits: false, silence: AT_ONCE, optional: false };
    const document = switchCase.schema.parse({ type: "switch", cases: { vip: "gold" } });
    expect(switchCase.exits(document)).toEqual([
      { ...common, name: "vip", label: "case vip", target: "gold", path: ["cases", "vip"], selection: "needed" },
      { ...common, name: "default", label: "any other case", target: null, path: ["default"] },
    ]);
    const silentBecause = "It decides at once.";
    expect(switchCase.times(document)).toEqual({ ...DIALS_NOBODY, silenceMs: 0, silentBecause });
  });
});
