import { stringify } from "yaml";
import { seededRandom } from "../../src/base/random.ts";
import type { CallReport } from "../../src/core/call/report.ts";
import { parseScenario } from "../../src/tools/simulator/scenario/scenario.ts";
import { simulate } from "../../src/tools/simulator/simulate.ts";
import { essence } from "./essence.ts";
import type { Script } from "./environment.ts";

/** ms. Events closer together may swap on a real network, so their order is undefined. */
const APART_MS = 150;
/** ms by which each answer of a URL or phone may be late on a busy machine without changing the call. */
const LATE_MS = 60;
/** The longest a call may take, so that many can be played. */
const LONGEST_MS = 5000;

const NUMBERS = ["+919900000011", "+919900000012", "+919900000013", "+919900000014"];
const PRIMARY = "https://app.example/connect";
const FALLBACK = "https://backup.example/connect";

const FLOW = {
  flow: "11754",
  account: "acme",
  name: "Random",
  start: "first",
  applets: {
    first: {
      type: "connect",
      url: { primary: PRIMARY, fallback: FALLBACK },
      exits: { conversation_ended: "talked", nobody_answered: "second", nobody_dialed: "undialed" },
    },
    second: {
      type: "connect",
      parameters: { destination: { numbers: ["+919900000015"] }, max_ringing_duration: 1 },
      exits: { conversation_ended: "talked" },
    },
    talked: { type: "hangup" },
    undialed: { type: "hangup" },
  },
};

/** Random scenarios whose course does not depend on milliseconds. The same seed gives the same scenarios. */
export function randomScenarios(count: number, seed: number): Script[] {
  const dice = new Dice(seed);
  const scripts: Script[] = [];
  for (let i = 0; scripts.length < count; i++) {
    const name = `random ${i}`;
    const text = stringify(scenario(dice));
    const report = play(name, text);
    const courses = [text, late(text, LATE_MS), late(text, 2 * LATE_MS)].map((one) =>
      JSON.stringify(essence(play(name, one))),
    );
    if (new Set(courses).size === 1 && isRobust(report)) scripts.push({ name, text, readFile: noFiles });
  }
  return scripts;
}

function play(name: string, text: string): CallReport {
  const parsed = parseScenario(text, name, noFiles);
  if (!parsed.ok) throw new Error(`${parsed.error[0]?.path}: ${parsed.error[0]?.message}\n${text}`);
  return simulate(parsed.value);
}

/** The same scenario on a slow machine: everything but the caller's own clock takes longer. */
function late(text: string, ms: number): string {
  return text.replaceAll(
    /^( +-? ?)(after|ring_after|answer_after|talk|busy_after|reject_after|fail_after)_ms: (\d+)$/gm,
    (_, indent: string, name: string, value: string) => `${indent}${name}_ms: ${Number(value) + ms}`,
  );
}

function noFiles(path: string): string {
  throw new Error(`${path} is not there`);
}

function isRobust(report: CallReport): boolean {
  const times = report.trace.map(({ at_ms }) => at_ms);
  const gaps = times.map((at, index) => at - (times[index - 1] ?? 0));
  return report.duration_ms <= LONGEST_MS && gaps.every((gap) => gap === 0 || gap >= APART_MS);
}

class Dice {
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  one<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.#random.next() * choices.length)];
    if (choice === undefined) throw new Error("nothing to choose from");
    return choice;
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** A multiple of 10 ms. */
  ms(from: number, to: number): number {
    return Math.round((from + this.#random.next() * (to - from)) / 10) * 10;
  }

  some<T>(choices: readonly T[], most: number): T[] {
    return Array.from({ length: Math.floor(this.#random.next() * (most + 1)) }, () => this.one(choices));
  }
}

function scenario(dice: Dice): object {
  return {
    flow: FLOW,
    account: { exophones: ["+918047100000"], country: "IN" },
    call: { from: "+919812345678", to: "+918047100000" },
    urls: { [PRIMARY]: answers(dice), [FALLBACK]: answers(dice) },
    phones: Object.fromEntries([...NUMBERS, "+919900000015"].map((number) => [number, [phone(dice), phone(dice)]])),
    ...(dice.chance(0.3) ? { caller: { hang_up_after_ms: dice.ms(300, 4000) } } : {}),
  };
}

function answers(dice: Dice): object[] {
  return Array.from({ length: dice.one([1, 2, 3]) }, () => ({ after_ms: dice.ms(160, 600), ...answer(dice) }));
}

function answer(dice: Dice): object {
  if (dice.chance(0.1)) return { status: dice.one([201, 302, 404, 500]), json: {} };
  if (dice.chance(0.05)) return { status: 200, headers: { "content-type": "text/html" }, text: "<html>" };
  if (dice.chance(0.05)) return { status: 200, json: dice.one([[], {}, { destination: {} }]) };
  return { status: 200, json: connect(dice) };
}

function connect(dice: Dice): object {
  const numbers = dice.some([...NUMBERS, "09900000011", "abc", "+918047100000"], 4);
  return {
    destination: { numbers },
    max_ringing_duration: dice.one([1, 2]),
    ...(dice.chance(0.4) ? { parallel_ringing: { activate: true, max_parallel_attempts: dice.one([1, 2, 3]) } } : {}),
    ...(dice.chance(0.3) ? { fetch_after_attempt: true } : {}),
    ...(dice.chance(0.3) ? { max_conversation_duration: 1 } : {}),
    ...(dice.chance(0.1) ? { outgoing_phone_number: "+918099999999" } : {}),
    ...(dice.chance(0.1) ? { max_ringing_duration: dice.one([0, 61, "30"]) } : {}),
    ...(dice.chance(0.1) ? { recrod: true } : {}),
  };
}

function phone(dice: Dice): object {
  const ring = { ring_after_ms: dice.ms(160, 300) };
  const kind = dice.one(["answers", "answers", "busy", "rejects", "fails", "rings"]);
  if (kind === "answers")
    return {
      ...ring,
      answer_after_ms: dice.ms(460, 900),
      ...(dice.chance(0.8) ? { talk_ms: dice.ms(300, 1500) } : {}),
    };
  if (kind === "busy") return { busy_after_ms: dice.ms(160, 700) };
  if (kind === "rejects") return { reject_after_ms: dice.ms(160, 700) };
  if (kind === "fails") return { fail_after_ms: dice.ms(160, 700), sip: dice.one([404, 403, 480, 500, 503]) };
  return ring;
}
