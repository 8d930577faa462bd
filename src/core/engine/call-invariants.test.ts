import { describe, expect, it } from "vitest";
import type { Effect } from "../call/effects.ts";
import type { CallEvent } from "../call/events.ts";
import { CALLER } from "../call/legs.ts";
import type { TraceBody } from "../call/trace.ts";
import { CallInvariants } from "./call-invariants.ts";

const AT = 1000;
const OUTCOME = { ok: true, status: 200, contentType: null, body: "" } as const;
const RECORD = {
  status: "completed",
  ended_by: "caller",
  dial_call_status: null,
  call_type: "completed",
  conversation_s: 0,
  duration_s: 0,
  duration_ms: 0,
} as const;

type Moment = Effect | CallEvent;

const answer: Effect = { kind: "answer" };
const reject: Effect = { kind: "reject", sip: 603 };
const end: Effect = { kind: "end", record: RECORD };
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

function told(id: string, order: string, type: string): Effect {
  return { kind: "notify", id, purpose: "dial_event", order, request: request([["EventType", type]]) };
}

function events(...types: readonly string[]): Effect[] {
  return types.map((type, i) => told(`n${i}`, "call-dial-2", type));
}

/** Trace entries numbered from 1. */
function trace(...bodies: readonly TraceBody[]): Effect[] {
  return bodies.map((body, i) => ({ kind: "trace", entry: { seq: i + 1, at_ms: 0, ...body } }));
}

function started(leg: number): TraceBody {
  const where = { applet: "sales", destination: "+919900000011", caller_id: "+918047100000" };
  return { type: "attempt.started", leg, ...where, ring_limit_ms: 30_000, round: 1 };
}

function ended(leg: number): TraceBody {
  const why = { cause_code: 17, cause: "USER_BUSY", sip: 486, rule: null, message: "" };
  return { type: "attempt.ended", leg, outcome: "busy", ...why };
}

function talking(leg: number): TraceBody {
  return { type: "conversation.started", leg };
}

function talked(leg: number): TraceBody {
  return { type: "conversation.ended", leg, by: "callee", duration_ms: 0, rule: null };
}

const FULL: TraceBody = { type: "decision", rule: "LIMIT", message: "The trace is full: the rest is left out." };
const DECIDED: TraceBody = { type: "decision", rule: "REF-1", message: "Nobody answered." };

function isEvent(moment: Moment): moment is CallEvent {
  return "at" in moment && moment.kind !== "set_timer";
}

function watch(moments: readonly Moment[]): CallInvariants {
  const outside = new CallInvariants();
  for (const moment of moments) {
    if (isEvent(moment)) outside.observe(moment, []);
    else outside.observe({ kind: "leg_ringing", at: AT, leg: CALLER }, [moment]);
  }
  return outside;
}

/** A caller and a callee who talk. */
const TALK: readonly Moment[] = [answer, dial(2), answered(2), bridge(2)];

const GOOD: Readonly<Record<string, readonly Moment[]>> = {
  "a caller who is refused": [reject, end],
  "a callee who rings, is heard, answers and talks": [
    answer,
    dial(2),
    { kind: "forward_audio", from: 2, to: CALLER },
    { kind: "stop_forwarding", from: 2, to: CALLER },
    answered(2),
    play("p1", CALLER, 2),
    { kind: "stop_playing", id: "p1" },
    bridge(2),
    record("r1", CALLER, 2),
    unbridge,
    { kind: "hang_up", leg: 2 },
    end,
  ],
  "a second conversation behind one that was taken apart": [
    ...TALK,
    unbridge,
    dial(3),
    answered(3),
    bridge(3),
    left(2),
    left(3),
    end,
  ],
  "a second conversation behind one whose callee left": [
    ...TALK,
    left(2),
    dial(3),
    answered(3),
    bridge(3),
    left(3),
    end,
  ],
  "a leg that fails, and one that is cancelled": [
    dial(2),
    failed(2),
    dial(3),
    { kind: "cancel", leg: 3, reason: "call_ended" },
    end,
  ],
  "requests that are answered, checked and given up": [
    fetch("f1"),
    { kind: "fetched", at: AT, id: "f1", outcome: OUTCOME, elapsedMs: 1 },
    check,
    { kind: "audio_checked", at: AT, id: "a1", outcome: OUTCOME, elapsedMs: 1 },
    fetch("f2"),
    { kind: "cancel_request", id: "f2" },
    end,
  ],
  "a playback that ends by itself": [
    answer,
    play("p1", CALLER),
    { kind: "playback_ended", at: AT, id: "p1", failure: null },
    end,
  ],
  "timers that go off, or are cleared": [
    { kind: "set_timer", id: "ring", at: AT },
    { kind: "timer", at: AT, id: "ring" },
    { kind: "set_timer", id: "talk", at: AT },
    { kind: "clear_timer", id: "talk" },
    { kind: "timer", at: AT, id: "unknown" },
    end,
  ],
  "a recording that never reports its end": [answer, record("r1", CALLER), end],
  "attempts that begin and end, and a conversation": [
    ...trace(started(2), ended(2), started(3), talking(3), DECIDED, talked(3), ended(3)),
    end,
  ],
  "a full trace that lacks the ends": [...trace(started(2), talking(2), FULL), end],
  "EVT-4: the events of one attempt": [...events("Dial", "Terminal"), end],
  "EVT-4: all events of one attempt": [...events("Dial", "Ringing", "Answered", "Terminal"), end],
  "EVT-4: the events of an attempt that nobody answered": [...events("Dial", "Ringing", "Terminal"), end],
  "EVT-4: the events of two attempts that ring at once": [
    told("n1", "dial-2", "Dial"),
    told("n2", "dial-3", "Dial"),
    told("n3", "dial-2", "Terminal"),
    told("n4", "dial-3", "Terminal"),
    end,
  ],
  "a message that is no dial event": [
    { kind: "notify", id: "n1", purpose: "passthru", order: "call", request: request() },
    end,
  ],
};

const BREACHES: Readonly<Record<string, readonly [moments: readonly Moment[], ...faults: string[]]>> = {
  "anything behind the end": [[end, dial(2)], "dial behind the end"],
  "a second answer": [[answer, answer], "the caller is answered twice, or gone"],
  "an answer to a caller who left": [[callerLeft, answer], "the caller is answered twice, or gone"],
  "an answer to a caller who failed": [[failed(CALLER), answer], "the caller is answered twice, or gone"],
  "a refusal behind an answer": [[answer, reject], "a caller is refused who was answered, or is gone"],
  "a refusal of a caller who left": [[callerLeft, reject], "a caller is refused who was answered, or is gone"],
  "sound to a caller who was not answered": [[play("p1", CALLER)], "p1 needs leg 1 up, and it is gone"],
  "sound to a caller who left": [[answer, callerLeft, play("p1", CALLER)], "p1 needs leg 1 up, and it is gone"],
  "sound to a leg that rings": [[answer, dial(2), play("p1", CALLER, 2)], "p1 needs leg 2 up, and it is ringing"],
  "a recording of a leg that failed": [
    [answer, dial(2), failed(2), record("r1", CALLER, 2)],
    "r1 needs leg 2 up, and it is gone",
  ],
  "somebody dialled after the caller left": [[callerLeft, dial(2)], "somebody is dialled after the caller left"],
  "a leg dialled twice": [[dial(2), failed(2), dial(2)], "the id leg 2 is used twice"],
  "an answered leg that is cancelled": [
    [dial(2), answered(2), { kind: "cancel", leg: 2, reason: "call_ended" }],
    "cancel needs leg 2 ringing, and it is up",
  ],
  "a leg that was never dialled and answers": [
    [answered(2), { kind: "cancel", leg: 2, reason: "call_ended" }],
    "cancel needs leg 2 ringing, and it is gone",
  ],
  "an answered leg that is heard": [
    [dial(2), answered(2), { kind: "forward_audio", from: 2, to: CALLER }],
    "forward_audio needs leg 2 ringing, and it is up",
  ],
  "a conversation with one who rings": [[answer, dial(2), bridge(2)], "bridge needs leg 2 up, and it is ringing"],
  "a conversation with a caller who was not answered": [
    [dial(2), answered(2), bridge(2)],
    "bridge needs leg 1 up, and it is gone",
  ],
  "two conversations at once": [[...TALK, dial(3), answered(3), bridge(3)], "two conversations at once"],
  "two conversations at once, though another leg left": [
    [...TALK, dial(3), dial(4), answered(4), left(3), bridge(4)],
    "two conversations at once",
  ],
  "a conversation behind one that the caller left": [
    [...TALK, callerLeft, bridge(2)],
    "bridge needs leg 1 up, and it is gone",
  ],
  "REF-8: a request after the caller left": [[callerLeft, fetch("f1")], "REF-8: f1 is asked after the caller left"],
  "REF-8: a check after the caller left": [[callerLeft, check], "REF-8: a1 is asked after the caller left"],
  "two requests of one id": [[fetch("f1"), fetch("f1")], "the id f1 is used twice"],
  "a playback with the id of another": [[answer, play("p1", CALLER), play("p1", CALLER)], "the id p1 is used twice"],
  "a message with the id of another": [[fetch("n0"), ...events("Dial")], "the id n0 is used twice"],
  "a hole in the trace": [
    [
      { kind: "trace", entry: { seq: 2, at_ms: 0, ...DECIDED } },
      { kind: "trace", entry: { seq: 4, at_ms: 0, ...DECIDED } },
    ],
    "trace entry 2 follows 0",
    "trace entry 4 follows 2",
  ],
  "an attempt that ends twice": [trace(started(2), ended(2), ended(2)), "attempt 2 ended without going on"],
  "an attempt that ends before it began": [trace(ended(2)), "attempt 2 ended without going on"],
  "a conversation within another": [trace(talking(2), talking(3)), "a conversation begins within another"],
  "a conversation that ends before it began": [trace(talked(2)), "a conversation ends that had not begun"],
  "another conversation that ends": [trace(talking(2), talked(3)), "a conversation ends that had not begun"],
  "an end with a request open": [[fetch("f1"), end], "open at the end: request f1"],
  "an end with a playback open": [[answer, play("p1", CALLER), end], "open at the end: playback p1"],
  "an end with a timer armed, which came too early": [
    [{ kind: "set_timer", id: "ring", at: AT + 1 }, { kind: "timer", at: AT, id: "ring" }, end],
    "open at the end: timer ring",
  ],
  "an end with one leg ringing and one up": [
    [dial(2), dial(3), answered(3), end],
    "open at the end: leg 2 ringing",
    "open at the end: leg 3 up",
  ],
  "a full trace does not excuse what is open": [[...trace(FULL), dial(2), end], "open at the end: leg 2 ringing"],
  "an end within an attempt": [[...trace(started(2), ended(2), started(3)), end], "attempt 3 never ended"],
  "an end within a conversation": [[...trace(talking(2), DECIDED), end], "a conversation never ended"],
  "EVT-4: a Terminal that is missing": [[...events("Dial"), end], "EVT-4: call-dial-2 was told Dial"],
  "EVT-4: an event before the Dial": [
    [...events("Ringing", "Dial", "Terminal"), end],
    "EVT-4: call-dial-2 was told Ringing, Dial, Terminal",
  ],
  "EVT-4: an event behind the Terminal": [
    [...events("Dial", "Terminal", "Ringing"), end],
    "EVT-4: call-dial-2 was told Dial, Terminal, Ringing",
  ],
  "EVT-4: an event without a name": [
    [{ kind: "notify", id: "n1", purpose: "dial_event", order: "dial-2", request: request() }, end],
    "EVT-4: dial-2 was told ",
  ],
};

describe("what holds of every call", () => {
  it.each(Object.entries(GOOD))("is kept by %s", (_, moments) => {
    expect(watch(moments).faults).toEqual([]);
  });

  it.each(Object.entries(BREACHES))("is broken by %s", (_, [moments, ...faults]) => {
    expect(watch(moments).faults).toEqual(faults);
  });

  it("what is open is told in words", () => {
    const outside = watch([
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
    expect(outside.faults).toEqual([]);
    expect(outside.open).toEqual([
      "request f1",
      "playback p1",
      "timer ring",
      "leg 2 ringing",
      "leg 3 up",
      "recording r1",
    ]);
  });
});
