import { unreachable } from "../../../base/never.ts";
import type { Effect } from "../../../core/call/effects.ts";
import type { CallEvent } from "../../../core/call/events.ts";
import { CALLER } from "../../../core/call/legs.ts";
import type { LegId } from "../../../core/call/legs.ts";
import type { CallRecord } from "../../../core/call/record.ts";
import type { CallSetup } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { ConnectRules } from "./connect-rules.ts";
import type { CallObserver } from "../simulated-network.ts";

/** What must hold in every call, whatever customer, callees, caller and network do. */
export const INVARIANTS = {
  ends: "every call ends, once, and nothing is done for it afterwards",
  one_end_per_attempt: "every attempt that was begun has exactly one end",
  one_conversation: "the caller talks with one person at a time",
  no_stranger: "only people who answered and are still there are connected",
  nobody_left_ringing: "no phone rings, and nobody is kept on the line, for a call that is over",
  all_closed: "every recording, timer, request and playback is closed when the call ends",
  events_pair: "every attempt that was announced with Dial is closed with one Terminal (EVT-4)",
  silent_after_caller: "nothing is asked and nobody dialled for a caller who has left (REF-8)",
  ring_limit: "no attempt rings longer than its limit (DIAL-2)",
  exit_fits: "the exit of a Connect says what happened in it (EXIT-2 to EXIT-4)",
  within_limits: "no fetch, round, conversation or flow goes past its limit (REF-7, DIAL-3, DIAL-5, APP-9)",
  trace_whole: "the trace counts from 1 without a gap, and time never runs backwards in it",
  trace_explains: "the trace gives the reason of every exit, result and end",
  record_agrees: "the call's record says what the trace says",
  plain_state: "a call whose state was written down and read back between any two events goes on the same",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** A broken invariant. `atMs` counts from the call's arrival. */
export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly message: string;
}

type LegState = "ringing" | "up" | "dismissed" | "stray" | "gone";

type ReasonEntry = Extract<
  TraceEntry,
  { type: "applet.entered" | "exit.taken" | "decision" | "request.result" | "caller.left" | "call.ended" }
>;
type AttemptEntry = Extract<TraceEntry, { type: "attempt.started" | "attempt.answered" | "attempt.ended" }>;

interface AttemptNotes {
  readonly startedMs: number;
  readonly ringLimitMs: number;
  answered: boolean;
  ended: boolean;
  events: string;
}

/**
 * Watches one call and notes the first invariant it breaks. Sees only what passes between engine and world, so it can
 * watch any engine.
 */
export class InvariantChecker implements CallObserver {
  violation: Violation | null = null;
  readonly #setup: CallSetup;
  readonly #startMs: number;
  readonly #legs = new Map<LegId, LegState>();
  readonly #attempts = new Map<LegId, AttemptNotes>();
  /** Requests that were answered: their results are owed to the trace. */
  readonly #unexplained = new Set<string>();
  readonly #recordings = new Set<string>();
  /** Recordings that nobody has stopped and that have not closed by themselves. */
  readonly #running = new Set<string>();
  readonly #connect = new ConnectRules((rule, message) => this.#note(rule, message));
  #nowMs = 0;
  #seq = 0;
  #tracedMs = 0;
  #callerIsUp = false;
  #callerIsGone = false;
  #callerLeft = false;
  #bridged: LegId | null = null;
  #talking: LegId | null = null;
  #talkedMs = 0;
  #expected: string | null;
  #recordInTrace: CallRecord | null = null;
  #isOver = false;

  constructor(setup: CallSetup, startMs: number) {
    this.#setup = setup;
    this.#startMs = startMs;
    this.#expected = setup.flow.start;
  }

  event(event: CallEvent): void {
    this.#nowMs = event.at - this.#startMs;
    switch (event.kind) {
      case "leg_answered":
        this.#legs.set(event.leg, this.#legs.get(event.leg) === "ringing" ? "up" : "stray");
        return;
      case "leg_failed":
      case "leg_ended":
        this.#legGone(event.leg);
        return;
      case "fetched":
      case "audio_checked":
        this.#unexplained.add(event.id);
        return;
      case "recording_ready":
        this.#running.delete(event.id);
        return;
      case "call_arrived":
      case "invite_sent":
      case "media_source":
      case "leg_ringing":
      case "leg_early_media":
      case "playback_ended":
      case "digit":
      case "timer":
      case "command":
        return;
      default:
        unreachable(event);
    }
  }

  effect(effect: Effect, at: number): void {
    this.#nowMs = at - this.#startMs;
    if (this.#isOver) this.#note("ends", `${effect.kind} after the end`);
    switch (effect.kind) {
      case "trace":
        return this.#traced(effect.entry);
      case "fetch":
      case "check_audio":
        if (this.#callerIsGone) this.#note("silent_after_caller", `request ${effect.id} is sent`);
        return;
      case "dial":
        return this.#dialled(effect.leg);
      case "answer":
        this.#callerIsUp = true;
        return;
      case "cancel":
      case "hang_up":
        return this.#dismissed(effect.leg);
      case "reject":
        this.#callerIsGone = true;
        return;
      case "bridge":
        return this.#bridging(effect.a, effect.b);
      case "unbridge":
        this.#bridged = null;
        return;
      case "end":
        return this.#ended(effect.record);
      case "record":
        this.#running.add(effect.id);
        return;
      case "stop_recording":
        this.#running.delete(effect.id);
        return;
      case "cancel_request":
      case "play":
      case "stop_playing":
      case "forward_audio":
      case "stop_forwarding":
      case "set_timer":
      case "clear_timer":
      case "notify":
        return;
      default:
        unreachable(effect);
    }
  }

  /** After the call: what the world still has open. */
  leftovers(words: readonly string[]): void {
    for (const word of words) this.#note(word.startsWith("leg ") ? "nobody_left_ringing" : "all_closed", word);
  }

  #note(invariant: Invariant, message: string): void {
    this.violation ??= { invariant, atMs: this.#nowMs, message };
  }

  // Legs

  #legGone(leg: LegId): void {
    if (leg === CALLER) this.#callerIsGone = true;
    else this.#legs.set(leg, "gone");
    if (leg === CALLER || leg === this.#bridged) this.#bridged = null;
  }

  #dialled(leg: LegId): void {
    if (this.#callerIsGone) this.#note("silent_after_caller", `leg ${leg} is dialled`);
    if (this.#legs.has(leg)) this.#note("one_end_per_attempt", `leg ${leg} is dialled twice`);
    this.#legs.set(leg, "ringing");
  }

  #dismissed(leg: LegId): void {
    if (leg === CALLER) this.#callerIsGone = true;
    else if (this.#legs.get(leg) !== "gone") this.#legs.set(leg, "dismissed");
    if (leg === CALLER || leg === this.#bridged) this.#bridged = null;
  }

  #bridging(a: LegId, b: LegId): void {
    const callee = a === CALLER ? b : a;
    if (this.#bridged !== null)
      this.#note("one_conversation", `leg ${callee} is bridged while leg ${this.#bridged} is`);
    if (!this.#callerIsUp || this.#callerIsGone) this.#note("no_stranger", `leg ${callee} is bridged with nobody`);
    const state = this.#legs.get(callee);
    if (state !== "up") this.#note("no_stranger", `leg ${callee} is bridged and is ${state ?? "unknown"}`);
    this.#bridged = callee;
  }

  // Trace

  #traced(entry: TraceEntry): void {
    this.#seq += 1;
    if (entry.seq !== this.#seq) this.#note("trace_whole", `entry ${entry.seq} stands where ${this.#seq} belongs`);
    if (entry.at_ms < this.#tracedMs) this.#note("trace_whole", `entry ${entry.seq} runs back to ${entry.at_ms} ms`);
    this.#tracedMs = entry.at_ms;
    this.#connect.traced(entry);
    switch (entry.type) {
      case "attempt.started":
      case "attempt.answered":
      case "attempt.ended":
        return this.#tracedAttempt(entry);
      case "conversation.started":
        if (this.#talking !== null)
          this.#note("one_conversation", `leg ${entry.leg} talks while leg ${this.#talking} does`);
        this.#talking = entry.leg;
        return;
      case "conversation.ended":
        if (this.#talking !== entry.leg)
          this.#note("one_conversation", `leg ${entry.leg} ends a talk it has not begun`);
        this.#talking = null;
        this.#talkedMs += entry.duration_ms;
        return;
      case "dial_event":
        return this.#tracedDialEvent(entry.leg, entry.event);
      case "recording.started":
        this.#recordings.add(entry.id);
        return;
      case "recording.closed":
        if (!this.#recordings.delete(entry.id)) this.#note("all_closed", `recording ${entry.id} closes twice`);
        return;
      case "applet.entered":
      case "exit.taken":
      case "decision":
      case "request.result":
      case "caller.left":
      case "call.ended":
        return this.#tracedReason(entry);
      case "answer.finding":
      case "answer.used":
      case "attempt.dialed":
      case "attempt.early_media":
      case "attempt.ringing":
      case "call.answered":
      case "call.started":
      case "digits":
      case "media.source":
      case "playback.ended":
      case "playback.started":
      case "request.sent":
        return;
      default:
        unreachable(entry);
    }
  }

  #tracedReason(entry: ReasonEntry): void {
    switch (entry.type) {
      case "applet.entered":
        for (const id of this.#running) this.#note("all_closed", `recording ${id} runs on into "${entry.applet}"`);
        // Behind a caller who left, a Passthru is told without its exit being taken (DIAL-11).
        if (entry.applet !== this.#expected && !this.#callerLeft) {
          this.#note("trace_explains", `"${entry.applet}" is entered by no exit`);
        }
        this.#expected = null;
        return;
      case "exit.taken":
        if (entry.rule === "") this.#note("trace_explains", `the exit ${entry.exit} has no rule`);
        this.#expected = entry.next;
        return;
      case "decision":
        if (entry.rule === "" || entry.message === "") this.#note("trace_explains", "a decision has no reason");
        return;
      case "request.result":
        this.#unexplained.delete(entry.id);
        if (entry.result !== "usable" && entry.rule === null && entry.message === "") {
          this.#note("trace_explains", `request ${entry.id} is ${entry.result} for no reason`);
        }
        return;
      case "caller.left":
        this.#callerLeft = true;
        return;
      case "call.ended":
        this.#recordInTrace = entry.cdr;
        return;
      default:
        unreachable(entry);
    }
  }

  #tracedAttempt(entry: AttemptEntry): void {
    const { leg } = entry;
    if (entry.type === "attempt.started") {
      const { at_ms: startedMs, ring_limit_ms: ringLimitMs } = entry;
      this.#attempts.set(leg, { startedMs, ringLimitMs, answered: false, ended: false, events: "" });
      return;
    }
    const attempt = this.#attempts.get(leg);
    if (attempt === undefined) return this.#note("one_end_per_attempt", `${entry.type} of leg ${leg}, never begun`);
    if (attempt.ended) return this.#note("one_end_per_attempt", `${entry.type} of leg ${leg}, which has ended`);
    if (entry.type === "attempt.ended") {
      attempt.ended = true;
      if (entry.cause === "") this.#note("trace_explains", `the end of leg ${leg} has no cause`);
    } else {
      attempt.answered = true;
    }
    const rang = entry.at_ms - attempt.startedMs;
    if (!attempt.answered && rang > attempt.ringLimitMs) this.#note("ring_limit", `leg ${leg} rang for ${rang} ms`);
  }

  #tracedDialEvent(leg: LegId, event: "Dial" | "Ringing" | "Answered" | "Terminal"): void {
    const attempt = this.#attempts.get(leg);
    if (attempt === undefined) return this.#note("events_pair", `${event} of leg ${leg}, which was not begun`);
    if (attempt.events.endsWith("T")) this.#note("events_pair", `${event} of leg ${leg} behind its Terminal`);
    if (attempt.events.includes(event.charAt(0))) this.#note("events_pair", `${event} of leg ${leg} comes twice`);
    attempt.events += event.charAt(0);
  }

  // The end

  #ended(record: CallRecord): void {
    this.#isOver = true;
    if (!this.#callerIsGone) this.#note("nobody_left_ringing", "the caller is kept on the line");
    for (const [leg, state] of this.#legs) {
      if (state !== "gone" && state !== "dismissed") this.#note("nobody_left_ringing", `leg ${leg} is ${state}`);
    }
    for (const [leg, attempt] of this.#attempts) this.#attemptAtEnd(leg, attempt);
    if (this.#talking !== null) this.#note("one_conversation", `the talk with leg ${this.#talking} has no end`);
    for (const id of this.#running) this.#note("all_closed", `recording ${id} was never stopped`);
    for (const id of this.#recordings) this.#note("all_closed", `recording ${id} is open`);
    for (const id of this.#unexplained) this.#note("trace_explains", `request ${id} has no result`);
    this.#compareRecord(record);
  }

  #attemptAtEnd(leg: LegId, attempt: AttemptNotes): void {
    if (!attempt.ended) this.#note("one_end_per_attempt", `leg ${leg} has no end`);
    if (!attempt.events.startsWith("D")) return;
    const owed = this.#setup.account.dialEvents.includes("terminal");
    if (owed && !attempt.events.endsWith("T")) this.#note("events_pair", `leg ${leg} has no Terminal`);
  }

  #compareRecord(record: CallRecord): void {
    if (this.#recordInTrace !== record) this.#note("record_agrees", "the last entry is not the record");
    const talked = Math.floor(this.#talkedMs / 1000);
    if (record.conversation_s !== talked) {
      this.#note("record_agrees", `${record.conversation_s} s of conversation, in the trace ${talked}`);
    }
    if (this.#callerLeft !== (record.ended_by === "caller")) {
      this.#note(
        "record_agrees",
        `ended by ${record.ended_by}, in the trace by ${this.#callerLeft ? "the caller" : "us"}`,
      );
    }
    if (record.duration_ms > this.#nowMs) this.#note("record_agrees", `lasted ${record.duration_ms} ms`);
  }
}
