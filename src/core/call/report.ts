import { unreachable } from "../../base/never.ts";
import type { DialStatus } from "../contract/outcome.ts";
import type { LegId } from "./legs.ts";
import type { RequestPurpose } from "./purpose.ts";
import type { CallRecord, EndedBy } from "./record.ts";
import type { RequestResult, TraceEntry } from "./trace.ts";

/** One destination that was dialled. Times are ms since the call arrived; null: not (yet) reached. */
export interface AttemptReport {
  readonly applet: string;
  readonly destination: string;
  readonly caller_id: string;
  readonly started_ms: number;
  readonly answered_ms: number | null;
  readonly ended_ms: number | null;
  readonly outcome: DialStatus | null;
}

/**
 * One request to a URL of the customer. `result` is null until the answer arrives. It stays null for dial events and
 * asynchronous Passthrus, which go through the outbox and never delay a call (EVT-6).
 */
export interface RequestReport {
  readonly at_ms: number;
  readonly purpose: RequestPurpose;
  readonly role: "primary" | "fallback" | null;
  readonly attempt: number;
  readonly method: string;
  readonly url: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly result: RequestResult | null;
}

export interface DialEventReport {
  readonly at_ms: number;
  readonly url: string;
  readonly query: readonly (readonly [string, string])[];
}

/** A finding of the validation (RES-9). `error`: it made the answer unusable; `warning`: the call went on. */
export interface WarningReport {
  readonly rule: string;
  readonly path: string;
  readonly message: string;
  readonly level: "warning" | "error";
}

/**
 * One call as the API, the dashboard, the command line and replays show it. Everything comes from the trace, so a live call and a
 * simulated one have the same shape. During a call `ended_by` and `cdr` are null and `duration_ms` is the time of the
 * last entry.
 */
export interface CallReport {
  readonly call_sid: string;
  readonly seed: number | null;
  readonly ended_by: EndedBy | null;
  readonly duration_ms: number;
  readonly applets: readonly string[];
  readonly exits: readonly { readonly applet: string; readonly exit: string }[];
  readonly attempts: readonly AttemptReport[];
  readonly requests: readonly RequestReport[];
  readonly dial_events: readonly DialEventReport[];
  readonly warnings: readonly WarningReport[];
  readonly trace: readonly TraceEntry[];
  readonly cdr: CallRecord | null;
}

/** What the trace does not say. `seed` is null for live calls. */
export interface ReportMeta {
  readonly seed: number | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Draft {
  callSid: string;
  applets: string[];
  exits: { applet: string; exit: string }[];
  attempts: Map<LegId, Mutable<AttemptReport>>;
  requests: Mutable<RequestReport>[];
  openRequests: Map<string, Mutable<RequestReport>>;
  dialEvents: DialEventReport[];
  warnings: WarningReport[];
  cdr: CallRecord | null;
}

/** The report of a call from its trace alone, at any moment of the call. Pure. */
export function reportOf(trace: readonly TraceEntry[], meta: ReportMeta): CallReport {
  const draft: Draft = {
    callSid: "",
    applets: [],
    exits: [],
    attempts: new Map(),
    requests: [],
    openRequests: new Map(),
    dialEvents: [],
    warnings: [],
    cdr: null,
  };
  for (const entry of trace) if (!isTraceOnly(entry)) note(draft, entry);
  return {
    call_sid: draft.callSid,
    seed: meta.seed,
    ended_by: draft.cdr?.ended_by ?? null,
    duration_ms: draft.cdr?.duration_ms ?? trace.at(-1)?.at_ms ?? 0,
    applets: draft.applets,
    exits: draft.exits,
    attempts: [...draft.attempts.values()],
    requests: draft.requests,
    dial_events: draft.dialEvents,
    warnings: draft.warnings,
    trace,
    cdr: draft.cdr,
  };
}

/** Entries that only the trace itself shows. Every other type is noted below. */
const TRACE_ONLY = [
  "caller.dialed",
  "caller.ringing",
  "caller.not_reached",
  "call.answered",
  "call.redirected",
  "answer.used",
  "attempt.dialed",
  "attempt.ringing",
  "attempt.early_media",
  "conversation.started",
  "conversation.ended",
  "playback.started",
  "playback.ended",
  "recording.started",
  "recording.closed",
  "media.source",
  "digits",
  "decision",
  "limit.reached",
  "caller.left",
] as const satisfies readonly TraceEntry["type"][];

type TraceOnlyEntry = Extract<TraceEntry, { type: (typeof TRACE_ONLY)[number] }>;

function isTraceOnly(entry: TraceEntry): entry is TraceOnlyEntry {
  return TRACE_ONLY.some((type) => type === entry.type);
}

function note(draft: Draft, entry: Exclude<TraceEntry, TraceOnlyEntry>): void {
  switch (entry.type) {
    case "call.started":
      draft.callSid = entry.call_sid;
      return;
    case "applet.entered":
      draft.applets.push(entry.applet);
      return;
    case "exit.taken":
      draft.exits.push({ applet: entry.applet, exit: entry.exit });
      return;
    case "request.sent":
    case "request.result":
    case "dial_event":
      noteRequest(draft, entry);
      return;
    case "answer.finding":
      draft.warnings.push({ rule: entry.rule, path: entry.path, message: entry.message, level: entry.level });
      return;
    case "attempt.started":
    case "attempt.answered":
    case "attempt.ended":
      noteAttempt(draft, entry);
      return;
    case "call.ended":
      draft.cdr = entry.cdr;
      return;
    default:
      unreachable(entry);
  }
}

type RequestEntry = Extract<TraceEntry, { type: "request.sent" | "request.result" | "dial_event" }>;

function noteRequest(draft: Draft, entry: RequestEntry): void {
  switch (entry.type) {
    case "request.sent": {
      const { at_ms, purpose, role, attempt, method, url, query, headers } = entry;
      const request = { at_ms, purpose, role, attempt, method, url, query, headers, result: null };
      draft.requests.push(request);
      draft.openRequests.set(entry.id, request);
      return;
    }
    case "request.result": {
      const request = draft.openRequests.get(entry.id);
      if (request !== undefined) request.result = entry.result;
      return;
    }
    case "dial_event": {
      const { at_ms, url, query } = entry;
      const same = { purpose: "dial_event", role: null, attempt: 1, method: "GET", headers: {}, result: null } as const;
      draft.dialEvents.push({ at_ms, url, query });
      draft.requests.push({ at_ms, ...same, url, query });
      return;
    }
    default:
      unreachable(entry);
  }
}

type AttemptEntry = Extract<TraceEntry, { type: "attempt.started" | "attempt.answered" | "attempt.ended" }>;

function noteAttempt(draft: Draft, entry: AttemptEntry): void {
  if (entry.type === "attempt.started") {
    const { applet, destination, caller_id, at_ms } = entry;
    const open = { started_ms: at_ms, answered_ms: null, ended_ms: null, outcome: null };
    draft.attempts.set(entry.leg, { applet, destination, caller_id, ...open });
    return;
  }
  const attempt = draft.attempts.get(entry.leg);
  if (attempt === undefined) return;
  if (entry.type === "attempt.answered") {
    attempt.answered_ms = entry.at_ms;
    return;
  }
  attempt.ended_ms = entry.at_ms;
  attempt.outcome = entry.outcome;
}
