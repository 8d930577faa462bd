import type { Effect } from "../../call/effects.ts";
import type { LegId } from "../../call/legs.ts";
import type { TraceEntry } from "../../call/trace.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

interface WatchedAttempt {
  readonly startedMs: number;
  readonly ringLimitMs: number;
  answered: boolean;
  ended: boolean;
  /** First letters of its dial events in the trace. */
  events: string;
}

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;

/** The dial events that one attempt may have, in this order (EVT-2, EVT-4). */
const EVENTS_OF_ATTEMPT = /^Dial(,Ringing)?(,Answered)?,Terminal$/;

/** Watches attempts, conversations and dial events: each starts and ends once. */
export class AttemptInvariants {
  /** Total length of all conversations in the trace, in milliseconds. */
  conversationMs = 0;
  readonly #report: ReportViolation;
  readonly #attempts = new Map<LegId, WatchedAttempt>();
  /** Dial events that were sent, by their order key. */
  readonly #sent = new Map<string, string[]>();
  #connected: LegId | null = null;

  constructor(report: ReportViolation) {
    this.#report = report;
  }

  readonly handlers: InvariantHandlers = {
    effects: { notify: (effect) => this.#notified(effect) },
    entries: {
      "attempt.started": (entry) => this.#started(entry),
      "attempt.answered": (entry) => this.#advanced(entry, "answered"),
      "attempt.ended": (entry) => this.#advanced(entry, "ended"),
      "conversation.started": ({ leg }) => this.#conversationStarted(leg),
      "conversation.ended": (entry) => this.#conversationEnded(entry),
      dial_event: ({ leg, event }) => this.#traced(leg, event),
    },
  };

  /** A full trace lacks entries, so a missing one is not a violation. */
  atEnd(traceIsFull: boolean): void {
    for (const [order, events] of this.#sent) {
      if (EVENTS_OF_ATTEMPT.test(events.join(","))) continue;
      this.#report("events_pair", `the events of ${order} are ${events.join(", ")}`);
    }
    if (traceIsFull) return;
    for (const [leg, attempt] of this.#attempts) this.#attemptAtEnd(leg, attempt);
    if (this.#connected !== null)
      this.#report("one_conversation", `the conversation with leg ${this.#connected} has no end`);
  }

  #attemptAtEnd(leg: LegId, { ended, events }: WatchedAttempt): void {
    if (!ended) this.#report("one_end_per_attempt", `leg ${leg} has no end`);
    if (events.startsWith("D") && !events.endsWith("T")) this.#report("events_pair", `leg ${leg} has no Terminal`);
  }

  #started({ leg, at_ms: startedMs, ring_limit_ms: ringLimitMs }: Entry<"attempt.started">): void {
    this.#attempts.set(leg, { startedMs, ringLimitMs, answered: false, ended: false, events: "" });
  }

  #advanced(entry: Entry<"attempt.answered" | "attempt.ended">, how: "answered" | "ended"): void {
    const { leg } = entry;
    const attempt = this.#attempts.get(leg);
    if (attempt === undefined)
      return this.#report("one_end_per_attempt", `leg ${leg} has ${how} but was never started`);
    if (attempt.ended) return this.#report("one_end_per_attempt", `leg ${leg} has ${how} after its end`);
    attempt[how] = true;
    if (entry.type === "attempt.ended" && entry.cause === "")
      this.#report("trace_explains", `the end of leg ${leg} has no cause`);
    const rangMs = entry.at_ms - attempt.startedMs;
    if (!attempt.answered && rangMs > attempt.ringLimitMs)
      this.#report("ring_limit", `leg ${leg} rang for ${rangMs} ms`);
  }

  #conversationStarted(leg: LegId): void {
    if (this.#connected !== null)
      this.#report("one_conversation", `leg ${leg} starts a conversation during that of leg ${this.#connected}`);
    this.#connected = leg;
  }

  #conversationEnded({ leg, duration_ms: durationMs }: Entry<"conversation.ended">): void {
    if (this.#connected !== leg)
      this.#report("one_conversation", `leg ${leg} ends a conversation that it did not start`);
    this.#connected = null;
    this.conversationMs += durationMs;
  }

  #traced(leg: LegId, event: Entry<"dial_event">["event"]): void {
    const attempt = this.#attempts.get(leg);
    if (attempt === undefined) return this.#report("events_pair", `${event} of leg ${leg}, which was not started`);
    if (attempt.events.endsWith("T")) this.#report("events_pair", `${event} of leg ${leg} after its Terminal`);
    if (attempt.events.includes(event.charAt(0))) this.#report("events_pair", `${event} of leg ${leg} comes twice`);
    attempt.events += event.charAt(0);
  }

  #notified({ purpose, order, request }: Extract<Effect, { kind: "notify" }>): void {
    if (purpose !== "dial_event") return;
    const [, event = "nothing"] = request.query.find(([name]) => name === "EventType") ?? [];
    const sent = this.#sent.get(order);
    if (sent === undefined) this.#sent.set(order, [event]);
    else sent.push(event);
  }
}
