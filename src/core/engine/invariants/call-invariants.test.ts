import { describe, expect, it } from "vitest";
import type { Effect } from "../../call/effects.ts";
import type { CallEvent } from "../../call/events.ts";
import { CALLER } from "../../call/legs.ts";
import type { TraceBody } from "../../call/trace.ts";
import { CallInvariants } from "./call-invariants.ts";

const AT = 1000;
const OUTCOME = { ok: true, status: 200, contentType: null, body: "" } as const;
const RECORD = {
  status: "completed",
  ended_by: "platform",
  dial_call_status: null,
  call_type: "completed",
  conversation_s: 0,
  duration_s: 0,
  duration_ms: 0,
} as const;

type Body<T extends TraceBody["type"]> = Extract<TraceBody, { type: T }>;
type Moment = Effect | CallEvent;

const answer: Effect = { kind: "answer" };
const reject: Effect = { kind: "reject", sip: 603 };
const check: Effect = { kind: "check_audio", id: "a1", url: "https://cdn.example/a.wav", deadlineMs: 5000 };
const unbridge: Effect = { kind: "unbridge", a: CALLER, b: 2 };
const callerLeft: CallEvent = { kind: "leg_ended", at: AT, leg: CALLER, detail: "" };

function request(query: readonly (readonly [string, string])[] = []) {
  return { method: "GET", baseUrl: "https://app.example", query, headers: {}, authorization: null } as const;
}

function fetch(id: string): Effect {
  return { kind: "fetch", id, purpose: "connect", request: request(), deadlineMs: 5000 };
}

function dial(leg: number): Effect {
  return { kind: "dial", leg, destination: { kind: "number", e164: "+919900000011" }, callerId: "+918047100000" };
}

function play(id: string, ...legs: number[]): Effect {
  return { kind: "play", id, legs, items: [], loop: false };
}

function record(id: string, ...legs: number[]): Effect {
  return { kind: "record", id, legs, layout: "mono", maxMs: null, silenceMs: null };
}

function bridge(b: number): Effect {
  return { kind: "bridge", a: CALLER, b };
}

function answered(leg: number): CallEvent {
  return { kind: "leg_answered", at: AT, leg };
}

function failed(leg: number): CallEvent {
  return { kind: "leg_failed", at: AT, leg, sip: 486, detail: "" };
}

function left(leg: number): CallEvent {
  return { kind: "leg_ended", at: AT, leg, detail: "" };
}

function notified(id: string, order: string, type: string): Effect {
  return { kind: "notify", id, purpose: "dial_event", order, request: request([["EventType", type]]) };
}

function events(...types: readonly string[]): Effect[] {
  return types.map((type, i) => notified(`n${i}`, "call-dial-2", type));
}

/** Trace entries; {@link watch} numbers them. */
function trace(...bodies: readonly TraceBody[]): Effect[] {
  return bodies.map((body) => traced(body, 0));
}

function traced(body: TraceBody, atMs: number): Effect {
  return { kind: "trace", entry: { seq: UNNUMBERED, at_ms: atMs, ...body } };
}

const UNNUMBERED = 0;

function started(leg: number): TraceBody {
  const where = { applet: "sales", destination: "+919900000011", caller_id: "+918047100000" };
  return { type: "attempt.started", leg, ...where, ring_limit_ms: 30_000, round: 1 };
}

function ended(leg: number): Body<"attempt.ended"> {
  const why = { cause_code: 17, cause: "USER_BUSY", sip: 486, rule: null, message: "" };
  return { type: "attempt.ended", leg, outcome: "busy", ...why };
}

function conversationStarted(leg: number): TraceBody {
  return { type: "conversation.started", leg };
}

function conversationEnded(leg: number, durationMs = 0): TraceBody {
  return { type: "conversation.ended", leg, by: "callee", duration_ms: durationMs, rule: null };
}

const FULL: TraceBody = { type: "decision", rule: "LIMIT", message: "The trace is full: the rest is left out." };
const DECIDED: Body<"decision"> = { type: "decision", rule: "REF-1", message: "Nobody answered." };

const ENTERED: TraceBody = { type: "applet.entered", applet: "sales", kind: "connect" };
const TERMINAL: Body<"dial_event"> = {
  type: "dial_event",
  leg: 2,
  event: "Terminal",
  url: "https://events.example",
  query: [],
};

function resultOf(id: string): Body<"request.result"> {
  const why = { rule: null, message: "The answer is valid." };
  return { type: "request.result", id, result: "usable", http_status: 200, elapsed_ms: 1, ...why };
}

function asked(): TraceBody {
  const how = { role: "primary", attempt: 1, method: "GET", query: [], headers: {} } as const;
  return { type: "request.sent", id: "f1", applet: "sales", purpose: "connect", url: "https://app.example", ...how };
}

function limited(seconds: number): TraceBody {
  return { type: "answer.used", id: "f1", answer: { max_conversation_duration: seconds } };
}

function exit(name: string, next: string | null = null): Body<"exit.taken"> {
  return { type: "exit.taken", applet: "sales", exit: name, next, rule: "EXIT-3" };
}

/** The end of a call with this record; the caller is hung up. */
function over(record: Extract<Effect, { kind: "end" }>["record"] = RECORD): Moment[] {
  const last = trace({ type: "call.ended", cdr: record });
  return [{ kind: "hang_up", leg: CALLER }, ...last, { kind: "end", record }];
}

function isEvent(moment: Moment): moment is CallEvent {
  return "at" in moment && moment.kind !== "set_timer";
}

function watch(moments: readonly Moment[], start?: string): CallInvariants {
  const invariants = new CallInvariants(start);
  let seq = 0;
  for (const moment of moments) {
    if (isEvent(moment)) {
      invariants.event(moment);
      continue;
    }
    seq += moment.kind === "trace" ? 1 : 0;
    const numbers = moment.kind === "trace" && moment.entry.seq === UNNUMBERED;
    invariants.effect(numbers ? { kind: "trace", entry: { ...moment.entry, seq } } : moment, AT);
  }
  return invariants;
}

function broken(invariants: CallInvariants): string[] {
  return invariants.violations.map(({ invariant, message }) => `${invariant}: ${message}`);
}

/** A caller and a callee in a conversation. */
const CONVERSATION: readonly Moment[] = [answer, dial(2), answered(2), bridge(2)];

const GOOD: Readonly<Record<string, readonly Moment[]>> = {
  "a caller who is refused": [reject, ...trace({ type: "call.ended", cdr: RECORD }), { kind: "end", record: RECORD }],
  "a callee who rings, sends early media, answers and has a conversation": [
    answer,
    dial(2),
    { kind: "forward_audio", from: 2, to: CALLER },
    { kind: "stop_forwarding", from: 2, to: CALLER },
    answered(2),
    play("p1", CALLER, 2),
    { kind: "stop_playing", id: "p1" },
    bridge(2),
    record("r1", CALLER, 2),
    { kind: "stop_recording", id: "r1" },
    unbridge,
    { kind: "hang_up", leg: 2 },
    ...over(),
  ],
  "a second conversation after one that was unbridged": [
    ...CONVERSATION,
    unbridge,
    dial(3),
    answered(3),
    bridge(3),
    left(2),
    left(3),
    ...over(),
  ],
  "a second conversation after one whose callee left": [
    ...CONVERSATION,
    left(2),
    dial(3),
    answered(3),
    bridge(3),
    left(3),
    ...over(),
  ],
  "a leg that fails, and one that is cancelled": [
    dial(2),
    failed(2),
    dial(3),
    { kind: "cancel", leg: 3, reason: "call_ended" },
    ...over(),
  ],
  "requests that are answered, checked and cancelled": [
    fetch("f1"),
    { kind: "fetched", at: AT, id: "f1", outcome: OUTCOME, elapsedMs: 1 },
    ...trace(resultOf("f1")),
    check,
    { kind: "audio_checked", at: AT, id: "a1", outcome: OUTCOME, elapsedMs: 1 },
    ...trace(resultOf("a1")),
    fetch("f2"),
    { kind: "cancel_request", id: "f2" },
    ...over(),
  ],
  "a playback that ends by itself": [
    answer,
    play("p1", CALLER),
    { kind: "playback_ended", at: AT, id: "p1", failure: null },
    ...over(),
  ],
  "timers that fire or are cleared": [
    { kind: "set_timer", id: "ring", at: AT },
    { kind: "timer", at: AT, id: "ring" },
    { kind: "set_timer", id: "talk", at: AT },
    { kind: "clear_timer", id: "talk" },
    { kind: "timer", at: AT, id: "unknown" },
    ...over(),
  ],
  "a recording that never reports its end": [
    answer,
    record("r1", CALLER),
    { kind: "stop_recording", id: "r1" },
    ...over(),
  ],
  "attempts that start and end, and a conversation": [
    ...trace(started(2), ended(2), started(3), conversationStarted(3), DECIDED, conversationEnded(3), ended(3)),
    ...over(),
  ],
  "a full trace that lacks the ends": [...trace(started(2), conversationStarted(2), FULL), ...over()],
  "EVT-4: the events of one attempt": [...events("Dial", "Terminal"), ...over()],
  "EVT-4: all events of one attempt": [...events("Dial", "Ringing", "Answered", "Terminal"), ...over()],
  "EVT-4: the events of an attempt that nobody answered": [...events("Dial", "Ringing", "Terminal"), ...over()],
  "EVT-4: the events of two attempts that ring at once": [
    notified("n1", "dial-2", "Dial"),
    notified("n2", "dial-3", "Dial"),
    notified("n3", "dial-2", "Terminal"),
    notified("n4", "dial-3", "Terminal"),
    ...over(),
  ],
  "a notification that is not a dial event": [
    { kind: "notify", id: "n1", purpose: "passthru", order: "call", request: request() },
    ...over(),
  ],
  "DIAL-2: an answer that crosses the CANCEL and is hung up": [
    dial(2),
    { kind: "cancel", leg: 2, reason: "call_ended" },
    answered(2),
    { kind: "hang_up", leg: 2 },
    ...over(),
  ],
  "events of legs and requests that do not exist": [
    answered(999),
    failed(-1),
    { kind: "fetched", at: AT, id: "f9", outcome: OUTCOME, elapsedMs: 1 },
    ...over(),
  ],
  "an exit and the applet it leads to": [...trace(ENTERED, exit("nobody_answered", "sales"), ENTERED), ...over()],
  "DIAL-11: a Passthru that is notified without its exit": [
    ...trace(ENTERED, { type: "decision", rule: "DIAL-11", message: "It is notified." }),
    ...trace({ type: "applet.entered", applet: "pass", kind: "passthru" }),
    ...over(),
  ],
};

type Breach = readonly [moments: readonly Moment[], ...violations: string[]];

const BREACHES: Readonly<Record<string, Breach>> = {
  "anything after the end": [[...over(), ...trace(DECIDED)], "ends: trace after the end"],
  "a second answer": [[answer, answer], "fits_leg: the caller is answered but is up"],
  "an answer to a caller who left": [[callerLeft, answer], "fits_leg: the caller is answered but is gone"],
  "an answer to a caller who failed": [[failed(CALLER), answer], "fits_leg: the caller is answered but is gone"],
  "a refusal after an answer": [[answer, reject], "fits_leg: the caller is refused but is up"],
  "a refusal of a caller who left": [[callerLeft, reject], "fits_leg: the caller is refused but is gone"],
  "sound to a caller who was not answered": [
    [play("p1", CALLER)],
    "fits_leg: playback p1 needs leg 1 up, but it is waiting",
  ],
  "sound to a caller who left": [
    [answer, callerLeft, play("p1", CALLER)],
    "fits_leg: playback p1 needs leg 1 up, but it is gone",
  ],
  "sound to a leg that rings": [
    [answer, dial(2), play("p1", CALLER, 2)],
    "fits_leg: playback p1 needs leg 2 up, but it is ringing",
  ],
  "a recording of a leg that failed": [
    [answer, dial(2), failed(2), record("r1", CALLER, 2)],
    "fits_leg: recording r1 needs leg 2 up, but it is gone",
  ],
  "REF-8: a leg that is dialled after the caller left": [
    [callerLeft, dial(2)],
    "silent_after_caller: leg 2 is dialled",
  ],
  "a leg that is dialled twice": [[dial(2), failed(2), dial(2)], "one_end_per_attempt: leg 2 is dialled twice"],
  "an answered leg that is cancelled": [
    [dial(2), answered(2), { kind: "cancel", leg: 2, reason: "call_ended" }],
    "fits_leg: a CANCEL needs leg 2 ringing, but it is up",
  ],
  "a leg that was never dialled and is cancelled": [
    [answered(2), { kind: "cancel", leg: 2, reason: "call_ended" }],
    "fits_leg: a CANCEL needs leg 2 ringing, but it is unknown",
  ],
  "early media of an answered leg": [
    [dial(2), answered(2), { kind: "forward_audio", from: 2, to: CALLER }],
    "fits_leg: early media needs leg 2 ringing, but it is up",
  ],
  "a conversation with a leg that rings": [
    [answer, dial(2), bridge(2)],
    "no_stranger: leg 2 is bridged but is ringing",
  ],
  "a conversation with a caller who was not answered": [
    [dial(2), answered(2), bridge(2)],
    "no_stranger: leg 2 is bridged with nobody",
  ],
  "two conversations at once": [
    [...CONVERSATION, dial(3), answered(3), bridge(3)],
    "one_conversation: leg 3 is bridged while leg 2 is",
  ],
  "two conversations at once, though another leg left": [
    [...CONVERSATION, dial(3), dial(4), answered(4), left(3), bridge(4)],
    "one_conversation: leg 4 is bridged while leg 2 is",
  ],
  "a conversation after one that the caller left": [
    [...CONVERSATION, callerLeft, bridge(2)],
    "no_stranger: leg 2 is bridged with nobody",
  ],
  "REF-8: a request after the caller left": [[callerLeft, fetch("f1")], "silent_after_caller: request f1 is sent"],
  "REF-8: a check after the caller left": [[callerLeft, check], "silent_after_caller: request a1 is sent"],
  "REF-8: a request after the caller was refused": [[reject, fetch("f1")], "silent_after_caller: request f1 is sent"],
  "two requests of one id": [[fetch("f1"), fetch("f1")], "ids_unique: the id f1 is used twice"],
  "a playback with the id of another": [
    [answer, play("p1", CALLER), play("p1", CALLER)],
    "ids_unique: the id p1 is used twice",
  ],
  "a recording with the id of a playback": [
    [answer, play("x", CALLER), record("x", CALLER)],
    "ids_unique: the id x is used twice",
  ],
  "a notification with the id of another": [[fetch("n0"), ...events("Dial")], "ids_unique: the id n0 is used twice"],
  "a gap in the trace": [
    [
      { kind: "trace", entry: { seq: 2, at_ms: 0, ...DECIDED } },
      { kind: "trace", entry: { seq: 4, at_ms: 0, ...DECIDED } },
    ],
    "trace_whole: entry 2 is in the place of 1",
    "trace_whole: entry 4 is in the place of 2",
  ],
  "a trace that runs backwards": [[traced(DECIDED, 7), traced(DECIDED, 6)], "trace_whole: entry 2 goes back to 6 ms"],
  "an attempt that ends twice": [
    trace(started(2), ended(2), ended(2)),
    "one_end_per_attempt: leg 2 has ended after its end",
  ],
  "an attempt that is answered after its end": [
    trace(started(2), ended(2), { type: "attempt.answered", leg: 2 }),
    "one_end_per_attempt: leg 2 has answered after its end",
  ],
  "an attempt that ends before it started": [
    trace(ended(2)),
    "one_end_per_attempt: leg 2 has ended but was never started",
  ],
  "DIAL-2: an attempt that rings for too long": [
    [...trace(started(2)), traced(ended(2), 30_001)],
    "ring_limit: leg 2 rang for 30001 ms",
  ],
  "an attempt that ends without a cause": [
    trace(started(2), { ...ended(2), cause: "" }),
    "trace_explains: the end of leg 2 has no cause",
  ],
  "a conversation within another": [
    trace(conversationStarted(2), conversationStarted(3)),
    "one_conversation: leg 3 starts a conversation during that of leg 2",
  ],
  "a conversation that ends before it started": [
    trace(conversationEnded(2)),
    "one_conversation: leg 2 ends a conversation that it did not start",
  ],
  "the end of another conversation": [
    trace(conversationStarted(2), conversationEnded(3)),
    "one_conversation: leg 3 ends a conversation that it did not start",
  ],
  "an end with a request open": [[fetch("f1"), ...over()], "all_closed: request f1 is open at the end"],
  "an answer without a result": [
    [fetch("f1"), { kind: "fetched", at: AT, id: "f1", outcome: OUTCOME, elapsedMs: 1 }, ...over()],
    "trace_explains: request f1 has no result",
  ],
  "an answer of the wrong kind": [
    [fetch("f1"), { kind: "audio_checked", at: AT, id: "f1", outcome: OUTCOME, elapsedMs: 1 }, ...over()],
    "all_closed: request f1 is open at the end",
  ],
  "an end with a playback open": [
    [answer, play("p1", CALLER), ...over()],
    "all_closed: playback p1 is open at the end",
  ],
  "an end with a timer set, which fired too early": [
    [{ kind: "set_timer", id: "ring", at: AT + 1 }, { kind: "timer", at: AT, id: "ring" }, ...over()],
    "all_closed: timer ring is open at the end",
  ],
  "an end with a recording that was not stopped": [
    [answer, record("r1", CALLER), ...over()],
    "all_closed: recording r1 was never stopped",
  ],
  "a recording that runs on into another applet": [
    [answer, record("r1", CALLER), ...trace(ENTERED)],
    'all_closed: recording r1 runs on into "sales"',
  ],
  "a recording that the trace opens and never closes": [
    [...trace({ type: "recording.started", id: "r1", layout: "mono" }), ...over()],
    "all_closed: recording r1 is open",
  ],
  "a recording that the trace closes and never opened": [
    trace({ type: "recording.closed", id: "r1", duration_ms: 1, failure: null }),
    "all_closed: recording r1 closes twice",
  ],
  "an end with a ringing leg, one that is up, and one that answered too late": [
    [dial(2), dial(3), answered(3), dial(4), { kind: "cancel", leg: 4, reason: "call_ended" }, answered(4), ...over()],
    "nobody_left_ringing: leg 2 is ringing",
    "nobody_left_ringing: leg 3 is up",
    "nobody_left_ringing: leg 4 is stray",
  ],
  "an end with the caller on the line": [
    [answer, ...over().slice(1)],
    "nobody_left_ringing: the caller is kept on the line",
  ],
  "a full trace does not excuse what is open": [
    [...trace(FULL), dial(2), ...over()],
    "nobody_left_ringing: leg 2 is ringing",
  ],
  "an end within an attempt": [
    [...trace(started(2), ended(2), started(3)), ...over()],
    "one_end_per_attempt: leg 3 has no end",
  ],
  "an end within a conversation": [
    [...trace(conversationStarted(2), DECIDED), ...over()],
    "one_conversation: the conversation with leg 2 has no end",
  ],
  "EVT-4: a Terminal that is missing": [
    [...events("Dial"), ...over()],
    "events_pair: the events of call-dial-2 are Dial",
  ],
  "EVT-4: an event before the Dial": [
    [...events("Ringing", "Dial", "Terminal"), ...over()],
    "events_pair: the events of call-dial-2 are Ringing, Dial, Terminal",
  ],
  "EVT-4: an event after the Terminal": [
    [...events("Dial", "Terminal", "Ringing"), ...over()],
    "events_pair: the events of call-dial-2 are Dial, Terminal, Ringing",
  ],
  "EVT-4: an event without a name": [
    [{ kind: "notify", id: "n1", purpose: "dial_event", order: "dial-2", request: request() }, ...over()],
    "events_pair: the events of dial-2 are nothing",
  ],
  "EVT-4: in the trace, an event of no attempt": [
    trace(TERMINAL),
    "events_pair: Terminal of leg 2, which was not started",
  ],
  "EVT-4: in the trace, an event that comes twice": [
    trace(started(2), { ...TERMINAL, event: "Dial" }, { ...TERMINAL, event: "Dial" }),
    "events_pair: Dial of leg 2 comes twice",
  ],
  "EVT-4: in the trace, an event after the Terminal": [
    trace(started(2), TERMINAL, { ...TERMINAL, event: "Ringing" }),
    "events_pair: Ringing of leg 2 after its Terminal",
  ],
  "EVT-4: in the trace, a Dial without its Terminal": [
    [...trace(started(2), { ...TERMINAL, event: "Dial" }, ended(2)), ...over()],
    "events_pair: leg 2 has no Terminal",
  ],
  "an exit without a rule": [
    trace(ENTERED, { ...exit("nobody_answered"), rule: "" }),
    "trace_explains: the exit nobody_answered has no rule",
  ],
  "an applet that the last exit does not lead to": [
    trace(ENTERED, exit("nobody_answered", "other"), ENTERED),
    'trace_explains: no exit leads to "sales"',
  ],
  "a decision without a reason": [trace({ ...DECIDED, message: "" }), "trace_explains: a decision has no reason"],
  "a result without a reason": [
    trace({ ...resultOf("f1"), result: "invalid", rule: null, message: "" }),
    "trace_explains: request f1 is invalid for no reason",
  ],
  "REF-7: one fetch too many": [
    trace(ENTERED, ...Array.from({ length: 21 }, () => asked())),
    "within_limits: 21 fetches (REF-7)",
  ],
  "DIAL-3: one attempt too many at once": [
    trace(ENTERED, started(2), started(3)),
    "within_limits: 2 attempts at once, at most 1 allowed (DIAL-3)",
  ],
  "DIAL-5: a conversation that is too long": [
    trace(ENTERED, limited(60), conversationStarted(2), conversationEnded(2, 60_001)),
    "within_limits: a conversation of 60001 ms, at most 60000 allowed (DIAL-5)",
  ],
  "APP-9: one applet too many": [
    trace(...Array.from({ length: 200 }, () => [ENTERED, exit("nobody_answered", "sales")]).flat(), ENTERED),
    "within_limits: 201 applets have run (APP-9)",
  ],
  "EXIT-2: a conversation that ends by another exit": [
    trace(ENTERED, conversationStarted(2), conversationEnded(2), exit("nobody_answered")),
    "exit_fits: nobody_answered after 1 conversations",
  ],
  "EXIT-4: nobody dialled, after an attempt": [
    trace(ENTERED, started(2), ended(2), exit("nobody_dialed")),
    "exit_fits: nobody_dialed after 1 attempts",
  ],
  "a record that is not in the trace": [
    [
      { kind: "hang_up", leg: CALLER },
      { kind: "end", record: RECORD },
    ],
    "record_agrees: the last entry is not the record",
  ],
  "a record of too many seconds": [
    over({ ...RECORD, conversation_s: 1 }),
    "record_agrees: 1 s of conversation, but 0 in the trace",
  ],
  "a record that is longer than the call": [
    [{ kind: "leg_ringing", at: AT, leg: 2 }, ...over({ ...RECORD, duration_ms: 1 })],
    "record_agrees: lasted 1 ms",
  ],
  "a record whose ended_by differs from the trace": [
    over({ ...RECORD, ended_by: "caller" }),
    "record_agrees: ended by caller, but by the platform or the callee in the trace",
  ],
};

describe("the invariants of every call", () => {
  it.each(Object.entries(GOOD))("hold for %s", (_, moments) => {
    const invariants = watch(moments);
    expect(broken(invariants)).toEqual([]);
    expect(invariants.open.filter((each) => !each.startsWith("recording"))).toEqual([]);
  });

  it.each(Object.entries(BREACHES))("are broken by %s", (_, [moments, ...violations]) => {
    const invariants = watch(moments);
    expect(broken(invariants)).toEqual(violations);
    expect(invariants.violation).toEqual(invariants.violations[0]);
  });

  it("include that the call starts with the flow's first applet, if the flow is known", () => {
    expect(broken(watch(trace(ENTERED), "sales"))).toEqual([]);
    expect(broken(watch(trace(ENTERED), "menu"))).toEqual(['trace_explains: no exit leads to "sales"']);
  });

  it("a violation has its time, counted from the call's arrival", () => {
    const invariants = new CallInvariants();
    invariants.event({ ...callerLeft, at: 5000 });
    invariants.effect(dial(2), 5250);
    expect(invariants.violation?.atMs).toBe(250);
  });

  it("what is open is listed in words", () => {
    const invariants = watch([
      answer,
      fetch("f1"),
      play("p1", CALLER),
      { kind: "set_timer", id: "ring", at: AT },
      dial(2),
      dial(3),
      answered(3),
      record("r1", CALLER),
      record("r2", CALLER),
      { kind: "recording_ready", at: AT, id: "r2", durationMs: 1, failure: null },
    ]);
    expect(broken(invariants)).toEqual([]);
    const legs = ["leg 2 is ringing", "leg 3 is up"];
    expect(invariants.open).toEqual(["request f1", "playback p1", "timer ring", "recording r1", ...legs]);
  });
});
