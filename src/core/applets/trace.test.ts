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
  /** Beside `bye`, which hangs up. The first is where the call begins. */
  readonly applets: Readonly<Record<string, unknown>>;
  readonly happens: (call: Drive) => void;
  /** What the trace says was decided, until the call is hung up. */
  readonly told: readonly string[];
}

const STORIES: Readonly<Record<string, Story>> = {
  "APP-1: a greeting that is said": {
    applets: { greet: GREETING },
    happens: (call) => call.played(),
    told: ["exit.taken APP-1 greet next bye"],
  },
  "APP-3: a key that is on the menu": {
    applets: { menu: MENU },
    happens: (call) => call.presses("1"),
    told: ["digits 1 The key is on the menu.", "exit.taken APP-3 menu 1 bye"],
  },
  "APP-3: no key, a wrong key, and again none": {
    applets: { menu: { ...MENU, repeat: 2 } },
    happens: (call) => {
      call.played();
      call.after(5000);
      call.presses("9");
      call.played();
      call.after(5000);
    },
    told: [
      "decision APP-3 No key was pressed: the menu plays again.",
      "digits 9 The key is not on the menu.",
      "decision APP-3 A wrong key was pressed: the menu plays again.",
      "exit.taken APP-3 menu no_input bye",
    ],
  },
  "APP-3: a wrong key, and no more patience": {
    applets: { menu: MENU },
    happens: (call) => call.presses("9"),
    told: ["digits 9 The key is not on the menu.", "exit.taken APP-3 menu invalid bye"],
  },
  "APP-3: a prompt that never ends is cut short, and a key is waited for behind it": {
    applets: { menu: MENU },
    happens: (call) => {
      call.after(600_000);
      call.presses("1");
    },
    told: [
      "answer.finding APP-1 say is still playing after 600 s: it is cut short.",
      "digits 1 The key is on the menu.",
      "exit.taken APP-3 menu 1 bye",
    ],
  },
  "APP-4: a Passthru whose URL answers 200": {
    applets: { pass: PASS },
    happens: (call) => call.text("OK"),
    told: ["request.result usable 200 The URL answered 200.", "exit.taken APP-4 pass ok bye"],
  },
  "APP-4: a Passthru whose URL redirects": {
    applets: { pass: PASS },
    happens: (call) => call.status(302),
    told: [
      `answer.finding REQ-5 ${REDIRECTED}`,
      `request.result REQ-5 http_error 302 ${REDIRECTED}`,
      "exit.taken APP-4 pass otherwise bye",
    ],
  },
  "APP-4: a Passthru that waits for nobody": {
    applets: { pass: { ...PASS, mode: "async" } },
    happens: () => undefined,
    told: ["exit.taken APP-4 pass ok bye"],
  },
  "APP-5: a case that the Switch has": {
    applets: { pass: { ...PASS, exits: { ok: "route" } }, route: SWITCH },
    happens: (call) => call.json({ select: "vip" }),
    told: [
      "request.result usable 200 The URL answered 200.",
      "exit.taken APP-4 pass ok route",
      "exit.taken APP-5 route vip bye",
    ],
  },
  "APP-5: a case that the Switch does not have": {
    applets: { pass: { ...PASS, exits: { ok: "route" } }, route: SWITCH },
    happens: (call) => call.json({ select: 'say "hi"' }),
    told: [
      "request.result usable 200 The URL answered 200.",
      "exit.taken APP-4 pass ok route",
      'answer.finding APP-5 select is "say \\"hi\\""; allowed is one of vip: the default is taken.',
      "exit.taken APP-5 route default bye",
    ],
  },
  "APP-5: no case at all": {
    applets: { route: SWITCH },
    happens: () => undefined,
    told: ["decision APP-5 No case was selected: the default is taken.", "exit.taken APP-5 route default bye"],
  },
  "APP-8: opening hours": {
    applets: { hours: HOURS },
    happens: () => undefined,
    told: ["exit.taken APP-8 hours open bye"],
  },
};

/** Entries that say what was decided; the others say what was done. */
const TOLD: readonly string[] = ["digits", "answer.finding", "request.result", "decision", "exit.taken"];

const SHOWN = ["rule", "applet", "exit", "next", "result", "http_status", "digits", "message"];

/** `type rule … message`, without what an entry does not have. */
function line(entry: TraceEntry): string {
  const fields = new Map(Object.entries(entry));
  const shown = SHOWN.map((name) => fields.get(name)).filter((value) => value !== undefined && value !== null);
  return [entry.type, ...shown].join(" ");
}

describe("what the trace tells of an applet", () => {
  it.each(Object.entries(STORIES))("%s", (_, { applets, happens, told }) => {
    const call = new Drive({ flow: { flow: "1", start: Object.keys(applets)[0], applets: { ...applets, bye: BYE } } });
    happens(call);
    const lines = call.trace.filter(({ type }) => TOLD.includes(type)).map(line);
    expect(lines).toEqual([...told, "decision APP-8 The flow hangs the call up."]);
  });
});
