import type { Effect } from "../../call/effects.ts";
import type { LegId } from "../../call/legs.ts";
import type { TraceEntry } from "../../call/trace.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

interface AttemptNotes {
  readonly startedMs: number;
  readonly ringLimitMs: number;
  answered: boolean;
  ended: boolean;
  /** First letters of its dial events in the trace. */
  events: string;
}

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;

/** What one attempt may be announced with, in this order (EVT-2, EVT-4). */
const EVENTS_OF_ATTEMPT = /^Dial(,Ringing)?(,Answered)?,Terminal$/;

/** Watches attempts, conversations and dial events: each begins and ends once. */
export class AttemptInvariants {
  /** Milliseconds of all conversations, by the trace. */
  talkedMs = 0;
  readonly #report: ReportViolation;
  readonly #attempts = new Map<LegId, AttemptNotes>();
  /** Dial events that were sent, by their order key. */
  readonly #sent = new Map<string, string[]>();
  #talking: LegId | null = null;

  constructor(report: ReportViolation) {
    this.#report = report;
  }

  readonly handlers: InvariantHandlers = {
    effects: { notify: (effect) => this.#notified(effect) },
    entries: {
      "attempt.started": (entry) => this.#started(entry),
      "attempt.answered": (entry) => this.#goesOn(entry, "answered"),
      "attempt.ended": (entry) => this.#goesOn(entry, "ended"),
      "conversation.started": ({ leg }) => this.#talks(leg),
      "conversation.ended": (entry) => this.#talked(entry),
      dial_event: ({ leg, event }) => this.#traced(leg, event),
    },
  };

  /** A trace that is full proves nothing by what it leaves out. */
  atEnd(traceIsFull: boolean): void {
    for (const [order, events] of this.#sent) {
      if (EVENTS_OF_ATTEMPT.test(events.join(","))) continue;
      this.#report("events_pair", `the events of ${order} are ${events.join(", ")}`);
    }
    if (traceIsFull) return;
    for (const [leg, attempt] of this.#attempts) this.#attemptAtEnd(leg, attempt);
    if (this.#talking !== null)
      this.#report("one_conversation", `the conversation with leg ${this.#talking} has no end`);
  }

  #attemptAtEnd(leg: LegId, { ended, events }: AttemptNotes): void {
    if (!ended) this.#report("one_end_per_attempt", `leg ${leg} has no end`);
    if (events.startsWith("D") && !events.endsWith("T")) this.#report("events_pair", `leg ${leg} has no Terminal`);
  }

  #started({ leg, at_ms: startedMs, ring_limit_ms: ringLimitMs }: Entry<"attempt.started">): void {
    this.#attempts.set(leg, { startedMs, ringLimitMs, answered: false, ended: false, events: "" });
  }

  #goesOn(entry: Entry<"attempt.answered" | "attempt.ended">, how: "answered" | "ended"): void {
    const { leg } = entry;
    const attempt = this.#attempts.get(leg);
    if (attempt === undefined) return this.#report("one_end_per_attempt", `leg ${leg} has ${how} and was never begun`);
    if (attempt.ended) return this.#report("one_end_per_attempt", `leg ${leg} has ${how} after its end`);
    attempt[how] = true;
    if (entry.type === "attempt.ended" && entry.cause === "")
      this.#report("trace_explains", `the end of leg ${leg} has no cause`);
    const rangMs = entry.at_ms - attempt.startedMs;
    if (!attempt.answered && rangMs > attempt.ringLimitMs)
      this.#report("ring_limit", `leg ${leg} rang for ${rangMs} ms`);
  }

  #talks(leg: LegId): void {
    if (this.#talking !== null) this.#report("one_conversation", `leg ${leg} talks while leg ${this.#talking} does`);
    this.#talking = leg;
  }

  #talked({ leg, duration_ms: durationMs }: Entry<"conversation.ended">): void {
    if (this.#talking !== leg) this.#report("one_conversation", `leg ${leg} ends a conversation that it has not begun`);
    this.#talking = null;
    this.talkedMs += durationMs;
  }

  #traced(leg: LegId, event: Entry<"dial_event">["event"]): void {
    const attempt = this.#attempts.get(leg);
    if (attempt === undefined) return this.#report("events_pair", `${event} of leg ${leg}, which was not begun`);
    if (attempt.events.endsWith("T")) this.#report("events_pair", `${event} of leg ${leg} behind its Terminal`);
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
