import { describe, expect, it } from "vitest";
import { parseFlow } from "./flow.ts";
import { type FlowVerification, verifyFlow } from "./verify.ts";

const BYE = { type: "hangup" };
const PASS = { type: "passthru", url: "https://app.example/pass" };

function verify(start: string, applets: Record<string, unknown>): FlowVerification {
  const flow = parseFlow({ flow: "1", start, applets });
  if (!flow.ok) throw new Error(JSON.stringify(flow.error));
  return verifyFlow(flow.value);
}

describe("what is known about a flow without a call", () => {
  it("names applets that nothing leads to", () => {
    const { warnings } = verify("a", { a: BYE, b: { ...PASS, exits: { ok: "c", otherwise: "c" } }, c: BYE });
    expect(warnings.map((each) => each.path.join("."))).toEqual(["applets.b", "applets.c"]);
  });

  it("EXIT-5: names exits that lead nowhere and have no default", () => {
    const { warnings } = verify("a", {
      a: { type: "connect", url: { primary: "https://app.example/c" }, exits: { conversation_ended: "b" } },
      b: BYE,
    });
    expect(warnings).toEqual([
      {
        rule: "EXIT-5",
        path: ["applets", "a", "exits", "nobody_answered"],
        message: 'No applet is set for "nobody answers" of "a": the call is hung up there.',
      },
    ]);
  });

  it("finds the applet that may ring longest", () => {
    const twenty = {
      type: "connect",
      parameters: {
        destination: { numbers: ["+919900000011", "+919900000012", "+919900000013"] },
        max_ringing_duration: 20,
      },
      exits: { nobody_answered: "b" },
    };
    const parallel = {
      ...twenty,
      parameters: { ...twenty.parameters, parallel_ringing: { activate: true, max_parallel_attempts: 2 } },
      exits: {},
    };
    const { longestRinging } = verify("a", { a: twenty, b: parallel });
    expect(longestRinging).toMatchObject({ ms: 60_000, applet: "a", path: [] });
    expect(verify("b", { b: parallel }).longestRinging?.ms).toBe(40_000);
    expect(verify("b", { b: BYE }).longestRinging).toBeNull();
  });

  it("a URL may make the caller hear ringing for two hours", () => {
    const { longestRinging } = verify("a", { a: { type: "connect", url: { primary: "https://app.example/c" } } });
    expect(longestRinging?.ms).toBe(119 * 60_000);
  });

  it("adds up silence over applets that make no sound", () => {
    const applets = {
      greet: { type: "greeting", say: { text: "Hello" }, next: "one" },
      one: { ...PASS, exits: { ok: "two", otherwise: "two" } },
      two: { ...PASS, exits: { ok: "route", otherwise: "bye" } },
      route: { type: "switch", cases: {}, default: "sales" },
      sales: { type: "connect", url: { primary: "https://app.example/c", fallback: "https://b.example/c" } },
      bye: BYE,
    };
    const { longestSilence } = verify("greet", applets);
    expect(longestSilence).toMatchObject({ ms: 20_000, applet: "sales" });
    expect(longestSilence?.path.map((step) => step.applet)).toEqual(["greet", "one", "two", "route"]);
  });

  it("silence after a prompt continues into the next applets", () => {
    const menu = { type: "menu", say: { text: "x" }, input_timeout: 8, keys: {}, no_input: "pass" };
    expect(verify("menu", { menu, pass: PASS }).longestSilence?.ms).toBe(13_000);
  });

  it("a caller who always hears something has no silence", () => {
    expect(verify("a", { a: { type: "greeting", say: { text: "Hello" } } }).longestSilence).toBeNull();
  });

  it("copes with a flow in which everything leads to everything", () => {
    const ids = Array.from({ length: 40 }, (_, i) => `a${i}`);
    const applet = { type: "switch", cases: Object.fromEntries(ids.map((id) => [id, id])) };
    const menu = { type: "menu", say: { text: "x" }, keys: { "1": "a0" } };
    const waiting = Object.fromEntries(
      ids.map((id, i) => [id, { ...PASS, exits: { ok: ids[(i + 1) % 40], otherwise: ids[(i + 7) % 40] } }]),
    );
    expect(verify("m", { m: menu, ...waiting }).longestSilence?.ms).toBeGreaterThan(100_000);
    expect(parseFlow({ flow: "1", start: "a0", applets: Object.fromEntries(ids.map((id) => [id, applet])) }).ok).toBe(
      false,
    );
  });
});
