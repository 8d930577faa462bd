import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { loadScenario, simulate } from "../../../index.ts";
import { drawScenario, makeScenarioPools } from "../../../tools/simulator/random/random-scenario.ts";
import { parseFlowText } from "../../../tools/simulator/scenario/scenario.ts";
import { SimulationError } from "../../../tools/simulator/simulate.ts";
import { randomFlow } from "../../../tools/simulator/testing/random-flow.ts";
import type { TraceBody, TraceEntry } from "../trace.ts";
import { explain } from "./explain.ts";

const RANDOM_FLOWS = 60;
const CALLS_PER_FLOW = 8;
/** Calls through a flow in which every call reaches a Connect. */
const CONNECT_CALLS = 600;
const CONNECT_FLOW = `flow: "1"
start: sales
applets:
  sales:
    type: connect
    url: { primary: "https://app.example/connect", fallback: "https://backup.example/connect" }
    exits: { conversation_ended: bye, nobody_answered: again, nobody_dialed: bye }
  again:
    type: connect
    parameters: { destination: { numbers: ["+919900000011", "+919900000012"] }, max_ringing_duration: 5 }
    exits: { conversation_ended: bye }
  bye: { type: hangup }
`;

/** Traces of random calls through that flow and through random ones. */
function* randomTraces(): Generator<readonly TraceEntry[]> {
  yield* tracesOf(CONNECT_FLOW, 7, CONNECT_CALLS);
  for (let seed = 0; seed < RANDOM_FLOWS; seed++)
    yield* tracesOf(JSON.stringify(randomFlow(seededRandom(seed))), seed, CALLS_PER_FLOW);
}

function* tracesOf(text: string, seed: number, calls: number): Generator<readonly TraceEntry[]> {
  const flow = parseFlowText(text, "flow.yaml");
  if (!flow.ok) return;
  const random = seededRandom(seed);
  const pools = makeScenarioPools(flow.value, seed);
  for (let run = 0; run < calls; run++) {
    try {
      yield simulate(drawScenario(pools, random, run)).trace;
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
    }
  }
}

/** What an explanation must name, found in another way than it finds them: the last conversation or attempt, and its exit. */
function expectedIn(trace: readonly TraceEntry[]): readonly string[] {
  const attempts = trace.filter((entry) => entry.type === "attempt.started");
  const talked = trace.findLast((entry) => entry.type === "conversation.started");
  const attempt = talked === undefined ? attempts.at(-1) : attempts.find(({ leg }) => leg === talked.leg);
  const connected = trace.findLast((entry) => entry.type === "applet.entered" && entry.kind === "connect");
  const where = attempt ?? connected;
  const unreached = trace.find((entry) => entry.type === "caller.not_reached");
  const dialed = trace.find((entry) => entry.type === "caller.dialed");
  if (unreached !== undefined && dialed !== undefined) return [dialed.destination, unreached.rule];
  if (where === undefined || !("applet" in where)) return [];
  const exit = trace.find(
    (entry) => entry.type === "exit.taken" && entry.applet === where.applet && entry.seq > where.seq,
  );
  const request = trace.findLast(
    (entry) => entry.type === "request.sent" && entry.applet === where.applet && entry.purpose === "connect",
  );
  return [
    ...(attempt === undefined ? [] : [attempt.destination]),
    ...(attempt !== undefined || request?.type !== "request.sent" ? [] : [request.url]),
    ...(exit?.type === "exit.taken" ? [`${where.applet} was left by its exit ${exit.exit}`] : []),
  ];
}

function expectGood(trace: readonly TraceEntry[]): void {
  const { text, sentences } = explain(trace);
  expect(text).toMatch(/^The call .+\.$/s);
  expect(text).not.toMatch(/undefined|null|NaN|\[object|\(\)|\.\.|: ;|: \.| {2}/);
  const rules = new Set(trace.flatMap((entry) => ("rule" in entry && entry.rule !== null ? [entry.rule] : [])));
  for (const sentence of sentences) {
    for (const seq of sentence.entries) expect(trace[seq - 1]?.seq, text).toBe(seq);
    for (const rule of sentence.rules) expect(rules, text).toContain(rule);
  }
}

describe("the explanation of a call", () => {
  it("is a paragraph for every random call, and names the attempt or request and the exit that decided", () => {
    let calls = 0;
    let named = 0;
    let unreached = 0;
    for (const trace of randomTraces()) {
      calls += 1;
      expectGood(trace);
      const { text } = explain(trace);
      for (const word of expectedIn(trace)) {
        named += 1;
        expect(text).toContain(word);
      }
      const hasFlow = trace.some(({ type }) => type === "applet.entered");
      if (hasFlow) expect(text, text).toMatch(/the call ended after/i);
      else unreached += 1;
    }
    expect(calls).toBeGreaterThan(800);
    expect(named).toBeGreaterThan(1000);
    expect(unreached).toBeGreaterThan(10);
  });

  it("is a paragraph at every moment of a call", () => {
    const { trace } = simulate(loadScenario("examples/scenarios/hunt.yaml"));
    for (const { seq } of trace) expectGood(trace.slice(0, seq));
    const { text } = explain(trace.slice(0, 17));
    expect(text).toMatch(/^The call from \S+ to \S+ is still up after 0\.28 s\./);
    expect(text).toContain("+919900000011 is ringing (#17); +919900000012 is being dialled (#9)");
  });

  it("of a call that rang nobody, says whose URL failed, how, and by which rules", () => {
    const { text, sentences } = explain(simulate(loadScenario("examples/scenarios/broken-url.yaml")).trace);
    expect(text).toBe(
      "The call from +919812345678 to +918047100000 ended as completed: it should have been connected, and nobody was dialled. " +
        "The primary URL https://app.example/connect of sales failed after 5000 ms: the answer was not complete within 5 s: it cannot be used (REQ-6, #6). " +
        "The fallback URL https://backup.example/connect of sales failed after 40 ms: destination is missing; allowed is an object with an array numbers: the answer is invalid (RES-2, #11). " +
        "So sales was left by its exit nobody_dialed, to sorry (EXIT-4, #13). " +
        "Then came sorry (exit next), bye; the call ended after 8.23 s: the flow hangs the call up (APP-8, #19).",
    );
    expect(sentences[2]).toMatchObject({ rules: ["RES-2"], entries: [11] });
  });

  it("of a call that rang someone, says whom, for how long, and where the caller went next", () => {
    const { text } = explain(simulate(loadScenario("examples/scenarios/nobody-there.yaml")).trace);
    expect(text).toContain("ended as no-answer because nobody who was dialled answered");
    expect(text).toContain("Its flow led through greet (exit next), menu (exit no_input) to desk (#14)");
    expect(text).toContain(
      "+919900000011 did not answer: rang for 30 s, the limit (max_ringing_duration) (DIAL-2, #20)",
    );
    expect(text).toContain("so desk was left by its exit nobody_answered, to vm (EXIT-3, #22)");
    expect(text).toMatch(/the call ended after 75 s: the caller hung up \(#\d+\)\.$/);
  });

  it("names people instead of legs", () => {
    const { text } = explain(simulate(loadScenario("examples/scenarios/hunt.yaml")).trace);
    expect(text).toContain("+919900000011 was cancelled: +919900000012 answered first (DIAL-3, #22)");
    expect(text).not.toMatch(/\bleg\b/i);
  });

  it("says which limit refused a call, and what would change it", () => {
    const limit = {
      rule: "concurrent_calls",
      limit: 2,
      value: 3,
      message: "2 calls are up",
      change: "limits.concurrent_calls",
    };
    const trace = numbered(
      { type: "limit.reached", leg: null, ...limit },
      { type: "decision", rule: "REFUSED", message: "Refused with 503 (limit): 2 calls are up." },
    );
    const { text } = explain(trace);
    expect(text).toContain("2 calls are up; what would change it: limits.concurrent_calls (concurrent_calls, #1).");
    expect(text).toContain("Refused with 503 (limit): 2 calls are up (REFUSED, #2).");
  });

  it("stays within a screen when a call dialled many", () => {
    const attempts = Array.from({ length: 60 }, (_, index): TraceBody[] => [
      {
        type: "attempt.started",
        leg: index + 2,
        applet: "sales",
        destination: `+9199000000${index + 10}`,
        caller_id: "+918047100000",
        ring_limit_ms: 1000,
        round: 1,
      },
      {
        type: "attempt.ended",
        leg: index + 2,
        outcome: "busy",
        cause_code: 17,
        cause: "USER_BUSY",
        sip: 486,
        rule: "DIAL-1",
        message: "",
      },
    ]).flat();
    const { text } = explain(numbered({ type: "applet.entered", applet: "sales", kind: "connect" }, ...attempts));
    expect(text).toContain("60 were dialled, the last 6 of them");
    expect(text).toContain("+919900000069 was busy: USER_BUSY (DIAL-1, #121)");
    expect(text.length).toBeLessThan(700);
  });
});

function numbered(...bodies: readonly TraceBody[]): readonly TraceEntry[] {
  return bodies.map((body, index) => ({ seq: index + 1, at_ms: index * 10, ...body }));
}
