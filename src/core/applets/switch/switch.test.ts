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

  it.each<[string, (call: Drive) => void]>([
    ["a case it does not have", (call) => call.json({ select: "silver" })],
    ["no case", (call) => call.text("OK")],
    ["an error", (call) => call.status(500)],
    ["a case that is a name of every object", (call) => call.json({ select: "constructor" })],
  ])("APP-5: %s takes the default", (_, answer) => {
    const call = new Drive({ flow: switchFlow() });
    answer(call);
    expect(call.exits.at(-1)).toBe("route.default");
    expect(call.rules).toContain("APP-5");
  });

  it("APP-5: a later Passthru without a case takes back what an earlier one selected", () => {
    const flow = switchFlow();
    const applets = { ...flow.applets, pass: { ...PASS, exits: { ok: "again" } }, again: PASS };
    const call = new Drive({ flow: { ...flow, applets } });
    call.json({ select: "vip" });
    call.text("OK");
    expect(call.exits.at(-1)).toBe("route.default");
  });

  it("APP-5: a later Passthru that fails takes it back too", () => {
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
