import { describe, expect, it } from "vitest";
import { Drive } from "../../engine/testing.ts";
import { parseFlow } from "../../flow/flow.ts";

const MENU = {
  type: "menu",
  say: { text: "For sales press 1." },
  keys: { "1": "one", "#": "hash" },
  no_input: "none",
  invalid: "wrong",
};
const BYE = { type: "hangup" };

function menuFlow(more: Record<string, unknown> = {}) {
  return {
    flow: "1",
    start: "menu",
    applets: { menu: { ...MENU, ...more }, one: BYE, hash: BYE, none: BYE, wrong: BYE },
  };
}

describe("an IVR menu", () => {
  it("APP-3: a key takes its exit, and the prompt stops", () => {
    const call = new Drive({ flow: menuFlow() });
    call.presses("1");
    expect(call.of("stop_playing")).toHaveLength(1);
    expect(call.exits).toEqual(["menu.1"]);
    expect(call.applets).toEqual(["menu", "one"]);
  });

  it("APP-3: no key in time takes the exit no_input; the time counts from the end of the prompt", () => {
    const call = new Drive({ flow: menuFlow({ input_timeout: 7 }) });
    call.after(30_000);
    call.played();
    call.after(6999);
    expect(call.exits).toEqual([]);
    call.after(1);
    expect(call.exits).toEqual(["menu.no_input"]);
  });

  it("APP-3: a key that is not on the menu takes the exit invalid", () => {
    const call = new Drive({ flow: menuFlow() });
    call.played();
    call.presses("9");
    expect(call.exits).toEqual(["menu.invalid"]);
  });

  it("APP-3: the prompt is said again as often as repeat says", () => {
    const call = new Drive({ flow: menuFlow({ repeat: 2 }) });
    call.played();
    call.after(5000);
    expect(call.of("play")).toHaveLength(2);
    call.presses("9");
    expect(call.of("play")).toHaveLength(3);
    call.played();
    call.after(5000);
    expect(call.exits).toEqual(["menu.no_input"]);
  });

  it("APP-3: the wait for a key before does not cut into the prompt said again", () => {
    const call = new Drive({ flow: menuFlow({ repeat: 1 }) });
    call.played();
    call.after(4000);
    call.presses("9");
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call", "prompt"]);
    call.after(30_000);
    expect(call.exits).toEqual([]);
    call.played();
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call", "input"]);
  });

  it("REQ-25: the key is told to later requests", () => {
    const applets = {
      menu: { ...MENU, keys: { "1": "pass" } },
      pass: { type: "passthru", url: "https://app.example/p" },
      none: BYE,
      wrong: BYE,
    };
    const call = new Drive({ flow: { flow: "1", start: "menu", applets } });
    call.presses("1");
    expect(call.query("passthru")["digits"]).toBe('"1"');
  });

  it("further keys are kept for the prompt behind it", () => {
    const flow = menuFlow();
    const applets = { ...flow.applets, one: { ...MENU, keys: { "2": "hash" } } };
    const call = new Drive({
      flow: {
        ...flow,
        applets: { ...applets, menu: { type: "greeting", say: { text: "Hi" }, next: "first" }, first: MENU },
      },
    });
    call.presses("12");
    call.played();
    expect(call.applets).toEqual(["menu", "first", "one", "hash"]);
  });

  it("keys of nobody's alphabet, and keys of the callee, are no keys", () => {
    const call = new Drive({ flow: menuFlow() });
    call.event({ kind: "digit", leg: 1, digit: "A" });
    call.event({ kind: "digit", leg: 1, digit: "12" });
    call.event({ kind: "digit", leg: 2, digit: "1" });
    expect(call.exits).toEqual([]);
  });

  it.each([
    [{ keys: { "12": "one" } }, "keys"],
    [{ input_timeout: 0 }, "at least 1"],
    [{ repeat: 1.5 }, "a whole number"],
    [{ keys: { "1": "nowhere" } }, "the id of an applet of this flow"],
  ])("%j is refused", (more, message) => {
    const flow = parseFlow(menuFlow(more));
    const text = flow.ok ? "" : flow.error.map((each) => `${each.path.join(".")} ${each.message}`).join(" ");
    expect(text).toContain(message);
  });
});
