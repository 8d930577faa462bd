import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import type { Flow } from "../../../core/call/setup.ts";
import { parseFlow } from "../../../core/flow/flow.ts";
import { drawScenario, makeScenarioPools } from "../random/random-scenario.ts";
import { parseFlowText, parseScenario } from "../scenario/scenario.ts";
import { recordCall } from "../testing/recorded-call.ts";
import type { RecordedCall } from "./backtest.ts";
import { backtestCall } from "./backtest.ts";

const CALL_SID = "c0ffee00000000000000000000001a15";
const PRIYA = "+919900000011";
const ANIL = "+919900000012";
const ASK = "https://app.example/ask";

const APPLETS = {
  greet: { type: "greeting", say: { text: "Welcome" }, next: "menu" },
  menu: {
    type: "menu",
    say: { text: "For sales press 1" },
    input_timeout: 3,
    keys: { "1": "sales", "2": "ask" },
    no_input: "vm",
    invalid: "vm",
  },
  sales: {
    type: "connect",
    parameters: { destination: { numbers: [PRIYA] }, max_ringing_duration: 20 },
    exits: { conversation_ended: "bye", nobody_answered: "vm" },
  },
  ask: {
    type: "connect",
    url: { primary: ASK },
    exits: { conversation_ended: "bye", nobody_answered: "bye", nobody_dialed: "vm" },
  },
  vm: { type: "voicemail", say: { text: "Leave a message" }, max_duration: 30, max_silence: 4, next: "bye" },
  bye: { type: "hangup" },
};

const FLOW = { flow: "1", name: "support", start: "greet", applets: APPLETS };

function flow(applets: object = {}, more: object = {}): Flow {
  const read = parseFlow({ ...FLOW, ...more, applets: { ...APPLETS, ...applets } });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** A caller who presses 1 in the menu, and whom Priya answers. */
function call(scenario: object = {}): RecordedCall {
  const parsed = parseScenario(
    JSON.stringify({
      flow: FLOW,
      call: { from: "+919812345678", to: "+918047100000" },
      phones: { [PRIYA]: [{ ring_after_ms: 500, answer_after_ms: 4_000, talk_ms: 60_000 }] },
      caller: { presses: [{ after_ms: 2_000, digits: "1" }] },
      ...scenario,
    }),
    "call.yaml",
    () => "",
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return recordCall(parsed.value, CALL_SID);
}

function verdict(recorded: RecordedCall, draft: Flow) {
  return backtestCall(recorded, draft).verdict;
}

/** A connect to these numbers in place of `sales`. */
function sales(parameters: object, exits: object = APPLETS.sales.exits): Flow {
  return flow({ sales: { ...APPLETS.sales, parameters: { ...APPLETS.sales.parameters, ...parameters }, exits } });
}

describe("a backtest of one call", () => {
  it("reports no change if only what callers hear differs", () => {
    const draft = flow({ greet: { ...APPLETS.greet, say: { text: "Hello" } } });
    expect(verdict(call(), draft)).toEqual({ kind: "same" });
  });

  it("says whom the caller talked to and where they would end up instead", () => {
    const {
      verdict: found,
      before,
      after,
    } = backtestCall(call(), flow({ menu: { ...APPLETS.menu, keys: { "1": "vm" } } }));
    expect(found).toMatchObject({
      kind: "changed",
      was: `talked to ${PRIYA}`,
      would: 'reach voicemail "vm"',
      aspects: ["talked", "conversation", "path", "rung", "recorded", "record"],
    });
    expect(before).toBe("greet (next) → menu (1) → sales (conversation_ended) → bye → the call ends");
    expect(after).toBe("greet (next) → menu (1) → vm (next) → bye → the call ends");
  });

  it.each<[string, Flow, string, string]>([
    ["a recording", sales({ record: true }), "recorded", "be recorded (mono)"],
    ["a limit of the conversation", sales({ max_conversation_duration: 30 }), "conversation", "talk for less time"],
    [
      "another way to the same person",
      flow({ greet: { ...APPLETS.greet, next: "twice" }, twice: { ...APPLETS.greet, next: "menu" } }),
      "path",
      'reach greeting "twice" on the way',
    ],
    [
      "a longer greeting",
      flow({ greet: { ...APPLETS.greet, say: { text: "Welcome ".repeat(40) } } }),
      "wait",
      "wait longer for an answer",
    ],
  ])("tells %s from other changes", (_, draft, aspect, would) => {
    expect(verdict(call(), draft)).toMatchObject({ kind: "changed", was: `talked to ${PRIYA}`, would });
    expect(verdict(call(), draft)).toMatchObject({ aspects: expect.arrayContaining([aspect]) });
  });

  it("keeps the time between a step and what callers did after it when the step comes earlier", () => {
    // Four seconds of greeting: unmoved, the digit would come long after the draft's menu has given up.
    const greeted = { ...APPLETS, greet: { ...APPLETS.greet, say: { text: "Welcome ".repeat(8) } } };
    const late = call({
      flow: { ...FLOW, applets: greeted },
      caller: { presses: [{ after_ms: 7_000, digits: "1" }], hang_up_after_ms: 20_000 },
    });
    expect(verdict(late, flow())).toEqual({ kind: "same" });
  });

  it("plays the digits that had no effect, too", () => {
    const impatient = call({
      caller: {
        presses: [
          { after_ms: 2_000, digits: "1" },
          { after_ms: 4_000, digits: "9" },
        ],
      },
    });
    const draft = flow({
      menu: { ...APPLETS.menu, keys: { "1": "second" } },
      second: { ...APPLETS.menu, keys: { "9": "bye" } },
    });
    expect(verdict(impatient, draft)).toMatchObject({ kind: "changed", would: 'reach hangup "bye"' });
  });

  it("does not guess how a phone that never rang behaves, or what a URL that was not requested answers", () => {
    expect(verdict(call(), sales({ destination: { numbers: [ANIL] } }))).toEqual({
      kind: "unknown",
      was: `talked to ${PRIYA}`,
      reason: `dials ${ANIL}, which never rang in the call`,
    });
    const asks = flow({ menu: { ...APPLETS.menu, keys: { "1": "ask" } } });
    const { verdict: found, after, draftTrace } = backtestCall(call(), asks);
    expect(found).toMatchObject({ kind: "unknown", reason: `requests ${ASK}, which the call never did` });
    expect(after).toBe("greet (next) → menu (1) → ask → unknown");
    expect(draftTrace.at(-1)?.type).not.toBe("call.ended");
  });

  it("does not guess what happens if a phone rings again or for longer, or a conversation goes on", () => {
    const busy = call({ phones: { [PRIYA]: [{ busy_after_ms: 1_000 }] } });
    const again = flow({
      sales: { ...APPLETS.sales, exits: { ...APPLETS.sales.exits, nobody_answered: "again" } },
      again: APPLETS.sales,
    });
    expect(verdict(busy, again)).toMatchObject({
      kind: "unknown",
      reason: `dials ${PRIYA} more often than the call did`,
    });
    const rings = call({ phones: { [PRIYA]: [{ ring_after_ms: 500 }] } });
    const longer = verdict(rings, sales({ max_ringing_duration: 40 }));
    expect(longer).toMatchObject({ kind: "unknown", reason: `lets ${PRIYA} ring longer than the call did` });
    expect(verdict(rings, sales({ max_ringing_duration: 22 }))).toEqual({ kind: "same" });
    const limited = {
      ...FLOW,
      applets: {
        ...APPLETS,
        sales: { ...APPLETS.sales, parameters: { ...APPLETS.sales.parameters, max_conversation_duration: 30 } },
      },
    };
    expect(verdict(call({ flow: limited }), flow())).toMatchObject({
      kind: "unknown",
      reason: `lets the conversation with ${PRIYA} go on where a limit ended it`,
    });
  });

  it("replays what a URL really sent, and judges a stricter or more lenient draft by it", () => {
    const json = { destination: { numbers: [PRIYA] }, max_ringing_duration: 999 };
    const asked = {
      caller: { presses: [{ after_ms: 2_000, digits: "2" }] },
      urls: { [ASK]: [{ after_ms: 100, status: 200, json }] },
    };
    const lenient = { ...FLOW, validation: "lenient" };
    expect(verdict(call({ ...asked, flow: lenient }), flow({}, { validation: "strict" }))).toMatchObject({
      kind: "changed",
      was: `talked to ${PRIYA}`,
      would: 'reach voicemail "vm"',
    });
    // The strict call rang nobody, so it does not show whether Priya would have answered.
    expect(verdict(call(asked), flow({}, { validation: "lenient" }))).toMatchObject({
      kind: "unknown",
      was: 'reached voicemail "vm"',
      reason: `dials ${PRIYA}, which never rang in the call`,
    });
  });

  it("assumes that callers whom the call hung up would stay on, and says so", () => {
    const busy = call({
      phones: { [PRIYA]: [{ busy_after_ms: 1_000 }] },
      flow: { ...FLOW, applets: { ...APPLETS, sales: { ...APPLETS.sales, exits: { nobody_answered: "bye" } } } },
    });
    expect(verdict(busy, flow())).toMatchObject({
      kind: "changed",
      was: `got no answer from ${PRIYA}`,
      would: 'reach voicemail "vm"',
      assumed: expect.stringMatching(/^The call ended after \d+ s; this assumes that the caller stays on/),
    });
  });

  it("sets aside a call that its own version does not reproduce", () => {
    const recorded = call();
    const trace = recorded.trace.filter(({ type }) => type !== "conversation.started" && type !== "exit.taken");
    expect(verdict({ ...recorded, trace }, flow())).toMatchObject({ kind: "not_reproducible" });
    expect(verdict({ ...recorded, trace: [] }, flow())).toEqual({
      kind: "not_reproducible",
      reason: "the call is not the report of a call: trace is empty",
    });
  });

  it("reproduces random calls, and finds no change in an unchanged draft", () => {
    const file = "../../../../examples/scenarios/flows/support.yaml";
    const support = parseFlowText(readFileSync(new URL(file, import.meta.url), "utf8"), "support.yaml");
    if (!support.ok) throw new Error("support.yaml");
    const pools = makeScenarioPools(support.value, 3);
    const kinds = new Map<string, number>();
    for (let run = 1; run <= 500; run++) {
      const { kind } = verdict(recordCall(drawScenario(pools, seededRandom(run), run), CALL_SID), support.value);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect(kinds.get("same")).toBeGreaterThanOrEqual(498);
    expect(kinds.get("changed") ?? 0).toBe(0);
    expect(kinds.get("unknown") ?? 0).toBe(0);
  });
});
