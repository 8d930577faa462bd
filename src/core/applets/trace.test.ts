import { describe, expect, it } from "vitest";
import type { TraceEntry } from "../call/trace.ts";
import { Drive } from "../engine/testing/drive.ts";

const BYE = { type: "hangup" };
const MENU = { type: "menu", say: { text: "Press 1." }, keys: { "1": "bye" }, no_input: "bye", invalid: "bye" };
const PASS = { type: "passthru", url: "https://app.example/pass", exits: { ok: "bye", otherwise: "bye" } };
const SWITCH = { type: "switch", cases: { vip: "bye" }, default: "bye" };
const HOURS = { type: "time_condition", open: ["mon 09:00-18:00"], exits: { open: "bye", closed: "bye" } };
const GREETING = { type: "greeting", say: { text: "Hello" }, next: "bye" };

const REDIRECTED = "The answer is a redirect (status 302); redirects are not followed: it cannot be used.";

interface Story {
  /** In addition to `bye`, which hangs up. The call starts at the first. */
  readonly applets: Readonly<Record<string, unknown>>;
  readonly happens: (call: Drive) => void;
  /** The decisions in the trace, until the call is hung up. */
  readonly expected: readonly string[];
}

const STORIES: Readonly<Record<string, Story>> = {
  "APP-1: a greeting that is played": {
    applets: { greet: GREETING },
    happens: (call) => call.played(),
    expected: ["exit.taken APP-1 greet next bye"],
  },
  "APP-3: a digit that is on the menu": {
    applets: { menu: MENU },
    happens: (call) => call.enterDigits("1"),
    expected: ["digits 1 The digit is on the menu.", "exit.taken APP-3 menu 1 bye"],
  },
  "APP-3: no digit, a wrong digit, and again none": {
    applets: { menu: { ...MENU, repeat: 2 } },
    happens: (call) => {
      call.played();
      call.after(5000);
      call.enterDigits("9");
      call.played();
      call.after(5000);
    },
    expected: [
      "decision APP-3 No digit was entered: the menu plays again.",
      "digits 9 The digit is not on the menu.",
      "decision APP-3 A wrong digit was entered: the menu plays again.",
      "exit.taken APP-3 menu no_input bye",
    ],
  },
  "APP-3: a wrong digit, and no repetition left": {
    applets: { menu: MENU },
    happens: (call) => call.enterDigits("9"),
    expected: ["digits 9 The digit is not on the menu.", "exit.taken APP-3 menu invalid bye"],
  },
  "APP-3: a prompt that never ends is cut short, then the menu waits for a digit": {
    applets: { menu: MENU },
    happens: (call) => {
      call.after(600_000);
      call.enterDigits("1");
    },
    expected: [
      "answer.finding APP-1 say is still playing after 600 s: it is cut short.",
      "digits 1 The digit is on the menu.",
      "exit.taken APP-3 menu 1 bye",
    ],
  },
  "APP-4: a Passthru whose URL answers 200": {
    applets: { pass: PASS },
    happens: (call) => call.text("OK"),
    expected: ["request.result usable 200 The URL answered 200.", "exit.taken APP-4 pass ok bye"],
  },
  "APP-4: a Passthru whose URL redirects": {
    applets: { pass: PASS },
    happens: (call) => call.status(302),
    expected: [
      `answer.finding REQ-5 ${REDIRECTED}`,
      `request.result REQ-5 http_error 302 ${REDIRECTED}`,
      "exit.taken APP-4 pass otherwise bye",
    ],
  },
  "APP-4: a Passthru that does not wait": {
    applets: { pass: { ...PASS, mode: "async" } },
    happens: () => undefined,
    expected: ["exit.taken APP-4 pass ok bye"],
  },
  "APP-5: a case that the Switch has": {
    applets: { pass: { ...PASS, exits: { ok: "route" } }, route: SWITCH },
    happens: (call) => call.json({ select: "vip" }),
    expected: [
      "request.result usable 200 The URL answered 200.",
      "exit.taken APP-4 pass ok route",
      "exit.taken APP-5 route vip bye",
    ],
  },
  "APP-5: a case that the Switch does not have": {
    applets: { pass: { ...PASS, exits: { ok: "route" } }, route: SWITCH },
    happens: (call) => call.json({ select: 'say "hi"' }),
    expected: [
      "request.result usable 200 The URL answered 200.",
      "exit.taken APP-4 pass ok route",
      'answer.finding APP-5 select is "say \\"hi\\""; allowed is one of vip: the default is taken.',
      "exit.taken APP-5 route default bye",
    ],
  },
  "APP-5: no case at all": {
    applets: { route: SWITCH },
    happens: () => undefined,
    expected: ["decision APP-5 No case was selected: the default is taken.", "exit.taken APP-5 route default bye"],
  },
  "APP-8: opening hours": {
    applets: { hours: HOURS },
    happens: () => undefined,
    expected: ["exit.taken APP-8 hours open bye"],
  },
};

/** Entries that say what was decided; the others say what was done. */
const DECISION_TYPES: readonly string[] = ["digits", "answer.finding", "request.result", "decision", "exit.taken"];

const SHOWN = ["rule", "applet", "exit", "next", "result", "http_status", "digits", "message"];

/** `type rule … message`, without fields that an entry does not have. */
function line(entry: TraceEntry): string {
  const fields = new Map(Object.entries(entry));
  const shown = SHOWN.map((name) => fields.get(name)).filter((value) => value !== undefined && value !== null);
  return [entry.type, ...shown].join(" ");
}

describe("the trace of an applet", () => {
  it.each(Object.entries(STORIES))("%s", (_, { applets, happens, expected }) => {
    const call = new Drive({ flow: { flow: "1", start: Object.keys(applets)[0], applets: { ...applets, bye: BYE } } });
    happens(call);
    const lines = call.trace.filter(({ type }) => DECISION_TYPES.includes(type)).map(line);
    expect(lines).toEqual([...expected, "decision APP-8 The flow hangs the call up."]);
  });
});
