import type { EndRow, JournalRow } from "../types.ts";

/** The steps of one whole call, from its start to its end. */
export function sampleCall(callSid: string, steps = 3, startedAt = 1_767_600_000_000): readonly JournalRow[] {
  return Array.from({ length: steps }, (_, i) => ({
    callSid,
    account: "acme",
    seq: i + 1,
    at: startedAt + i,
    startedAt,
    event: JSON.stringify({ kind: "step", n: i + 1, text: `say "x" \\ ü` }),
    trace: JSON.stringify([{ seq: i + 1, at_ms: i, type: "decision", rule: "RES-3", message: `step ${i + 1}` }]),
    ...(i === 0 && {
      call: {
        setup: "s1",
        flow: "11754",
        from: "+919812345678",
        to: "+918047100000",
        direction: "incoming" as const,
        customField: null,
        startedAt,
      },
    }),
    ...(i === steps - 1 && { end: sampleEnd(callSid, startedAt + i) }),
  }));
}

export function sampleEnd(callSid: string, endedAt: number): EndRow {
  return {
    endedAt,
    status: "completed",
    cdr: JSON.stringify({ status: "completed" }),
    attempts: [
      {
        leg: 2,
        applet: "sales",
        destination: "+919900000011",
        callerId: "+918047100000",
        trunk: "main",
        startedMs: 1,
        ringingMs: null,
        answeredMs: null,
        endedMs: 2,
        outcome: "busy",
        causeCode: 17,
        cause: "USER_BUSY",
      },
    ],
    requests: [
      {
        id: "f1",
        atMs: 0,
        purpose: "connect",
        url: "https://app.example/",
        result: "usable",
        elapsedMs: 1,
        body: "{}",
      },
    ],
    recordings: [{ id: `rec-${callSid}`, file: `${callSid}.wav`, layout: "dual", durationMs: 1000, failure: null }],
  };
}
