import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { YamlDocument } from "../../../core/flow/yaml-document.ts";
import { seededRandom } from "../../../base/random.ts";
import type { CallReport } from "../../../core/call/report.ts";
import { step } from "../../../core/engine/engine.ts";
import { parseFlow } from "../../../core/flow/flow.ts";
import { drawScenario, makeScenarioPools } from "../random/random-scenario.ts";
import { WaitMeter } from "./wait-meter.ts";
import { type FlowFinding, type FlowReport, verify, type VerifiedWorst } from "./verify.ts";
import { parseScenario, type ScenarioInput } from "../scenario/scenario.ts";
import { simulate } from "../simulate.ts";
import { randomFlow } from "../testing/random-flow.ts";
import { SimulatedNetwork } from "../simulated-network.ts";

type Json = Readonly<Record<string, unknown>>;

const BYE = { type: "hangup" };
const HELLO = { type: "greeting", say: { text: "Hello" } };
const PASS = { type: "passthru", url: "https://app.example/pass" };
const SALES = { type: "connect", url: { primary: "https://app.example/connect" } };

function flow(start: string, applets: Json, more: Json = {}): Json {
  return { flow: "1", start, applets, ...more };
}

function desk(parameters: Json): Json {
  const exits = { conversation_ended: "bye", nobody_answered: "bye" };
  return { type: "connect", parameters: { destination: { numbers: ["+919900000011"] }, ...parameters }, exits };
}

/** Plays an example as a customer would: as a scenario that is read from text. */
function play(scenario: ScenarioInput): CallReport {
  const read = parseScenario(JSON.stringify(scenario), "example", () => "");
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return simulate(read.value);
}

function exitsOf({ exits }: CallReport): string[] {
  return exits.map(({ applet, exit }) => `${applet}.${exit}`);
}

/** `error EXIT-6 applets.a.next: message` */
function sentence({ level, rule, path, message }: FlowFinding): string {
  return `${level} ${rule ?? "-"} ${path.join(".")}: ${message}`;
}

interface Mistake {
  readonly document: unknown;
  readonly sentence: string;
  /** The applets that the example call runs, in order, or why there is no example. */
  readonly example: readonly string[] | RegExp;
}

const NO_CALL = /concerns the document, not a call/;

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "an unknown type of applet": {
    document: flow("hello", { hello: { ...HELLO, next: "sales" }, sales: { ...SALES, type: "conect" } }),
    sentence: 'error - applets.sales.type: is "conect"; allowed is one of connect, greeting',
    example: ["hello", "sales"],
  },
  "an applet without a type": {
    document: flow("sales", { sales: {} }),
    sentence: "error - applets.sales.type: is missing; allowed is one of connect",
    example: ["sales"],
  },
  "an unknown key of an applet": {
    document: flow("hello", { hello: { ...HELLO, nxt: "bye" }, bye: BYE }),
    sentence: 'error - applets.hello.nxt: unknown key "nxt", did you mean "next"?',
    example: ["hello"],
  },
  "an unknown key of the flow": {
    document: flow("bye", { bye: BYE }, { validtion: "lenient" }),
    sentence: 'error - validtion: unknown key "validtion", did you mean "validation"?',
    example: NO_CALL,
  },
  "a missing mandatory field": {
    document: flow("menu", { menu: { type: "menu", keys: {} } }),
    sentence: "error - applets.menu.say: is missing; allowed is an object",
    example: ["menu"],
  },
  "a number out of range": {
    document: flow("hello", { hello: { ...HELLO, next: "vm" }, vm: { type: "voicemail", max_duration: 7200 } }),
    sentence: "error - applets.vm.max_duration: is 7200; allowed is at most 3600",
    example: ["hello", "vm"],
  },
  "a URL without a scheme": {
    document: flow("pass", { pass: { ...PASS, url: "app.example/pass" } }),
    sentence: "error - applets.pass.url: must be an absolute http or https URL",
    example: ["pass"],
  },
  "an exit that does not exist": {
    document: flow("sales", { sales: { ...SALES, exits: { nobody_answerd: "bye" } }, bye: BYE }),
    sentence:
      'error - applets.sales.exits.nobody_answerd: unknown key "nobody_answerd", did you mean "nobody_answered"?',
    example: ["sales"],
  },
  "two sources of a Connect": {
    document: flow("sales", { sales: { ...SALES, parameters: {} } }),
    sentence: "error - applets.sales: must hold exactly one of `url`, `parameters` and `dial_whom`",
    example: ["sales"],
  },
  "a number out of range in an answer written into the flow": {
    document: flow("hello", { hello: { ...HELLO, next: "desk" }, desk: desk({ max_ringing_duration: 90 }), bye: BYE }),
    sentence:
      "warning RES-5 applets.desk.parameters.max_ringing_duration: max_ringing_duration is 90; allowed is a whole number from 1 to 60",
    example: ["hello", "desk", "bye"],
  },
  "an unknown key in an answer written into the flow": {
    document: flow("desk", { desk: desk({ max_ringing_time: 20 }), bye: BYE }),
    sentence: "warning RES-7 applets.desk.parameters.max_ringing_time: max_ringing_time ",
    example: ["desk", "bye"],
  },
  "an unknown target": {
    document: flow("menu", {
      menu: { type: "menu", say: { text: "x" }, keys: { "1": "sails" }, no_input: "sales", invalid: "sales" },
      sales: { ...SALES, exits: { conversation_ended: "bye", nobody_answered: "bye" } },
      bye: BYE,
    }),
    sentence: 'error EXIT-6 applets.menu.keys.1: is "sails"; allowed is the id of an applet of this flow',
    example: ["menu", "sails"],
  },
  "an unknown start": {
    document: flow("sails", { sales: SALES }),
    sentence:
      'error EXIT-6 start: is "sails"; allowed is the id of an applet of this flow, one of sales (perhaps sales)',
    example: ["sails"],
  },
  "no start": {
    document: { flow: "1", applets: { bye: BYE } },
    sentence: "error - start: is missing; allowed is a string",
    example: /does not say which applets there are or where to start/,
  },
  "no applets": {
    document: flow("a", {}),
    sentence: 'error EXIT-6 start: is "a"; allowed is the id of an applet of this flow',
    example: /does not say which applets there are or where to start/,
  },
  "nothing at all": {
    document: null,
    sentence: "error - : is null; allowed is an object",
    example: /does not say which applets there are or where to start/,
  },
  "an applet that nothing leads to": {
    document: flow("hello", { hello: { ...HELLO, next: "bye" }, bye: BYE, sales: SALES }),
    sentence: 'warning EXIT-6 applets.sales: No exit leads to "sales": it is never run.',
    example: /No call gets there/,
  },
  "an applet that only a case leads to, which nothing selects": {
    document: flow("route", { route: { type: "switch", cases: { vip: "vip" }, default: "bye" }, vip: BYE, bye: BYE }),
    sentence: 'warning EXIT-6 applets.vip: No exit leads to "vip": it is never run.',
    example: /No call gets there/,
  },
  "an exit that leads nowhere": {
    document: flow("hello", {
      hello: { ...HELLO, next: "sales" },
      sales: { ...SALES, exits: { conversation_ended: "bye" } },
      bye: BYE,
    }),
    sentence: 'warning EXIT-5 applets.sales.exits.nobody_answered: No applet is set for "nobody answers" of "sales"',
    example: ["hello", "sales"],
  },
  "an exit that leads nowhere, after a case that the URL selects": {
    document: flow("pass", {
      pass: { ...PASS, exits: { ok: "route", otherwise: "bye" } },
      route: { type: "switch", cases: { vip: "hello" }, default: "bye" },
      hello: HELLO,
      bye: BYE,
    }),
    sentence: "warning EXIT-5 applets.hello.next: No applet is set for",
    example: ["pass", "route", "hello"],
  },
  "an exit that leads nowhere, at the weekend": {
    document: flow("hours", {
      hours: { type: "time_condition", open: ["mon-fri 09:00-18:00"], exits: { open: "bye" } },
      bye: BYE,
    }),
    sentence: "warning EXIT-5 applets.hours.exits.closed: No applet is set for",
    example: ["hours"],
  },
};

describe("verifying a flow with a mistake", () => {
  it.each(Object.entries(MISTAKES))("gives a sentence and a call: %s", (_, mistake) => {
    const { findings } = verify(mistake.document);
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    if (finding === undefined) return;
    expect(sentence(finding).slice(0, mistake.sentence.length)).toBe(mistake.sentence);
    if (mistake.example instanceof RegExp) {
      expect(finding.noExample).toMatch(mistake.example);
      expect(finding.example).toBeNull();
    } else {
      if (finding.example === null) throw new Error(finding.noExample);
      expect(play(finding.example.scenario).applets).toEqual(mistake.example);
    }
    const isError = finding.level === "error";
    expect(parseFlow(mistake.document).ok).toBe(!isError);
  });

  it("APP-9: a loop without a wait is shown by a call that loops until it has run 200 applets", () => {
    const document = flow("hello", {
      hello: { ...HELLO, next: "pass" },
      pass: { ...PASS, exits: { ok: "route", otherwise: "bye" } },
      route: { type: "switch", cases: { again: "notify" }, default: "bye" },
      notify: { ...PASS, mode: "async", exits: { ok: "route" } },
      bye: BYE,
    });
    const [loop, ...others] = verify(document).findings;
    expect(others).toEqual([]);
    expect(loop && sentence(loop)).toMatch(
      /^error APP-9 applets\.route: goes round in a loop .*: route → notify → route;/,
    );
    expect(loop?.example?.story).toMatch(
      /^hello \(then\) → pass \(answered 200\) → route \(case again\) → notify \(then\) .* → the call is hung up$/,
    );
    const report = play(loop?.example?.scenario ?? { flow: {} });
    expect(report.applets).toHaveLength(200);
    expect(report.trace.some((entry) => entry.type === "decision" && entry.rule === "APP-9")).toBe(true);
  });

  it("an applet that is named twice makes the document invalid", () => {
    const twice = YamlDocument.parse("applets:\n  bye: { type: hangup }\n  bye: { type: hangup }\n", "flow.yaml");
    expect(twice).toMatchObject({
      ok: false,
      error: [{ line: 3, message: expect.stringContaining("unique") as string }],
    });
  });

  it("lists all mistakes at once, but nothing about what may come after an applet that cannot be read", () => {
    const document = flow("menu", {
      menu: { type: "menu", say: { text: "x" }, keys: { "1": "ask" }, no_input: "bey", invalid: "bye" },
      ask: { type: "gather", url: { primary: "nowhere" }, exits: { digits_entered: "after" } },
      after: BYE,
      bye: BYE,
    });
    const { findings, longestSilence } = verify(document);
    expect(findings.map(({ path }) => path.join("."))).toEqual(["applets.ask.url.primary", "applets.menu.no_input"]);
    expect(findings.every(({ example }) => example !== null)).toBe(true);
    expect(longestSilence).toBeNull();
  });

  it("a flow without mistakes has no findings", () => {
    expect(verify(flow("bye", { bye: BYE }))).toEqual({ findings: [], longestRinging: null, longestSilence: null });
  });

  it("finds by random calls what no script reaches", () => {
    // Scripts ignore everything but E.164 numbers: how the rest is dialled depends on the account.
    const sales = { type: "connect", dial_whom: { numbers: ["09900000012"] }, exits: { nobody_answered: "bye" } };
    const [finding] = verify(flow("sales", { sales, bye: BYE })).findings;
    expect(finding?.path).toEqual(["applets", "sales", "exits", "conversation_ended"]);
    expect(exitsOf(play(finding?.example?.scenario ?? { flow: {} }))).toEqual(["sales.conversation_ended"]);
  });
});

const ROOT = join(import.meta.dirname, "../../../..");
const SAMPLES = ["examples/flows", "examples/scenarios/flows", "test/scenarios/flows"].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
);

function sample(file: string): unknown {
  const read = YamlDocument.parse(readFileSync(join(ROOT, file), "utf8"), file);
  if (!read.ok) throw new Error(file);
  return read.value.value();
}

/** How long it rings in each visit to a Connect, from the trace alone: rounds do not overlap. */
function ringTimes({ trace }: CallReport): number[] {
  const times: number[] = [];
  let ringing = new Map<number, number>();
  for (const entry of trace) {
    if (entry.type === "applet.entered") [ringing] = [new Map(), times.push(0)];
    if (entry.type === "attempt.started") ringing.set(entry.leg, entry.at_ms);
    if (entry.type !== "attempt.ended" && entry.type !== "attempt.answered") continue;
    const since = ringing.get(entry.leg);
    ringing.delete(entry.leg);
    if (since !== undefined && ringing.size === 0) times.push((times.pop() ?? 0) + entry.at_ms - since);
  }
  return times;
}

function silenceOf(scenario: ScenarioInput): number {
  const read = parseScenario(JSON.stringify(scenario), "example", () => "");
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const meter = new WaitMeter();
  new SimulatedNetwork(read.value, step, meter).run("c0ffee00000000000000000000001a15");
  return meter.silenceMs;
}

/** Plays every example of a report and checks that it shows what it should. Returns how many there were. */
function checkExamples({ findings, longestRinging, longestSilence }: FlowReport): number {
  let checked = 0;
  const scenarioOf = ({ example }: FlowFinding | VerifiedWorst): ScenarioInput | null => {
    if (example !== null) checked += 1;
    return example?.scenario ?? null;
  };
  for (const finding of findings) {
    const scenario = scenarioOf(finding);
    if (scenario !== null) checkFinding(finding, play(scenario));
  }
  const ringing = longestRinging === null ? null : scenarioOf(longestRinging);
  if (ringing !== null) expect(Math.max(...ringTimes(play(ringing)))).toBe(longestRinging?.ms);
  const silence = longestSilence === null ? null : scenarioOf(longestSilence);
  // A digit is entered one millisecond before the time for it runs out.
  if (silence !== null) expect((longestSilence?.ms ?? 0) - silenceOf(silence)).toBeOneOf([0, 1]);
  return checked;
}

function checkFinding({ rule, path, message }: FlowFinding, report: CallReport): void {
  expect(report.ended_by, message).not.toBe("caller");
  const applet = String(path[1]);
  const last = report.exits.at(-1);
  if (rule === "EXIT-5") expect(path.slice(2), message).toContain(last?.exit);
  if (rule === "EXIT-5" || (rule === "EXIT-6" && path[0] === "applets")) expect(last?.applet, message).toBe(applet);
  if (rule === "APP-9") expect(report.applets, message).toHaveLength(200);
  if (rule === null) expect(report.applets.at(-1), message).toBe(applet);
}

describe("every example call", () => {
  it.each(SAMPLES)("shows what it should: %s", (file) => {
    const report = verify(sample(file));
    expect(
      [...report.findings, report.longestRinging, report.longestSilence].flatMap((each) => each?.noExample ?? []),
    ).toEqual([]);
    checkExamples(report);
  });

  it("shows what it should in random flows, and almost every finding about calls has one", () => {
    let checked = 0;
    const without: string[] = [];
    for (let seed = 1; seed <= 50; seed++) {
      const report = verify(randomFlow(seededRandom(seed)));
      checked += checkExamples(report);
      const aboutCalls = report.findings.filter(({ rule }) => rule === "EXIT-5");
      without.push(...aboutCalls.flatMap(({ example, message }) => (example === null ? `${seed}: ${message}` : [])));
    }
    expect(checked).toBeGreaterThan(60);
    // One exit is open only in the exact minute at which a time condition changes.
    expect(without).toEqual(['5: No applet is set for "open" of "a1": the call is hung up there.']);
  });
});

/** The longest ringing and silence of random calls; the silence without calls that type ahead. */
function measured(document: unknown, seed: number, runs: number): { ringMs: number; silenceMs: number } {
  const read = parseFlow(document);
  const worst = { ringMs: 0, silenceMs: 0 };
  if (!read.ok) return worst;
  const pools = makeScenarioPools(read.value, seed);
  const random = seededRandom(seed);
  for (let run = 1; run <= runs; run++) {
    const meter = new WaitMeter();
    let isAhead = false;
    const watched: typeof step = (setup, state, event) => {
      const next = step(setup, state, event);
      isAhead ||= next.state.typeAhead !== "";
      return next;
    };
    new SimulatedNetwork(drawScenario(pools, random, run), watched, meter).run("c0ffee00000000000000000000001a15");
    worst.ringMs = Math.max(worst.ringMs, meter.ringMs);
    if (!isAhead) worst.silenceMs = Math.max(worst.silenceMs, meter.silenceMs);
  }
  return worst;
}

describe("the worst case", () => {
  it("is never exceeded by a random call", () => {
    let compared = 0;
    for (let seed = 100; seed < 150; seed++) {
      const document = randomFlow(seededRandom(seed));
      const { findings, longestRinging, longestSilence } = verify(document);
      if (findings.some(({ level }) => level === "error")) continue;
      const worst = measured(document, seed, 40);
      expect(worst.ringMs, `seed ${seed}`).toBeLessThanOrEqual(longestRinging?.ms ?? 0);
      expect(worst.silenceMs, `seed ${seed}`).toBeLessThanOrEqual(longestSilence?.ms ?? 0);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(20);
  });
});
