import type { Timer } from "../../base/clock.ts";
import { unreachable } from "../../base/never.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Effect } from "../../core/call/effects.ts";
import type { CallEvent } from "../../core/call/events.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { CallRecord } from "../../core/call/record.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import { destinationKey } from "../../core/contract/destination.ts";
import type { PhoneBehaviour, Scenario } from "./scenario/scenario-types.ts";
import { ScriptedAudio } from "./scripted-audio.ts";
import type { UrlGap } from "./scripted-urls.ts";
import { ScriptedUrls } from "./scripted-urls.ts";

/** The engine as seen from outside. */
export type EngineStep<State> = (
  setup: CallSetup,
  state: State | null,
  event: CallEvent,
) => { readonly state: State; readonly effects: readonly Effect[] };

/** Sees everything that passes between engine and network, in order: the explorer's invariants. */
export interface CallObserver {
  event(event: CallEvent): void;
  effect(effect: Effect, at: number): void;
  /** The scenario does not say what happens next: a made-up answer, or the last one again, follows. */
  onGap?(gap: ScriptGap): void;
}

/** A URL asked, or a phone dialled, more often than the scenario says; `dialled`: how often it says. */
export type ScriptGap = UrlGap | { readonly kind: "phone"; readonly destination: string; readonly dialled: number };

/** How a simulated call ended. `stuck`: nothing more could happen; `endless`: it exceeded the limits below. */
export type SimulationOutcome = (
  | { readonly kind: "ended"; readonly record: CallRecord }
  | { readonly kind: "stuck" | "endless"; readonly message: string }
) & { readonly trace: readonly TraceEntry[] };

/** More than any reasonable call has; a call that gets here is in a loop. */
const MAX_EVENTS = 200_000;
/** Longer than the longest possible call: a Connect rings 100 numbers for 60 s, then 75 min of conversation, 200 times. */
const MAX_VIRTUAL_MS = 30 * 86_400_000;
/** A person (or a robot) enters five digits a second. */
export const DIGIT_SPACING_MS = 200;

type OtherEffect = Exclude<
  Effect,
  { kind: "trace" | "end" | "set_timer" | "clear_timer" | "fetch" | "check_audio" | "cancel_request" }
>;

interface Leg {
  readonly behaviour: PhoneBehaviour;
  up: boolean;
  /** The engine has hung it up or cancelled it: only the network still deals with it. */
  released: boolean;
  readonly timers: Timer[];
}

interface Playback {
  readonly legs: LegId[];
  readonly timer: Timer | null;
}

interface Recording {
  readonly legs: readonly LegId[];
  readonly startedAt: number;
  readonly timer: Timer | null;
}

/**
 * A telephone network, web servers and people, all scripted, in virtual time. It performs the engine's effects
 * and answers with the events that the live edges would send. One instance plays one call.
 */
export class SimulatedNetwork<State> {
  readonly #scenario: Scenario;
  readonly #step: EngineStep<State>;
  readonly #observer: CallObserver | null;
  readonly #clock: VirtualClock;
  readonly #urls: ScriptedUrls;
  readonly #sounds: ScriptedAudio;
  readonly #trace: TraceEntry[] = [];
  readonly #requests = new Map<string, Timer>();
  readonly #timers = new Map<string, Timer>();
  readonly #legs = new Map<LegId, Leg>();
  readonly #dialled = new Map<string, number>();
  readonly #playbacks = new Map<string, Playback>();
  readonly #recordings = new Map<string, Recording>();
  #callerIsThere = false;
  /** When the caller's script began, epoch ms: with the call's arrival, or with their answer in a call by API. */
  #callerSince = 0;
  #state: State | null = null;
  #record: CallRecord | null = null;
  #events = 0;

  constructor(scenario: Scenario, step: EngineStep<State>, observer: CallObserver | null = null) {
    this.#scenario = scenario;
    this.#step = step;
    this.#observer = observer;
    this.#clock = new VirtualClock(scenario.startMs);
    this.#urls = new ScriptedUrls(scenario.urls, (gap) => observer?.onGap?.(gap));
    this.#sounds = new ScriptedAudio(this.#urls, scenario.sounds);
  }

  /** Plays the whole call. */
  run(callSid: string): SimulationOutcome {
    const { call, startMs } = this.#scenario;
    if (call.placed === undefined) this.#scriptCaller();
    this.#deliver({ kind: "call_arrived", at: startMs, callSid, ...call });
    while (this.#record === null) {
      if (!this.#clock.step()) return this.#broken("stuck", "nothing more can happen, and the call has not ended");
      if (this.#events > MAX_EVENTS)
        return this.#broken("endless", `the call has not ended after ${MAX_EVENTS} events`);
      if (this.#clock.now() - startMs > MAX_VIRTUAL_MS) {
        return this.#broken("endless", `the call has not ended after ${MAX_VIRTUAL_MS / 86_400_000} days`);
      }
    }
    return { kind: "ended", record: this.#record, trace: this.#trace };
  }

  /** What is still open, in words: empty after the end of every call if the engine closed everything. */
  leftovers(): string[] {
    const lines: string[] = [];
    for (const id of this.#requests.keys()) lines.push(`request ${id} is open`);
    for (const id of this.#timers.keys()) lines.push(`timer ${id} is set`);
    for (const [id, leg] of this.#legs) if (!leg.released) lines.push(`leg ${id} is ${leg.up ? "up" : "ringing"}`);
    for (const id of this.#playbacks.keys()) lines.push(`playback ${id} is running`);
    for (const id of this.#recordings.keys()) lines.push(`recording ${id} is running`);
    return lines;
  }

  #broken(kind: "stuck" | "endless", message: string): SimulationOutcome {
    return { kind, message, trace: this.#trace };
  }

  #deliver(event: CallEvent): void {
    if (this.#record !== null) return;
    this.#events++;
    this.#observer?.event(event);
    const { state, effects } = this.#step(this.#scenario.setup, this.#state, event);
    this.#state = state;
    for (const effect of effects) {
      this.#observer?.effect(effect, this.#clock.now());
      this.#perform(effect);
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "trace":
        return void this.#trace.push(effect.entry);
      case "end":
        this.#record = effect.record;
        return;
      case "set_timer":
        return this.#setTimer(effect.id, effect.at);
      case "clear_timer":
        return this.#clear(this.#timers, effect.id);
      case "fetch":
      case "check_audio":
        return this.#request(effect);
      case "cancel_request":
        return this.#clear(this.#requests, effect.id);
      case "notify":
      case "answer":
      case "bridge":
      case "cancel":
      case "dial":
      case "forward_audio":
      case "hang_up":
      case "play":
      case "record":
      case "reject":
      case "stop_forwarding":
      case "stop_playing":
      case "stop_recording":
      case "pause_recording":
      case "send_digits":
      case "unbridge":
        return this.#performOther(effect);
      default:
        unreachable(effect);
    }
  }

  #performOther(effect: OtherEffect): void {
    switch (effect.kind) {
      case "dial":
        return this.#dial(effect);
      case "cancel":
        return this.#cancel(effect.leg);
      case "hang_up":
        return this.#hangUp(effect.leg);
      case "reject":
        return this.#hangUp(CALLER);
      case "bridge":
        return this.#bridge(effect.a, effect.b);
      case "play":
        return this.#play(effect);
      case "stop_playing":
        return this.#stopPlaying(effect.id);
      case "record":
        return this.#startRecording(effect);
      case "stop_recording":
        return this.#closeRecording(effect.id);
      case "answer":
      case "notify":
      case "forward_audio":
      case "stop_forwarding":
      case "pause_recording":
      case "send_digits":
      case "unbridge":
        return;
      default:
        unreachable(effect);
    }
  }

  // People

  #scriptCaller(): void {
    this.#callerIsThere = true;
    this.#callerSince = this.#clock.now();
    const { hangUpAfterMs, presses } = this.#scenario.caller;
    for (const press of presses) {
      for (const [index, digit] of press.digits.split("").entries()) {
        this.#clock.after(press.afterMs + index * DIGIT_SPACING_MS, () => {
          if (this.#callerIsThere) this.#deliver({ kind: "digit", at: this.#clock.now(), leg: CALLER, digit });
        });
      }
    }
    if (hangUpAfterMs !== null) this.#clock.after(hangUpAfterMs, () => this.#leave(CALLER, "the caller hung up"));
  }

  /** The person on a leg leaves; everything that depended on the leg ends with it. */
  #leave(leg: LegId, detail: string): void {
    if (leg === CALLER) {
      if (!this.#callerIsThere) return;
      this.#callerIsThere = false;
    }
    this.#forgetLeg(leg);
    this.#silence(leg);
    this.#deliver({ kind: "leg_ended", at: this.#clock.now(), leg, detail });
    for (const [id, recording] of this.#recordings) {
      if (!recording.legs.some((other) => this.#isThere(other))) this.#closeRecording(id);
    }
  }

  #isThere(leg: LegId): boolean {
    return leg === CALLER ? this.#callerIsThere : this.#legs.has(leg);
  }

  // Telephone network

  #dial(effect: Extract<Effect, { kind: "dial" }>): void {
    const destination = destinationKey(effect.destination);
    const behaviour = this.#nextBehaviour(destination) ?? (effect.leg === CALLER ? ANSWERS_AT_ONCE : null);
    if (behaviour === null) {
      const leg = { behaviour: RINGS_FOR_EVER, up: false, released: false, timers: [] };
      this.#legs.set(effect.leg, leg);
      this.#onLeg(effect.leg, leg, 0, () => this.#fail(effect.leg, null, "no such phone in the scenario: unreachable"));
      return;
    }
    const leg = { behaviour, up: false, released: false, timers: [] };
    this.#legs.set(effect.leg, leg);
    this.#onLeg(effect.leg, leg, 0, () => this.#sendInvite(effect.leg, destination));
    this.#ring(effect.leg, leg);
  }

  /** Reports an INVITE as the live edge does, with made-up values. */
  #sendInvite(leg: LegId, destination: string): void {
    const user = destination.replace(/^sip:/, "").split("@", 1)[0] ?? "";
    this.#deliver({
      kind: "invite_sent",
      at: this.#clock.now(),
      leg,
      trunk: "simulated",
      target: "127.0.0.1:5060",
      uri: `sip:${user}@127.0.0.1`,
      sipCallId: `leg-${leg}@simulated`,
      reason: null,
    });
  }

  #nextBehaviour(destination: string): PhoneBehaviour | null {
    const list = this.#scenario.phones[destination];
    const dialled = this.#dialled.get(destination) ?? 0;
    if (dialled >= (list?.length ?? 0)) this.#observer?.onGap?.({ kind: "phone", destination, dialled });
    if (list === undefined) return null;
    this.#dialled.set(destination, dialled + 1);
    return list[Math.min(dialled, list.length - 1)] ?? null;
  }

  #ring(id: LegId, leg: Leg): void {
    const { ringAfterMs, earlyMediaAfterMs, ending } = leg.behaviour;
    const endsAfterMs = ending.kind === "ring" ? Infinity : ending.afterMs;
    if (ringAfterMs !== null && ringAfterMs <= endsAfterMs) {
      this.#onLeg(id, leg, ringAfterMs, () => this.#deliver({ kind: "leg_ringing", at: this.#clock.now(), leg: id }));
    }
    if (earlyMediaAfterMs !== null && earlyMediaAfterMs <= endsAfterMs) {
      this.#onLeg(id, leg, earlyMediaAfterMs, () =>
        this.#deliver({ kind: "leg_early_media", at: this.#clock.now(), leg: id }),
      );
    }
    if (ending.kind === "answer") this.#onLeg(id, leg, ending.afterMs, () => this.#pickUp(id, leg));
    if (ending.kind === "fail") {
      this.#onLeg(id, leg, ending.afterMs, () => this.#fail(id, ending.sip, sipDetail(ending.sip), ending.q850));
    }
  }

  #onLeg(id: LegId, leg: Leg, afterMs: number, run: () => void): void {
    const timer = this.#clock.after(afterMs, () => {
      if (this.#legs.get(id) === leg) run();
    });
    leg.timers.push(timer);
  }

  #pickUp(id: LegId, leg: Leg): void {
    leg.up = true;
    leg.released = false;
    if (id === CALLER) this.#scriptCaller();
    const { hangUpAfterMs } = leg.behaviour;
    if (hangUpAfterMs !== null) this.#onLeg(id, leg, hangUpAfterMs, () => this.#leave(id, personLeft(id)));
    this.#deliver({ kind: "leg_answered", at: this.#clock.now(), leg: id });
  }

  #fail(id: LegId, sip: number | null, detail: string, q850?: number): void {
    this.#forgetLeg(id);
    const cause = q850 === undefined ? {} : { q850 };
    this.#deliver({ kind: "leg_failed", at: this.#clock.now(), leg: id, sip, detail, ...cause });
  }

  #forgetLeg(id: LegId): void {
    const leg = this.#legs.get(id);
    if (leg === undefined) return;
    for (const timer of leg.timers) timer.cancel();
    this.#legs.delete(id);
  }

  /** Cancels a leg. Until our CANCEL arrives, the phone continues: an answer in that time crosses it (DIAL-2). */
  #cancel(id: LegId): void {
    const leg = this.#legs.get(id);
    if (leg === undefined) return;
    leg.released = true;
    if (leg.up || leg.behaviour.cancelTakesMs === 0) {
      this.#forgetLeg(id);
      this.#silence(id);
      return;
    }
    this.#onLeg(id, leg, leg.behaviour.cancelTakesMs, () => {
      if (!leg.up) this.#forgetLeg(id);
    });
  }

  #hangUp(id: LegId): void {
    const leg = this.#legs.get(id);
    if (id !== CALLER && leg?.up !== true) return;
    if (leg !== undefined) leg.released = true;
    this.#clock.after(0, () => {
      if (this.#isThere(id)) this.#leave(id, "the platform hung up");
    });
  }

  #bridge(a: LegId, b: LegId): void {
    for (const id of [a, b]) {
      this.#silence(id);
      const leg = this.#legs.get(id);
      const talkMs = leg?.behaviour.talkMs ?? null;
      if (leg !== undefined && talkMs !== null) this.#onLeg(id, leg, talkMs, () => this.#leave(id, personLeft(id)));
    }
  }

  // HTTP

  #request(effect: Extract<Effect, { kind: "fetch" | "check_audio" }>): void {
    const { id, deadlineMs } = effect;
    const isFetch = effect.kind === "fetch";
    const { outcome, elapsedMs } = isFetch
      ? this.#urls.get(effect.request.baseUrl, deadlineMs)
      : this.#urls.check(effect.url, deadlineMs);
    const timer = this.#clock.after(elapsedMs, () => {
      this.#requests.delete(id);
      const kind = isFetch ? "fetched" : "audio_checked";
      this.#deliver({ kind, at: this.#clock.now(), id, outcome, elapsedMs });
    });
    this.#requests.set(id, timer);
  }

  // Timers

  #setTimer(id: string, at: number): void {
    this.#timers.get(id)?.cancel();
    const timer = this.#clock.after(at - this.#clock.now(), () => {
      this.#timers.delete(id);
      this.#deliver({ kind: "timer", at: this.#clock.now(), id });
    });
    this.#timers.set(id, timer);
  }

  #clear(timers: Map<string, Timer>, id: string): void {
    timers.get(id)?.cancel();
    timers.delete(id);
  }

  // Sound

  #play(effect: Extract<Effect, { kind: "play" }>): void {
    const { id, items, loop } = effect;
    const legs = effect.legs.filter((leg) => this.#isThere(leg));
    for (const leg of legs) this.#silence(leg);
    if (legs.length === 0) return;
    if (loop) {
      this.#playbacks.set(id, { legs, timer: null });
      return;
    }
    const { durationMs, failure } = this.#sounds.plan(items);
    const timer = this.#clock.after(durationMs, () => {
      this.#playbacks.delete(id);
      this.#deliver({ kind: "playback_ended", at: this.#clock.now(), id, failure });
    });
    this.#playbacks.set(id, { legs, timer });
  }

  /** Ends what one leg hears; a playback whose legs have all ended ends without an event. */
  #silence(leg: LegId): void {
    for (const [id, playback] of this.#playbacks) {
      const index = playback.legs.indexOf(leg);
      if (index < 0) continue;
      playback.legs.splice(index, 1);
      if (playback.legs.length === 0) this.#stopPlaying(id);
    }
  }

  #stopPlaying(id: string): void {
    this.#playbacks.get(id)?.timer?.cancel();
    this.#playbacks.delete(id);
  }

  #startRecording(effect: Extract<Effect, { kind: "record" }>): void {
    const { id, legs, maxMs, silenceMs } = effect;
    const startedAt = this.#clock.now();
    const limitMs = Math.min(maxMs ?? Infinity, this.#silentForMs(startedAt, silenceMs));
    const timer = limitMs === Infinity ? null : this.#clock.after(limitMs, () => this.#closeRecording(id));
    this.#recordings.set(id, { legs, startedAt, timer });
  }

  /** Milliseconds from now until `silenceMs` of silence have passed; the caller speaks until the scenario says otherwise. */
  #silentForMs(now: number, silenceMs: number | null): number {
    const { silentAfterMs } = this.#scenario.caller;
    if (silenceMs === null || silentAfterMs === null) return Infinity;
    return Math.max(now, this.#callerSince + silentAfterMs) + silenceMs - now;
  }

  #closeRecording(id: string): void {
    const recording = this.#recordings.get(id);
    if (recording === undefined) return;
    recording.timer?.cancel();
    this.#recordings.delete(id);
    const durationMs = this.#clock.now() - recording.startedAt;
    this.#clock.after(0, () =>
      this.#deliver({ kind: "recording_ready", at: this.#clock.now(), id, durationMs, failure: null }),
    );
  }
}

/** Leg 1 of a call by API has a phone with a script like any other. */
function personLeft(leg: LegId): string {
  return leg === CALLER ? "the caller hung up" : "the callee hung up";
}

/** A phone that nobody picks up. */
export const RINGS_FOR_EVER: PhoneBehaviour = {
  ringAfterMs: null,
  earlyMediaAfterMs: null,
  ending: { kind: "ring" },
  talkMs: null,
  hangUpAfterMs: null,
  cancelTakesMs: 0,
};

/** Leg 1 of a call by API that the scenario says nothing about: the call is about what follows. */
const ANSWERS_AT_ONCE: PhoneBehaviour = { ...RINGS_FOR_EVER, ending: { kind: "answer", afterMs: 0 } };

/** RFC 3261 section 21: the most common reason phrases. */
const REASON_PHRASES: Readonly<Record<number, string>> = {
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  480: "Temporarily Unavailable",
  486: "Busy Here",
  487: "Request Terminated",
  500: "Server Internal Error",
  503: "Service Unavailable",
  600: "Busy Everywhere",
  603: "Decline",
};

function sipDetail(sip: number | null): string {
  if (sip === null) return "unreachable";
  return `${sip} ${REASON_PHRASES[sip] ?? "Failure"}`;
}
