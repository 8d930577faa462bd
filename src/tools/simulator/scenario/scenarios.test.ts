import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { showProblem } from "../../../core/flow/yaml-document.ts";
import type { CallReport } from "../../../core/call/report.ts";
import { examine } from "../random/explore.ts";
import { parseScenario } from "./scenario.ts";
import type { Scenario } from "./scenario-types.ts";
import { simulate } from "../simulate.ts";

/** The calls that are also played over real SIP: they stay short, and their events stay apart. */
const SHARED = new URL("../../../../test/scenarios/", import.meta.url);
const EXAMPLES = new URL("../../../../examples/scenarios/", import.meta.url);
const MAX_CALL_MS = 6_000;
const MIN_APART_MS = 150;

function load(folder: URL, file: string): Scenario {
  const parsed = parseScenario(readFileSync(new URL(file, folder), "utf8"), file, (path) =>
    readFileSync(new URL(path, folder), "utf8"),
  );
  if (!parsed.ok) throw new Error(parsed.error.map(showProblem).join("\n"));
  return parsed.value;
}

function filesIn(folder: URL): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".yaml"));
}

interface Expected {
  readonly applets: string;
  /** Last two digits of each destination, and its outcome. */
  readonly attempts?: string;
  /** Role and result of each request to a URL that decides. */
  readonly requests?: string;
  readonly endedBy?: "caller" | "callee" | "platform";
  readonly warnings?: string;
  readonly callType?: string;
  readonly durationMs?: number;
}

const talked = "sales talked";
const onePrimary = "primary:usable";
const twoRequests = "primary:http_error fallback:usable";

const rows: Readonly<Record<string, Expected>> = {
  "all-fail": { applets: "sales unanswered", attempts: "11:busy 12:failed 13:no-answer", durationMs: 1_900 },
  answer: { applets: talked, attempts: "11:completed", endedBy: "callee", callType: "completed", durationMs: 1_800 },
  "bad-numbers-skipped": { applets: talked, attempts: "11:completed", warnings: "RES-4 RES-4" },
  "both-fail": { applets: "sales undialed", attempts: "", requests: "primary:http_error fallback:http_error" },
  "busy-then-next": { applets: talked, attempts: "11:busy 12:completed", durationMs: 2_300 },
  "callee-leaves-then-next-applet": {
    applets: talked,
    attempts: "11:completed",
    requests: onePrimary,
    endedBy: "callee",
  },
  "caller-id": { applets: talked, attempts: "11:completed", warnings: "DIAL-6" },
  "caller-leaves-during-url": {
    applets: "sales",
    attempts: "",
    endedBy: "caller",
    callType: "client-hangup",
    durationMs: 800,
  },
  "caller-leaves-in-conversation": {
    applets: "sales",
    attempts: "11:completed",
    endedBy: "caller",
    callType: "completed",
    durationMs: 2_000,
  },
  "caller-leaves-while-ringing": {
    applets: "sales",
    attempts: "11:canceled",
    endedBy: "caller",
    callType: "client-hangup",
    durationMs: 1_200,
  },
  chain: {
    applets: "sales desk talked",
    attempts: "11:no-answer 12:completed",
    requests: "primary:usable primary:usable",
  },
  "conversation-limit": { applets: "sales", attempts: "11:completed", endedBy: "platform", durationMs: 1_800 },
  "created-is-not-ok": { applets: talked, attempts: "12:completed", requests: twoRequests },
  "dial-events": { applets: talked, attempts: "11:busy 12:completed" },
  duplicates: { applets: "sales unanswered", attempts: "11:busy", warnings: "RES-24 RES-26 RES-24 RES-26" },
  "empty-list": { applets: "sales undialed", attempts: "", requests: onePrimary, endedBy: "platform" },
  "exit-without-applet": { applets: "sales", attempts: "11:busy", endedBy: "platform" },
  "fetch-again": { applets: talked, attempts: "11:busy 12:completed", requests: "primary:usable primary:usable" },
  "fetch-again-fails": {
    applets: "sales unanswered",
    attempts: "11:busy",
    requests: "primary:usable primary:http_error fallback:http_error",
  },
  "fetch-again-same-list": {
    applets: "sales unanswered",
    attempts: "11:busy",
    requests: "primary:usable primary:usable",
  },
  "invalid-json": { applets: talked, attempts: "11:completed", requests: "primary:invalid fallback:usable" },
  "missing-numbers": {
    applets: talked,
    attempts: "11:completed",
    requests: "primary:invalid fallback:usable",
    warnings: "RES-2",
  },
  "no-good-number": { applets: "sales undialed", attempts: "", requests: onePrimary, warnings: "RES-4 RES-4" },
  "nobody-dialed-without-applet": { applets: "sales unanswered", attempts: "", requests: onePrimary },
  "not-found-then-next": { applets: talked, attempts: "11:failed 12:completed" },
  "out-of-range-lenient": { applets: talked, attempts: "11:completed", requests: onePrimary, warnings: "RES-5" },
  "out-of-range-strict": {
    applets: talked,
    attempts: "12:completed",
    requests: "primary:invalid fallback:usable",
    warnings: "RES-5",
  },
  "own-exophone": { applets: talked, attempts: "11:completed", warnings: "RES-25" },
  parallel: { applets: talked, attempts: "11:canceled 12:completed", durationMs: 1_900 },
  "parallel-rounds": { applets: talked, attempts: "11:no-answer 12:busy 13:completed", durationMs: 2_800 },
  "refused-then-fallback": {
    applets: talked,
    attempts: "11:completed",
    requests: "primary:unreachable fallback:usable",
  },
  reject: { applets: "sales unanswered", attempts: "11:busy" },
  "ring-limit-of-two": { applets: "sales unanswered", attempts: "11:no-answer", durationMs: 2_200 },
  "ring-limit-then-next": { applets: talked, attempts: "11:no-answer 12:completed", durationMs: 2_800 },
  "server-error-then-fallback": { applets: talked, attempts: "11:completed", requests: twoRequests },
  "static-parameters": { applets: "desk talked", attempts: "11:no-answer 12:completed", requests: "" },
  "timeout-then-fallback": {
    applets: talked,
    attempts: "11:completed",
    requests: "primary:timeout fallback:usable",
    durationMs: 5_800,
  },
  "unknown-destination": { applets: "sales unanswered", attempts: "99:failed" },
  "unknown-key": { applets: talked, attempts: "11:completed", warnings: "RES-7" },
  "words-for-numbers": { applets: "sales unanswered", attempts: "11:no-answer", warnings: "RES-6 RES-6" },
  "wrong-content-type": { applets: talked, attempts: "12:completed", requests: "primary:invalid fallback:usable" },
};

/** A report in the form of {@link Expected}. */
function summarise(report: CallReport): Required<Expected> {
  return {
    applets: report.applets.join(" "),
    attempts: report.attempts.map(({ destination, outcome }) => `${destination.slice(-2)}:${outcome}`).join(" "),
    requests: report.requests.flatMap(({ role, result }) => (role === null ? [] : `${role}:${result}`)).join(" "),
    endedBy: report.ended_by ?? "platform",
    warnings: report.warnings.map(({ rule }) => rule).join(" "),
    callType: report.cdr?.call_type ?? "",
    durationMs: report.duration_ms,
  };
}

describe("the shared scenarios", () => {
  it("each have a row in this table", () => {
    expect(filesIn(SHARED).toSorted()).toEqual(
      Object.keys(rows)
        .map((name) => `${name}.yaml`)
        .toSorted(),
    );
  });

  it.each(Object.entries(rows))("%s runs as its first line says", (name, expected) => {
    expect(summarise(simulate(load(SHARED, `${name}.yaml`)))).toMatchObject(expected);
  });

  it.each(Object.keys(rows))("%s is short enough, and its events far enough apart, for the real clock", (name) => {
    const { duration_ms, trace } = simulate(load(SHARED, `${name}.yaml`));
    const moments = [...new Set(trace.map(({ at_ms }) => at_ms))];
    const gaps = moments.map((moment, index) => moment - (moments[index - 1] ?? -MIN_APART_MS));
    expect(duration_ms).toBeLessThanOrEqual(MAX_CALL_MS);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MIN_APART_MS);
  });
});

describe("every scenario we ship", () => {
  const all = [SHARED, EXAMPLES].flatMap((folder) => filesIn(folder).map((file) => ({ file, folder })));

  it.each(all)("$file breaks no invariant", ({ file, folder }) => {
    expect(examine(load(folder, file))).toBeNull();
  });

  it.each(all)("$file gives the same report, byte for byte", ({ file, folder }) => {
    const [first, second] = [1, 2].map(() => JSON.stringify(simulate(load(folder, file), { seed: 5 })));
    expect(second).toBe(first);
  });

  it("differs only in its CallSid for another seed", () => {
    const scenario = load(SHARED, "answer.yaml");
    const [one, two] = [simulate(scenario, { seed: 1 }), simulate(scenario, { seed: 2 })];
    expect(one.call_sid).not.toBe(two.call_sid);
    const again = JSON.stringify({ ...two, seed: 1 }).replaceAll(two.call_sid, one.call_sid);
    expect(again).toBe(JSON.stringify(one));
  });
});

describe("a call by API", () => {
  it("API-1, API-6, REQ-26: dials leg 1 first; its requests and StatusCallbacks are in the report", () => {
    const report = simulate(load(EXAMPLES, "call-by-api.yaml"));
    expect(report.requests.map(({ at_ms, purpose, method }) => `${at_ms} ${method} ${purpose}`)).toEqual([
      "400 POST status_callback",
      "6000 POST status_callback",
      "6000 GET connect",
      "29120 POST status_callback",
    ]);
    for (const { query } of report.requests) expect(query).toContainEqual(["CustomField", "order 12"]);
    expect(report).toMatchObject({ applets: ["sales", "bye"], cdr: { status: "completed", conversation_s: 20 } });
  });

  it("API-2: connects two numbers without a flow", () => {
    const report = simulate(load(EXAMPLES, "two-numbers.yaml"));
    expect(report.attempts).toMatchObject([{ destination: "+919812345678", started_ms: 2_000, answered_ms: 9_000 }]);
    expect(report.trace.filter(({ type }) => type === "recording.started")).toMatchObject([{ layout: "dual" }]);
  });

  it("API-1: a phone that the scenario says nothing about answers at once, so that the call is about what follows", () => {
    const scenario = load(EXAMPLES, "call-by-api.yaml");
    const { "+919812345678": _, ...phones } = scenario.phones;
    expect(simulate({ ...scenario, phones }).requests.find(({ purpose }) => purpose === "connect")?.at_ms).toBe(0);
  });
});

describe("the report of a simulated call", () => {
  it("REQ-3, REQ-10: shows the request as it was sent", () => {
    const { requests, call_sid } = simulate(load(SHARED, "answer.yaml"));
    expect(requests[0]).toMatchObject({
      at_ms: 0,
      purpose: "connect",
      role: "primary",
      attempt: 1,
      method: "GET",
      url: "https://app.example/connect",
      headers: { "exotel-version": "1.0" },
      result: "usable",
    });
    expect(requests[0]?.query[0]).toEqual(["CallSid", call_sid]);
    expect(requests[0]?.query).toContainEqual(["CallFrom", "09812345678"]);
  });

  it("EVT-4: shows Dial and Terminal of each attempt, in order", () => {
    const { dial_events } = simulate(load(SHARED, "dial-events.yaml"));
    const lines = dial_events.map(({ at_ms, query }) => {
      const parameters = new Map(query);
      return `${at_ms} ${parameters.get("EventType")} ${parameters.get("DialWhomNumber")} ${parameters.get("Status")}`;
    });
    expect(lines).toEqual([
      "200 Dial 09900000011 busy",
      "700 Terminal 09900000011 free",
      "700 Dial 09900000012 busy",
      "2300 Terminal 09900000012 free",
    ]);
  });

  it("times an attempt from INVITE to its end", () => {
    expect(simulate(load(SHARED, "answer.yaml")).attempts).toEqual([
      {
        applet: "sales",
        destination: "+919900000011",
        caller_id: "+918047100000",
        started_ms: 200,
        answered_ms: 800,
        ended_ms: 1_800,
        outcome: "completed",
      },
    ]);
  });

  it("EXIT-5: names the exit even if it leads to no applet", () => {
    expect(simulate(load(SHARED, "exit-without-applet.yaml")).exits).toEqual([
      { applet: "sales", exit: "nobody_answered" },
    ]);
  });

  it("EXIT-4: names the exit that replaced the missing one", () => {
    const { exits } = simulate(load(SHARED, "nobody-dialed-without-applet.yaml"));
    expect(exits).toEqual([{ applet: "sales", exit: "nobody_answered" }]);
  });

  it("ends with the record of the call", () => {
    expect(simulate(load(SHARED, "caller-leaves-in-conversation.yaml")).cdr).toEqual({
      status: "completed",
      ended_by: "caller",
      dial_call_status: "completed",
      call_type: "completed",
      conversation_s: 1,
      duration_s: 2,
      duration_ms: 2_000,
    });
  });
});
