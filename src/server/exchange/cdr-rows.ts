import { unreachable } from "../../base/never.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { CallRecord } from "../../core/call/record.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import type { AttemptRow, EndRow, RecordingRow, RequestRow } from "../../edges/store/types.ts";
import { recordingFile } from "./recording-files.ts";

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;

/** The last row of a call: its record and its searchable lists, all taken from the trace. */
export function endRow(account: string, startedAt: number, trace: readonly TraceEntry[], record: CallRecord): EndRow {
  const attempts = new Map<number, AttemptRow>();
  const requests = new Map<string, RequestRow>();
  const recordings = new Map<string, RecordingRow>();
  for (const entry of trace) {
    if (isOfCaller(entry)) noteCaller(attempts, entry);
    else if (isOfAttempt(entry)) noteAttempt(attempts, entry);
    else if (entry.type === "request.sent" || entry.type === "request.result") noteRequest(requests, entry);
    else if (entry.type === "recording.started" || entry.type === "recording.closed")
      noteRecording(account, recordings, entry);
  }
  return {
    endedAt: startedAt + record.duration_ms,
    status: record.status,
    cdr: JSON.stringify(record),
    attempts: [...attempts.values()],
    requests: [...requests.values()],
    recordings: [...recordings.values()],
  };
}

const ATTEMPT_ENTRIES = [
  "attempt.started",
  "attempt.dialed",
  "attempt.ringing",
  "attempt.answered",
  "attempt.ended",
] as const;
type AttemptEntry = Entry<(typeof ATTEMPT_ENTRIES)[number]>;

function isOfAttempt(entry: TraceEntry): entry is AttemptEntry {
  return (ATTEMPT_ENTRIES as readonly string[]).includes(entry.type);
}

function noteAttempt(attempts: Map<number, AttemptRow>, entry: AttemptEntry): void {
  if (entry.type === "attempt.started") {
    attempts.set(entry.leg, { ...begun(entry), leg: entry.leg, applet: entry.applet });
    return;
  }
  const known = attempts.get(entry.leg);
  if (known === undefined) return;
  attempts.set(entry.leg, { ...known, ...changeOf(entry) });
}

const CALLER_ENTRIES = [
  "caller.dialed",
  "caller.ringing",
  "caller.not_reached",
  "call.answered",
  "call.ended",
] as const;
type CallerEntry = Entry<(typeof CALLER_ENTRIES)[number]>;

function isOfCaller(entry: TraceEntry): entry is CallerEntry {
  return (CALLER_ENTRIES as readonly string[]).includes(entry.type);
}

/** Leg 1 of a call by API is dialled and paid for like any other. */
function noteCaller(attempts: Map<number, AttemptRow>, entry: CallerEntry): void {
  if (entry.type === "caller.dialed") {
    attempts.set(CALLER, { ...begun(entry), leg: CALLER, applet: "" });
    return;
  }
  const known = attempts.get(CALLER);
  if (known !== undefined) attempts.set(CALLER, { ...known, ...callerChange(known, entry) });
}

function callerChange(known: AttemptRow, entry: Exclude<CallerEntry, { type: "caller.dialed" }>): Partial<AttemptRow> {
  switch (entry.type) {
    case "caller.ringing":
      return { ringingMs: entry.at_ms };
    case "call.answered":
      return { answeredMs: entry.at_ms, outcome: "completed", causeCode: 16, cause: "NORMAL_CLEARING" };
    case "caller.not_reached": {
      const { outcome, cause, cause_code: causeCode, at_ms: endedMs } = entry;
      return { endedMs, outcome, causeCode, cause };
    }
    case "call.ended":
      return known.answeredMs === null ? {} : { endedMs: entry.cdr.duration_ms };
    default:
      return unreachable(entry);
  }
}

/** An attempt whose end is not known yet. */
function begun(entry: Entry<"attempt.started" | "caller.dialed">): Omit<AttemptRow, "leg" | "applet"> {
  return {
    destination: entry.destination,
    callerId: entry.caller_id,
    trunk: null,
    startedMs: entry.at_ms,
    ringingMs: null,
    answeredMs: null,
    endedMs: entry.at_ms,
    outcome: "failed",
    causeCode: 0,
    cause: "",
  };
}

function changeOf(entry: Exclude<AttemptEntry, { type: "attempt.started" }>): Partial<AttemptRow> {
  switch (entry.type) {
    case "attempt.dialed":
      return { trunk: entry.trunk };
    case "attempt.ringing":
      return { ringingMs: entry.at_ms };
    case "attempt.answered":
      return { answeredMs: entry.at_ms };
    case "attempt.ended": {
      const { outcome, cause, cause_code: causeCode, at_ms: endedMs } = entry;
      return { endedMs, outcome, causeCode, cause };
    }
    default:
      return unreachable(entry);
  }
}

function noteRequest(requests: Map<string, RequestRow>, entry: Entry<"request.sent" | "request.result">): void {
  if (entry.type === "request.sent") {
    const body = JSON.stringify({
      query: entry.query,
      headers: entry.headers,
      role: entry.role,
      attempt: entry.attempt,
    });
    const { id, at_ms: atMs, purpose, url } = entry;
    requests.set(id, { id, atMs, purpose, url, result: "abandoned", elapsedMs: null, body });
    return;
  }
  const known = requests.get(entry.id);
  if (known !== undefined) requests.set(entry.id, { ...known, result: entry.result, elapsedMs: entry.elapsed_ms });
}

function noteRecording(
  account: string,
  recordings: Map<string, RecordingRow>,
  entry: Entry<"recording.started" | "recording.closed">,
): void {
  if (entry.type === "recording.started") {
    const { id, layout } = entry;
    recordings.set(id, { id, file: recordingFile(account, id), layout, durationMs: 0, failure: "never closed" });
    return;
  }
  const known = recordings.get(entry.id);
  if (known !== undefined)
    recordings.set(entry.id, { ...known, durationMs: entry.duration_ms, failure: entry.failure });
}
