import type { TraceBody } from "../../../core/call/trace.ts";
import type { CallRecord } from "../../../core/call/record.ts";
import type { AttemptRow, CallRow, JournalRow, RecordingRow, RequestRow } from "../../../edges/store/types.ts";
import { sampleEnd } from "../../../edges/store/testing/calls.ts";

/** A stored call as a test wants it; by default, a caller of acme talks for 8 s. */
export interface SampleCall {
  readonly sid: string;
  readonly startedAt: number;
  readonly account?: string;
  readonly from?: string;
  readonly to?: string;
  readonly direction?: CallRow["direction"];
  readonly record?: Partial<CallRecord>;
  /** Entries between `call.started` and `call.ended`. */
  readonly trace?: readonly ({ readonly at_ms: number } & TraceBody)[];
  readonly recordings?: readonly RecordingRow[];
  readonly attempts?: readonly AttemptRow[];
  readonly requests?: readonly RequestRow[];
  /** True: the call has not ended. */
  readonly isLive?: boolean;
}

/** The rows of a call, as the exchange would have journalled them. */
export function rowsOf(sample: SampleCall): readonly JournalRow[] {
  const { sid, startedAt, account = "acme", isLive = false } = sample;
  const record = recordOf(sample);
  const start = {
    callSid: sid,
    account,
    seq: 1,
    at: startedAt,
    startedAt,
    event: "{}",
    trace: JSON.stringify(traceOf(sample)),
  };
  const first = { ...start, call: callOf(sample) };
  if (isLive) return [first];
  const ended = { seq: 100, at_ms: record.duration_ms, type: "call.ended", cdr: record };
  const { attempts = [], requests = [], recordings = [] } = sample;
  const end = { ...sampleEnd(sid, startedAt + record.duration_ms), status: record.status, cdr: JSON.stringify(record) };
  const last = { ...start, seq: 2, at: startedAt + record.duration_ms, trace: JSON.stringify([ended]) };
  return [first, { ...last, end: { ...end, attempts, requests, recordings } }];
}

function callOf({
  from = "+919812345678",
  to = "+918047100000",
  direction = "incoming",
  startedAt,
}: SampleCall): CallRow {
  return { setup: "s1", flow: "11754", from, to, direction, customField: null, startedAt };
}

function recordOf({ record = {} }: SampleCall): CallRecord {
  return {
    status: "completed",
    ended_by: "caller",
    dial_call_status: "completed",
    call_type: "completed",
    conversation_s: 8,
    duration_s: Math.floor((record.duration_ms ?? 21_000) / 1000),
    duration_ms: 21_000,
    ...record,
  };
}

function traceOf({ trace = [], ...sample }: SampleCall): readonly object[] {
  const { sid, account = "acme", startedAt } = sample;
  const { flow, from, to, direction } = callOf(sample);
  const started = { type: "call.started", call_sid: sid, account, flow, from, to, direction };
  const begun = { at_ms: 0, ...started, started_at: new Date(startedAt).toISOString() };
  return [begun, ...trace].map((entry, index) => ({ seq: index + 1, ...entry }));
}

/** Two destinations: the first does not answer, the second talks for 8 s. */
export const TWO_ATTEMPTS: NonNullable<SampleCall["trace"]> = [
  { at_ms: 0, type: "call.answered" },
  ...attempt(2, "+919900000011", 100, null, 5100),
  ...attempt(3, "+919900000012", 5200, 12_200, 20_200),
];

export function attempt(
  leg: number,
  destination: string,
  startedMs: number,
  answeredMs: number | null,
  endedMs: number,
): NonNullable<SampleCall["trace"]> {
  const begun = { at_ms: startedMs, type: "attempt.started", leg, applet: "sales", destination } as const;
  const outcome =
    answeredMs === null
      ? (["no-answer", 1003, "RING_TIMEOUT"] as const)
      : (["completed", 16, "NORMAL_CLEARING"] as const);
  const ended = { at_ms: endedMs, type: "attempt.ended", leg, sip: null, rule: null, message: "" } as const;
  return [
    { ...begun, caller_id: "+918047100000", ring_limit_ms: 30_000, round: 1 },
    { at_ms: startedMs + 1000, type: "attempt.ringing", leg },
    ...(answeredMs === null ? [] : [{ at_ms: answeredMs, type: "attempt.answered", leg } as const]),
    { ...ended, outcome: outcome[0], cause_code: outcome[1], cause: outcome[2] },
  ];
}
