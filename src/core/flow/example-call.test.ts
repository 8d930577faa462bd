import { describe, expect, it } from "vitest";
import { step } from "../engine/engine.ts";
import { WaitMeter } from "../../tools/simulator/verify/wait-meter.ts";
import { parseScenario } from "../../tools/simulator/scenario/scenario.ts";
import { SimulatedNetwork } from "../../tools/simulator/simulated-network.ts";
import { exampleOf } from "./example-call.ts";
import { parseFlow } from "./flow.ts";
import { verifyFlow } from "./verify.ts";

const BYE = { type: "hangup" };
const CONNECT = { type: "connect", url: { primary: "https://app.example/c", fallback: "https://b.example/c" } };
const PASS = { type: "passthru", url: "https://user:pw@app.example/pass?key=1" };

function verifyAndPlay(start: string, applets: Record<string, unknown>, what: "ringing" | "silence") {
  const flow = parseFlow({ flow: "1", start, applets });
  if (!flow.ok) throw new Error(JSON.stringify(flow.error));
  const verification = verifyFlow(flow.value);
  const worst = what === "ringing" ? verification.longestRinging : verification.longestSilence;
  if (worst === null) throw new Error("nothing was found");
  const example = exampleOf(flow.value, worst, what);
  if (example === null) return { claimedMs: worst.ms, meter: null };
  const scenario = parseScenario(JSON.stringify(example), "example.json", () => "");
  if (!scenario.ok) throw new Error(JSON.stringify(scenario.error));
  const meter = new WaitMeter();
  const outcome = new SimulatedNetwork(scenario.value, step, meter).run("c0ffee00000000000000000000001a15");
  expect(outcome.kind).toBe("ended");
  return { claimedMs: worst.ms, meter };
}

const NUMBERS = ["+919900000021", "+919900000022", "+919900000023"];

describe("the example call of the longest ringing", () => {
  it.each<[string, string, Record<string, unknown>]>([
    ["a URL", "sales", { sales: CONNECT }],
    [
      "a list in the flow",
      "desk",
      { desk: { type: "connect", parameters: { destination: { numbers: NUMBERS }, max_ringing_duration: 20 } } },
    ],
    [
      "parallel rounds",
      "desk",
      {
        desk: {
          type: "connect",
          parameters: {
            destination: { numbers: NUMBERS },
            parallel_ringing: { activate: true, max_parallel_attempts: 2 },
          },
        },
      },
    ],
    ["a Dial-Whom URL", "desk", { desk: { type: "connect", dial_whom: { url: "https://app.example/whom" } } }],
    ["a group, whose members are in the example", "desk", { desk: { type: "connect", dial_whom: { group: "sales" } } }],
    [
      "a path through everything",
      "hours",
      {
        hours: { type: "time_condition", open: ["sat 10:00-14:00"], exits: { open: "greet", closed: "bye" } },
        greet: { type: "greeting", say: { text: "Hello" }, next: "menu" },
        menu: { type: "menu", say: { audio_url: "https://cdn.example/menu.wav" }, keys: { "7": "ask" }, repeat: 1 },
        ask: { type: "gather", url: { primary: "https://app.example/ask" }, exits: { digits_entered: "pass" } },
        pass: { ...PASS, exits: { ok: "route" } },
        route: { type: "switch", cases: { vip: "first" }, default: "bye" },
        first: {
          type: "connect",
          parameters: { destination: { numbers: NUMBERS }, max_ringing_duration: 1 },
          exits: { nobody_answered: "vm" },
        },
        vm: { type: "voicemail", say: { text: "Leave a message" }, next: "sales" },
        sales: CONNECT,
        bye: BYE,
      },
    ],
  ])("rings as long as claimed: %s", (_, start, applets) => {
    const { claimedMs, meter } = verifyAndPlay(start, applets, "ringing");
    expect(meter?.ringMs).toBe(claimedMs);
  });
});

describe("the example call of the longest silence", () => {
  it.each<[string, string, Record<string, unknown>]>([
    ["two URLs that time out", "sales", { sales: CONNECT }],
    ["one URL that times out", "sales", { sales: { ...CONNECT, url: { primary: "https://app.example/c" } } }],
    [
      "silence that adds up",
      "greet",
      {
        greet: { type: "greeting", say: { text: "Hello" }, next: "one" },
        one: { ...PASS, exits: { ok: "hours", otherwise: "hours" } },
        hours: { type: "time_condition", open: ["sun 03:00-04:00"], exits: { open: "route", closed: "bye" } },
        route: { type: "switch", cases: {}, default: "sales" },
        sales: { ...CONNECT, exits: { nobody_dialed: "words" } },
        words: { type: "greeting", say: { url: "https://app.example/words" }, next: "bye" },
        bye: BYE,
      },
    ],
    [
      "a menu that waits for a digit",
      "menu",
      {
        menu: { type: "menu", say: { text: "Press 1" }, input_timeout: 8, repeat: 2, keys: {}, no_input: "pass" },
        pass: PASS,
      },
    ],
    [
      "a Gather that waits for a digit",
      "ask",
      { ask: { type: "gather", parameters: { gather_prompt: { text: "Your number?" }, input_timeout: 9 } } },
    ],
    ["a Gather whose URL is slow", "ask", { ask: { type: "gather", url: { primary: "https://app.example/ask" } } }],
    [
      "a menu whose URL answers nothing",
      "menu",
      {
        menu: { type: "menu", say: { url: "https://app.example/words" }, repeat: 1, keys: {}, no_input: "pass" },
        pass: PASS,
      },
    ],
    [
      "EXIT-4: a Connect that dialled nobody, followed by a Passthru",
      "sales",
      { sales: { ...CONNECT, exits: { nobody_answered: "pass" } }, pass: PASS },
    ],
    ["a Passthru that leads to itself", "pass", { pass: { ...PASS, exits: { otherwise: "pass" } } }],
    ["a prompt before a voicemail", "vm", { vm: { type: "voicemail", say: { url: "https://app.example/words" } } }],
  ])("is silent as long as claimed: %s", (_, start, applets) => {
    const { claimedMs, meter } = verifyAndPlay(start, applets, "silence");
    // The digit is entered one millisecond before the time runs out.
    expect(Math.abs((meter?.silenceMs ?? 0) - claimedMs)).toBeLessThanOrEqual(1);
  });
});
