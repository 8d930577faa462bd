import type { TraceBody, TraceEntry } from "../../../core/call/trace.ts";
import type { FeedEvent } from "./feed-events.ts";

type EntryOf<T extends TraceBody["type"]> = Extract<TraceEntry, { type: T }>;

/** The call that an entry belongs to. */
interface EntryCall {
  readonly account: string;
  readonly callSid: string;
}

interface About {
  readonly call_sid: string;
  readonly at_ms: number;
}

/** Makes events from trace entries, copying each field by name so that a field added to traces is not published by accident. */
type Makers = {
  readonly [T in TraceBody["type"]]?: (about: About, entry: EntryOf<T>, call: EntryCall) => FeedEvent | null;
};

const MAKERS = {
  "call.started": (about, { account, flow, from, to, direction, started_at }) => ({
    name: "call.started",
    data: { ...about, account, flow, from, to, direction, started_at },
  }),
  "caller.dialed": (about, { destination, caller_id, ring_limit_ms, time_limit_ms }) => ({
    name: "caller.dialed",
    data: { ...about, destination, caller_id, ring_limit_ms, time_limit_ms },
  }),
  "caller.ringing": (about) => ({ name: "caller.ringing", data: about }),
  "caller.not_reached": (about, { outcome, cause_code, cause, sip, rule, message }) => ({
    name: "caller.not_reached",
    data: { ...about, outcome, cause_code, cause, sip, rule, message },
  }),
  "call.redirected": (about, { flow, applet }) => ({ name: "call.redirected", data: { ...about, flow, applet } }),
  "limit.reached": (about, { leg, rule, limit, value, message, change }) => ({
    name: "limit.reached",
    data: { ...about, leg, rule, limit, value, message, change },
  }),
  "call.answered": (about) => ({ name: "call.answered", data: about }),
  decision: (about, { message }) => ({ name: "call.refused", data: { ...about, message } }),
  "call.ended": (about, { cdr }) => ({ name: "call.ended", data: { ...about, cdr } }),
  "request.sent": (about, { id, applet, purpose, role, attempt, method, url }) => ({
    name: "request.sent",
    data: { ...about, id, applet, purpose, role, attempt, method, url },
  }),
  "request.result": (about, { id, result, http_status, elapsed_ms, rule, message }) => ({
    name: "request.result",
    data: { ...about, id, result, http_status, elapsed_ms, rule, message },
  }),
  "answer.finding": (about, { id, level, rule, path, found, allowed, consequence, message }) => ({
    name: "answer.finding",
    data: { ...about, id, level, rule, path, found, allowed, consequence, message },
  }),
  "attempt.started": (about, { leg, applet, destination, caller_id, ring_limit_ms, round }) => ({
    name: "attempt.started",
    data: { ...about, leg, applet, destination, caller_id, ring_limit_ms, round },
  }),
  "attempt.ringing": (about, { leg }) => ({ name: "attempt.ringing", data: { ...about, leg } }),
  "attempt.answered": (about, { leg }) => ({ name: "attempt.answered", data: { ...about, leg } }),
  "attempt.ended": (about, { leg, outcome, cause_code, cause, sip, rule, message }) => ({
    name: "attempt.ended",
    data: { ...about, leg, outcome, cause_code, cause, sip, rule, message },
  }),
  "conversation.started": (about, { leg }) => ({ name: "conversation.started", data: { ...about, leg } }),
  "conversation.ended": (about, { leg, by, duration_ms, rule }) => ({
    name: "conversation.ended",
    data: { ...about, leg, by, duration_ms, rule },
  }),
  "recording.closed": (about, { id, duration_ms, failure }, { account }) => {
    if (failure !== null) return { name: "recording.failed", data: { ...about, id, duration_ms, failure } };
    const url = `/api/accounts/${account}/recordings/${id}.wav`;
    return { name: "recording.saved", data: { ...about, id, duration_ms, url } };
  },
} as const satisfies Makers;

/** The `seq` of the entries that go into the account's feed. */
export function fedEntries(trace: readonly TraceEntry[]): readonly number[] {
  return trace.filter(isFed).map(({ seq }) => seq);
}

/** Decisions are many: of them, only the refusal of a call goes into the feed. */
function isFed(entry: TraceEntry): boolean {
  return entry.type in MAKERS && (entry.type !== "decision" || entry.rule === "REFUSED");
}

/** Null: entries of this kind are not events. */
export function eventOf(entry: TraceEntry, call: EntryCall): FeedEvent | null {
  if (!isFed(entry)) return null;
  const make = (MAKERS as Makers)[entry.type] as (about: About, entry: TraceEntry, call: EntryCall) => FeedEvent | null;
  return make({ call_sid: call.callSid, at_ms: entry.at_ms }, entry, call);
}
