import { describe, expect, it } from "vitest";
import { NO_SILENCE, NEVER_TAKEN } from "../../call/applet.ts";
import { type Timing, type ExampleScript, TIMES_OUT } from "../../call/example-script.ts";
import { Drive } from "../../engine/testing/drive.ts";
import { parseFlow } from "../../flow/flow.ts";
import { menu } from "./menu.ts";

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
  it("APP-3: a digit takes its exit, and the prompt stops", () => {
    const call = new Drive({ flow: menuFlow() });
    call.enterDigits("1");
    expect(call.of("stop_playing")).toHaveLength(1);
    expect(call.exits).toEqual(["menu.1"]);
    expect(call.applets).toEqual(["menu", "one"]);
  });

  it("APP-3: no digit in time takes the exit no_input; the time counts from the end of the prompt", () => {
    const call = new Drive({ flow: menuFlow({ input_timeout: 7 }) });
    call.after(30_000);
    call.played();
    call.after(6999);
    expect(call.exits).toEqual([]);
    call.after(1);
    expect(call.exits).toEqual(["menu.no_input"]);
  });

  it("APP-3: a digit that is not on the menu takes the exit invalid", () => {
    const call = new Drive({ flow: menuFlow() });
    call.played();
    call.enterDigits("9");
    expect(call.exits).toEqual(["menu.invalid"]);
  });

  it("APP-3: the prompt plays again as often as repeat says", () => {
    const call = new Drive({ flow: menuFlow({ repeat: 2 }) });
    call.played();
    call.after(5000);
    expect(call.of("play")).toHaveLength(2);
    call.enterDigits("9");
    expect(call.of("play")).toHaveLength(3);
    call.played();
    call.after(5000);
    expect(call.exits).toEqual(["menu.no_input"]);
  });

  it("APP-3: a wrong digit stops the prompt, or the request for it, before it plays again", () => {
    const playing = new Drive({ flow: menuFlow({ repeat: 1 }) });
    playing.enterDigits("9");
    expect(playing.kinds).toEqual(["stop_playing", "clear_timer", "play", "set_timer"]);
    const asking = new Drive({ flow: menuFlow({ repeat: 1, say: { url: "https://app.example/words" } }) });
    asking.enterDigits("9");
    expect(asking.kinds).toEqual(["cancel_request", "fetch"]);
  });

  it("APP-3: the wait for a digit does not cut into the repeated prompt", () => {
    const call = new Drive({ flow: menuFlow({ repeat: 1 }) });
    call.played();
    call.after(4000);
    call.enterDigits("9");
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call", "prompt"]);
    call.after(30_000);
    expect(call.exits).toEqual([]);
    call.played();
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call", "input"]);
  });

  it("REQ-25: later requests carry the digit", () => {
    const applets = {
      menu: { ...MENU, keys: { "1": "pass" } },
      pass: { type: "passthru", url: "https://app.example/p" },
      none: BYE,
      wrong: BYE,
    };
    const call = new Drive({ flow: { flow: "1", start: "menu", applets } });
    call.enterDigits("1");
    expect(call.query("passthru")["digits"]).toBe('"1"');
  });

  it.each<[string, string, (call: Drive) => void, string | undefined]>([
    ["no digit is entered", "no_input", (call) => call.after(5000), undefined],
    ["a wrong digit is entered", "invalid", (call) => call.enterDigits("9"), '"9"'],
  ])(
    "C1, REQ-25: after a menu in which %s (%s) the digit of the one before is no longer sent",
    (_, exit, happens, digits) => {
      const applets = {
        first: { ...MENU, keys: { "1": "menu" }, no_input: "none", invalid: "none" },
        menu: { ...MENU, keys: {}, [exit]: "pass" },
        pass: { type: "passthru", url: "https://app.example/p" },
        none: BYE,
        wrong: BYE,
      };
      const call = new Drive({ flow: { flow: "1", start: "first", applets } });
      call.enterDigits("1");
      call.played();
      happens(call);
      expect(call.exits).toEqual(["first.1", `menu.${exit}`]);
      expect(call.query("passthru")["digits"]).toBe(digits);
    },
  );

  it("further digits are kept for the next prompt", () => {
    const flow = menuFlow();
    const applets = { ...flow.applets, one: { ...MENU, keys: { "2": "hash" } } };
    const call = new Drive({
      flow: {
        ...flow,
        applets: { ...applets, menu: { type: "greeting", say: { text: "Hi" }, next: "first" }, first: MENU },
      },
    });
    call.enterDigits("12");
    call.played();
    expect(call.applets).toEqual(["menu", "first", "one", "hash"]);
  });

  it("unknown digits and digits of the callee are ignored", () => {
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

const MENU_URL = "https://app.example/menu";
const ALL_KEYS = Object.fromEntries("0123456789*#".split("").map((key) => [key, "one"]));

function documentOf(more: Record<string, unknown>) {
  return menu.schema.parse({ ...MENU, ...more });
}

describe("what flow verification knows about a menu", () => {
  it("its exits: each entry of keys, no digit, and a wrong one", () => {
    const common = { waits: true, optional: false };
    const afterWait = { afterSound: 7000, throughout: null };
    expect(menu.exits(documentOf({ input_timeout: 7, invalid: undefined }))).toEqual([
      { ...common, name: "1", label: "digit 1", target: "one", path: ["keys", "1"], silence: NO_SILENCE },
      { ...common, name: "#", label: "digit #", target: "hash", path: ["keys", "#"], silence: NO_SILENCE },
      {
        ...common,
        name: "no_input",
        label: "no digit is entered",
        target: "none",
        path: ["no_input"],
        silence: afterWait,
      },
      {
        ...common,
        name: "invalid",
        label: "a wrong digit is entered",
        target: null,
        path: ["invalid"],
        silence: NO_SILENCE,
      },
    ]);
  });

  it("no digit is wrong if all of them are set", () => {
    expect(menu.exits(documentOf({ keys: ALL_KEYS })).at(-1)).toMatchObject({ name: "invalid", silence: NEVER_TAKEN });
  });

  it("APP-1: a URL that answers nothing makes it silent for its 5 s and the wait, every time it is asked", () => {
    const document = documentOf({ say: { url: MENU_URL }, input_timeout: 7, repeat: 2 });
    expect(menu.times(document)).toEqual({
      ringMs: 0,
      ringsBecause: "It dials nobody.",
      silenceMs: 36_000,
      silentBecause: "Its URL may take 5 s and name nothing to play, and then the menu waits for a digit.",
    });
    expect(menu.exits(document).at(-2)?.silence).toEqual({ afterSound: 7000, throughout: 36_000 });
    expect(menu.times(documentOf({ repeat: 2 })).silenceMs).toBe(0);
  });

  // A prompt takes 1 s, then 5 s are left to enter a digit; a URL that does not answer takes 5 s instead.
  const spoken = { sounds: { "For sales press 1.": 1000 } };
  const fetched = { sounds: { Hello: 1000 } };
  const answer = [MENU_URL, { status: 200, text: "Hello" }] as const;
  const noAnswer = [MENU_URL, TIMES_OUT] as const;
  it.each<[string, Timing, Record<string, unknown>, ExampleScript | null]>([
    ["1", "fast", {}, { ...spoken, urls: [], presses: [{ afterMs: 500, digits: "1" }], takesMs: 500 }],
    ["1", "slow", {}, { ...spoken, urls: [], presses: [{ afterMs: 5999, digits: "1" }], takesMs: 5999 }],
    [
      "1",
      "slow",
      { say: { url: MENU_URL }, repeat: 1 },
      { ...fetched, urls: [answer], presses: [{ afterMs: 5999, digits: "1" }], takesMs: 5999 },
    ],
    ["no_input", "slow", { repeat: 1 }, { ...spoken, urls: [], takesMs: 12_000 }],
    ["no_input", "slow", { say: { url: MENU_URL } }, { ...fetched, urls: [answer], takesMs: 6000 }],
    ["silence", "silent", { say: { url: MENU_URL }, repeat: 1 }, { urls: [noAnswer, noAnswer], takesMs: 20_000 }],
    [
      "invalid",
      "fast",
      { repeat: 1 },
      {
        ...spoken,
        urls: [],
        presses: [
          { afterMs: 500, digits: "0" },
          { afterMs: 1000, digits: "0" },
        ],
        takesMs: 1000,
      },
    ],
    [
      "invalid",
      "fast",
      { keys: { "0": "one" } },
      { ...spoken, urls: [], presses: [{ afterMs: 500, digits: "1" }], takesMs: 500 },
    ],
    ["invalid", "fast", { keys: ALL_KEYS }, null],
  ])("a call that shows %s (%s) of a menu with %j", (target, timing, more, script) => {
    expect(menu.exampleScript(documentOf(more), { target, timing, select: null })).toEqual(script);
  });
});
