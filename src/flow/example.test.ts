import { describe, expect, it } from "vitest";
import type { Effect } from "../call/effects.ts";
import type { CallEvent } from "../call/events.ts";
import { CALLER } from "../call/legs.ts";
import { step } from "../engine/engine.ts";
import { parseScenario } from "../simulator/scenario.ts";
import { World } from "../simulator/world.ts";
import { exampleOf } from "./example.ts";
import { parseFlow } from "./flow.ts";
import { proveFlow } from "./proofs.ts";

const BYE = { type: "hangup" };
const CONNECT = { type: "connect", url: { primary: "https://app.example/c", fallback: "https://b.example/c" } };
const PASS = { type: "passthru", url: "https://user:pw@app.example/pass?key=1" };

/** Measures in a played call what the proofs claim: how long it rang, and how long the caller heard nothing. */
class Ears {
  /** Of the applet that rang longest. */
  ringMs = 0;
  silenceMs = 0;
  readonly #ringing = new Map<number, number>();
  readonly #heard = new Set<string>();
  #rungHere = 0;
  #quietSince = 0;
  #now = 0;

  event(event: CallEvent): void {
    if (event.kind === "call_arrived") this.#quietSince = event.at;
    this.#now = event.at;
    if (event.kind === "played") this.#stop(event.id);
    if (event.kind === "leg_failed" || event.kind === "leg_answered" || event.kind === "leg_ended") {
      this.#rung(event.leg);
      this.#stop("conversation");
    }
    if (event.kind === "leg_ended" && event.leg === CALLER) this.#endQuiet();
    if (event.kind === "digit") {
      // Whoever presses keys is not waiting.
      this.#endQuiet();
      this.#quietSince = event.at;
    }
  }

  effect(effect: Effect): void {
    if (effect.kind === "play" && effect.legs.includes(CALLER)) this.#hear(effect.id);
    if (effect.kind === "stop_playing") this.#stop(effect.id);
    if (effect.kind === "bridge") this.#hear("conversation");
    if (effect.kind === "dial") this.#ringing.set(effect.leg, this.#now);
    if (effect.kind === "cancel") this.#rung(effect.leg);
    if (effect.kind === "end") this.#endQuiet();
    if (effect.kind === "trace" && effect.entry.type === "applet.entered") this.#rungHere = 0;
  }

  #hear(id: string): void {
    this.#endQuiet();
    this.#heard.add(id);
  }

  #endQuiet(): void {
    if (this.#heard.size === 0) this.silenceMs = Math.max(this.silenceMs, this.#now - this.#quietSince);
  }

  #stop(id: string): void {
    if (this.#heard.delete(id) && this.#heard.size === 0) this.#quietSince = this.#now;
  }

  #rung(leg: number): void {
    const since = this.#ringing.get(leg);
    this.#ringing.delete(leg);
    // Legs of one round ring together: the time of the last to end is the round's.
    if (since === undefined || this.#ringing.size > 0) return;
    this.#rungHere += this.#now - since;
    this.ringMs = Math.max(this.ringMs, this.#rungHere);
  }
}

function proveAndPlay(start: string, applets: Record<string, unknown>, what: "ringing" | "silence") {
  const flow = parseFlow({ flow: "1", start, applets });
  if (!flow.ok) throw new Error(JSON.stringify(flow.error));
  const proofs = proveFlow(flow.value);
  const worst = what === "ringing" ? proofs.longestRinging : proofs.longestSilence;
  if (worst === null) throw new Error("nothing was proved");
  const example = exampleOf(flow.value, worst, what);
  if (example === null) return { claimed: worst.ms, ears: null };
  const scenario = parseScenario(JSON.stringify(example), "example.json", () => "");
  if (!scenario.ok) throw new Error(JSON.stringify(scenario.error));
  const ears = new Ears();
  const outcome = new World(scenario.value, step, ears).run("c0ffee00000000000000000000001a15");
  expect(outcome.kind).toBe("ended");
  return { claimed: worst.ms, ears };
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
    [
      "a group, whose people the example brings along",
      "desk",
      { desk: { type: "connect", dial_whom: { group: "sales" } } },
    ],
    [
      "a walk through everything",
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
  ])("rings as long as is claimed: %s", (_, start, applets) => {
    const { claimed, ears } = proveAndPlay(start, applets, "ringing");
    expect(ears?.ringMs).toBe(claimed);
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
      "waiting for a key",
      "menu",
      {
        menu: { type: "menu", say: { text: "Press 1" }, input_timeout: 8, repeat: 2, keys: {}, no_input: "pass" },
        pass: PASS,
      },
    ],
    [
      "waiting for a digit",
      "ask",
      { ask: { type: "gather", parameters: { gather_prompt: { text: "Your number?" }, input_timeout: 9 } } },
    ],
    [
      "a Gather whose URL takes its time",
      "ask",
      { ask: { type: "gather", url: { primary: "https://app.example/ask" } } },
    ],
    [
      "a menu whose URL says nothing",
      "menu",
      {
        menu: { type: "menu", say: { url: "https://app.example/words" }, repeat: 1, keys: {}, no_input: "pass" },
        pass: PASS,
      },
    ],
    [
      "EXIT-4: a Connect that dialled nobody, behind which another asks",
      "sales",
      { sales: { ...CONNECT, exits: { nobody_answered: "pass" } }, pass: PASS },
    ],
    ["a Passthru that is tried again and again", "pass", { pass: { ...PASS, exits: { otherwise: "pass" } } }],
    ["words before a voicemail", "vm", { vm: { type: "voicemail", say: { url: "https://app.example/words" } } }],
  ])("is silent as long as is claimed: %s", (_, start, applets) => {
    const { claimed, ears } = proveAndPlay(start, applets, "silence");
    // A key is pressed one millisecond before the time runs out.
    expect(Math.abs((ears?.silenceMs ?? 0) - claimed)).toBeLessThanOrEqual(1);
  });
});
