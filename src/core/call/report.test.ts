import { describe, expect, it } from "vitest";
import { reportOf } from "./report.ts";
import type { TraceBody, TraceEntry } from "./trace.ts";

function traceOf(...bodies: readonly (readonly [number, TraceBody])[]): TraceEntry[] {
  return bodies.map(([at_ms, body], index) => ({ seq: index + 1, at_ms, ...body }));
}

const started: TraceBody = {
  type: "call.started",
  call_sid: "abc",
  account: "acme",
  flow: "11754",
  from: "+919812345678",
  to: "+918047100000",
  direction: "incoming",
  started_at: "2026-01-05T10:00:00+05:30",
};

const sent = {
  type: "request.sent",
  id: "f1",
  applet: "sales",
  purpose: "connect",
  role: "primary",
  attempt: 1,
  method: "GET",
  url: "https://app.example/connect",
  query: [["CallSid", "abc"]],
  headers: { "exotel-version": "1.0" },
} as const satisfies TraceBody;

const dialled = {
  type: "attempt.started",
  leg: 2,
  applet: "sales",
  destination: "+919900000011",
  caller_id: "+918047100000",
  ring_limit_ms: 30_000,
  round: 1,
} as const satisfies TraceBody;

const ended: TraceBody = {
  type: "call.ended",
  cdr: {
    status: "completed",
    ended_by: "caller",
    dial_call_status: "completed",
    call_type: "completed",
    conversation_s: 3,
    duration_s: 9,
    duration_ms: 9_200,
  },
};

describe("the report of a call", () => {
  it("pairs each request with its result, in the order sent", () => {
    const trace = traceOf(
      [0, started],
      [5, sent],
      [9, { ...sent, id: "f2", role: "fallback" }],
      [
        20,
        {
          type: "request.result",
          id: "f2",
          result: "usable",
          http_status: 200,
          elapsed_ms: 11,
          rule: null,
          message: "",
        },
      ],
      [
        30,
        {
          type: "request.result",
          id: "f1",
          result: "timeout",
          http_status: null,
          elapsed_ms: 25,
          rule: null,
          message: "",
        },
      ],
    );
    const { requests } = reportOf(trace, { seed: null });
    expect(requests.map(({ at_ms, role, result }) => [at_ms, role, result])).toEqual([
      [5, "primary", "timeout"],
      [9, "fallback", "usable"],
    ]);
    expect(requests[0]).not.toHaveProperty("id");
  });

  it("times an attempt from its three entries", () => {
    const trace = traceOf(
      [120, dialled],
      [4_120, { type: "attempt.answered", leg: 2 }],
      [
        64_120,
        {
          type: "attempt.ended",
          leg: 2,
          outcome: "completed",
          cause_code: 16,
          cause: "NORMAL_CLEARING",
          sip: null,
          rule: null,
          message: "",
        },
      ],
    );
    expect(reportOf(trace, { seed: 1 }).attempts).toEqual([
      {
        applet: "sales",
        destination: "+919900000011",
        caller_id: "+918047100000",
        started_ms: 120,
        answered_ms: 4_120,
        ended_ms: 64_120,
        outcome: "completed",
      },
    ]);
  });

  it("lists dial events both by themselves and among the requests", () => {
    const query = [["EventType", "Dial"]] as const;
    const trace = traceOf([7, { type: "dial_event", leg: 2, event: "Dial", url: "https://app.example/e", query }]);
    const report = reportOf(trace, { seed: 1 });
    expect(report.dial_events).toEqual([{ at_ms: 7, url: "https://app.example/e", query }]);
    expect(report.requests).toMatchObject([{ purpose: "dial_event", method: "GET", result: null }]);
  });

  it("lists every finding of the validation, and says which made an answer unusable", () => {
    const finding = {
      type: "answer.finding",
      id: "f1",
      found: "",
      allowed: "",
      consequence: "",
      message: "m",
    } as const;
    const trace = traceOf(
      [1, { ...finding, level: "warning", rule: "RES-7", path: "destinaton" }],
      [1, { ...finding, level: "error", rule: "RES-2", path: "destination" }],
    );
    expect(reportOf(trace, { seed: 1 }).warnings).toEqual([
      { rule: "RES-7", path: "destinaton", message: "m", level: "warning" },
      { rule: "RES-2", path: "destination", message: "m", level: "error" },
    ]);
  });

  it("takes the end from the call's record", () => {
    const report = reportOf(traceOf([0, started], [9_200, ended]), { seed: 7 });
    expect(report).toMatchObject({ call_sid: "abc", seed: 7, ended_by: "caller", duration_ms: 9_200 });
    expect(report.cdr).toMatchObject({ conversation_s: 3 });
  });

  it("leaves null what a call has not reached yet", () => {
    const report = reportOf(traceOf([0, started], [120, dialled]), { seed: null });
    expect(report).toMatchObject({ ended_by: null, cdr: null, duration_ms: 120 });
    expect(report.attempts).toMatchObject([{ answered_ms: null, ended_ms: null, outcome: null }]);
  });
});
