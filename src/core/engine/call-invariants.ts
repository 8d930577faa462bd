import type { Effect, EffectKind } from "../call/effects.ts";
import type { CallEvent } from "../call/events.ts";
import { CALLER, type LegId } from "../call/legs.ts";
import type { TraceEntry } from "../call/trace.ts";

/**
 * What holds of every call, whatever happens: keeps its own account of the outside from events and effects alone, knows
 * nothing of the engine's state, and writes down each breach. For tests.
 */
export class CallInvariants {
  /** Sentences; empty as long as all is well. */
  readonly faults: string[] = [];
  readonly requests = new Set<string>();
  readonly plays = new Set<string>();
  readonly timers = new Map<string, number>();
  readonly legs = new Map<LegId, "ringing" | "up">();
  readonly recordings = new Set<string>();
  /** Dial events by attempt. */
  readonly dialEvents = new Map<string, string[]>();
  readonly #attempts = new Map<LegId, "going on" | "ended">();
  readonly #ids = new Set<string>();
  #bridged: LegId | null = null;
  #talking: LegId | null = null;
  #callerGone = false;
  #answered = false;
  #seq = 0;
  /** From here on the trace proves nothing by what it leaves out. */
  #traceFull = false;
  #ended = false;

  /** What is still going on out there, in words. */
  get open(): readonly string[] {
    return [
      ...[...this.requests].map((id) => `request ${id}`),
      ...[...this.plays].map((id) => `playback ${id}`),
      ...[...this.timers.keys()].map((id) => `timer ${id}`),
      ...[...this.legs].map(([leg, how]) => `leg ${leg} ${how}`),
      ...[...this.recordings].map((id) => `recording ${id}`),
    ];
  }

  observe(event: CallEvent, effects: readonly Effect[]): void {
    this.#happens(event);
    for (const effect of effects) {
      if (this.#ended) this.#fault(`${effect.kind} behind the end`);
      const performs = this.#performs[effect.kind] as ((effect: Effect) => void) | undefined;
      performs?.(effect);
    }
  }

  #fault(sentence: string): void {
    this.faults.push(sentence);
  }

  #happens(event: CallEvent): void {
    if (event.kind === "fetched" || event.kind === "audio_checked") this.requests.delete(event.id);
    else if (event.kind === "playback_ended") this.plays.delete(event.id);
    else if (event.kind === "recording_ready") this.recordings.delete(event.id);
    else if (event.kind === "timer") {
      if ((this.timers.get(event.id) ?? Infinity) <= event.at) this.timers.delete(event.id);
    } else if (event.kind === "leg_answered") {
      if (this.legs.has(event.leg)) this.legs.set(event.leg, "up");
    } else if (event.kind === "leg_failed" || event.kind === "leg_ended") {
      if (event.leg === CALLER) this.#callerGone = true;
      this.#lose(event.leg);
    }
  }

  #lose(leg: LegId): void {
    this.legs.delete(leg);
    if (leg === CALLER || leg === this.#bridged) this.#bridged = null;
  }

  readonly #performs: { readonly [K in EffectKind]?: (effect: Extract<Effect, { kind: K }>) => void } = {
    fetch: ({ id }) => this.#ask(id),
    check_audio: ({ id }) => this.#ask(id),
    cancel_request: ({ id }) => this.requests.delete(id),
    answer: () => {
      if (this.#answered || this.#callerGone) this.#fault("the caller is answered twice, or gone");
      this.#answered = true;
    },
    reject: () => {
      if (this.#answered || this.#callerGone) this.#fault("a caller is refused who was answered, or is gone");
    },
    play: ({ id, legs }) => this.#sound(id, this.plays, legs),
    stop_playing: ({ id }) => this.plays.delete(id),
    record: ({ id, legs }) => this.#sound(id, this.recordings, legs),
    set_timer: ({ id, at }) => this.timers.set(id, at),
    clear_timer: ({ id }) => this.timers.delete(id),
    dial: ({ leg }) => {
      if (this.#callerGone) this.#fault("somebody is dialled after the caller left");
      this.#fresh(`leg ${leg}`);
      this.legs.set(leg, "ringing");
    },
    cancel: ({ leg }) => {
      this.#needs(leg, "ringing", "cancel");
      this.#lose(leg);
    },
    hang_up: ({ leg }) => this.#lose(leg),
    forward_audio: ({ from }) => this.#needs(from, "ringing", "forward_audio"),
    bridge: ({ a, b }) => {
      if (this.#bridged !== null) this.#fault("two conversations at once");
      this.#needs(a, "up", "bridge");
      this.#needs(b, "up", "bridge");
      this.#bridged = b;
    },
    unbridge: () => {
      this.#bridged = null;
    },
    notify: (effect) => this.#notify(effect),
    trace: ({ entry }) => this.#note(entry),
    end: () => this.#end(),
  };

  #ask(id: string): void {
    if (this.#callerGone) this.#fault(`REF-8: ${id} is asked after the caller left`);
    this.#fresh(id);
    this.requests.add(id);
  }

  #sound(id: string, into: Set<string>, legs: readonly LegId[]): void {
    this.#fresh(id);
    into.add(id);
    for (const leg of legs) this.#needs(leg, "up", id);
  }

  #needs(leg: LegId, how: "ringing" | "up", what: string): void {
    const there = leg === CALLER ? this.#answered && !this.#callerGone : this.legs.get(leg) === how;
    if (!there) this.#fault(`${what} needs leg ${leg} ${how}, and it is ${this.legs.get(leg) ?? "gone"}`);
  }

  #fresh(id: string): void {
    if (this.#ids.has(id)) this.#fault(`the id ${id} is used twice`);
    this.#ids.add(id);
  }

  #notify(effect: Extract<Effect, { kind: "notify" }>): void {
    this.#fresh(effect.id);
    if (effect.purpose !== "dial_event") return;
    const type = new Map(effect.request.query).get("EventType") ?? "";
    this.dialEvents.set(effect.order, [...(this.dialEvents.get(effect.order) ?? []), type]);
  }

  #note(entry: TraceEntry): void {
    if (entry.seq !== this.#seq + 1) this.#fault(`trace entry ${entry.seq} follows ${this.#seq}`);
    this.#seq = entry.seq;
    if (entry.type === "decision" && entry.message.startsWith("The trace is full")) this.#traceFull = true;
    if (entry.type === "attempt.started") this.#attempts.set(entry.leg, "going on");
    if (entry.type === "attempt.ended") {
      if (this.#attempts.get(entry.leg) !== "going on") this.#fault(`attempt ${entry.leg} ended without going on`);
      this.#attempts.set(entry.leg, "ended");
    }
    if (entry.type === "conversation.started") {
      if (this.#talking !== null) this.#fault("a conversation begins within another");
      this.#talking = entry.leg;
    }
    if (entry.type === "conversation.ended") {
      if (this.#talking !== entry.leg) this.#fault("a conversation ends that had not begun");
      this.#talking = null;
    }
  }

  #end(): void {
    this.#ended = true;
    // A recording that never reported its end is given up by the timer; the trace says so.
    this.recordings.clear();
    for (const thing of this.open) this.#fault(`open at the end: ${thing}`);
    if (!this.#traceFull) {
      for (const [leg, how] of this.#attempts) if (how !== "ended") this.#fault(`attempt ${leg} never ended`);
      if (this.#talking !== null) this.#fault("a conversation never ended");
    }
    for (const [order, types] of this.dialEvents) {
      const wellFormed = /^Dial(,Ringing)?(,Answered)?,Terminal$/.test(types.join(","));
      if (!wellFormed) this.#fault(`EVT-4: ${order} was told ${types.join(", ")}`);
    }
  }
}
