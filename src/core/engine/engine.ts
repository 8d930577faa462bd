import { unreachable } from "../../base/never.ts";
import type { Effect } from "../call/effects.ts";
import type { CallEvent } from "../call/events.ts";
import { CALLER, type LegId } from "../call/legs.ts";
import type { CallSetup } from "../call/setup.ts";
import type { CallState } from "../call/state.ts";
import { isAudioCheck, StepContext } from "../call/step-context.ts";
import { beginCall } from "./begin.ts";
import { isPlacing } from "./caller-dialing.ts";
import { closeCommandPlay, handleCommand } from "./commands.ts";
import { awaitRecordings, CALL_TIMER, CLOSING_TIMER, writeRecord, finishCall } from "./finish.ts";
import { deliver } from "./flow-runner.ts";
import { CALLER_RING_TIMER, onCallerRingLimit, onPlacedLeg } from "./placed.ts";

export type { CallState } from "../call/state.ts";

/** One step: the next state, and what the edges have to do, in order. */
export interface StepResult {
  readonly state: CallState;
  readonly effects: readonly Effect[];
}

/**
 * The call as a pure function. `state` is null only with `call_arrived`, the first event of every call; it is a plain
 * JSON value, so a stored state continues exactly as the live one would. Events that name nothing open (stale, foreign,
 * repeated) change nothing. After `end`, the last effect, events have no effects.
 */
export function step(setup: CallSetup, state: CallState | null, event: CallEvent): StepResult {
  if (state === null) return resultOf(beginCall(setup, event));
  if (state.ended) return { state, effects: [] };
  // Time never runs backwards within a call, no matter what the clock says.
  const context = new StepContext(setup, state, Math.max(event.at, state.now));
  if (state.closing === null) handle(context, event);
  else handleWhileClosing(context, event);
  return resultOf(context);
}

function resultOf({ call, effects }: StepContext): StepResult {
  return { state: call, effects };
}

function handle(context: StepContext, event: CallEvent): void {
  switch (event.kind) {
    case "call_arrived":
      return;
    case "fetched":
    case "audio_checked":
      return handleFetched(context, event);
    case "playback_ended":
      return handlePlaybackEnded(context, event);
    case "invite_sent":
    case "media_source":
      return traceLeg(context, event);
    case "leg_ringing":
    case "leg_early_media":
    case "leg_answered":
    case "leg_failed":
    case "leg_ended":
      return event.leg === CALLER ? handleCaller(context, event) : handleDialled(context, event);
    case "digit":
      // Digits of the callee are meant for the other party (a door opener, another menu), not for the flow.
      if (event.leg === CALLER && DIGIT.test(event.digit)) deliver(context, event);
      return;
    case "timer":
      return handleTimer(context, event);
    case "recording_ready":
      if (closeRecording(context, event)) deliver(context, event);
      return;
    case "command":
      return handleCommand(context, event);
    default:
      return unreachable(event);
  }
}

function handleFetched(context: StepContext, event: EventOf<"fetched" | "audio_checked">): void {
  if (isAudioCheck(event.id) !== (event.kind === "audio_checked")) return;
  if (context.closeFetch(event.id)) deliver(context, event);
}

function handlePlaybackEnded(context: StepContext, event: EventOf<"playback_ended">): void {
  if (!context.closePlay(event.id)) return;
  context.trace({ type: "playback.ended", id: event.id, message: event.failure ?? "played to its end" });
  if (!closeCommandPlay(context, event.id)) deliver(context, event);
}

/** The digits on a telephone; DTMF's letters A to D are for machines. */
const DIGIT = /^[0-9*#]$/;

type EventOf<K extends CallEvent["kind"]> = Extract<CallEvent, { kind: K }>;
type TimerEvent = EventOf<"timer">;
type LegEvent = Extract<CallEvent, { kind: `leg_${string}` }>;

function handleCaller(context: StepContext, event: LegEvent): void {
  if (isPlacing(context)) return onPlacedLeg(context, event);
  if (event.kind !== "leg_ended" && event.kind !== "leg_failed") return;
  context.patchState({ callerGone: true });
  context.trace({ type: "caller.left", message: event.detail });
  finishCall(context, { by: "caller", rule: "REF-8", message: "The caller hung up." });
}

/** Passes on what a dialled leg reports, adjusted to its known state: a leg is answered once and ends once. */
function handleDialled(context: StepContext, event: LegEvent): void {
  const open = context.call.legs.find((each) => each.leg === event.leg);
  if (open === undefined) {
    if (event.kind === "leg_answered") hangUpLateAnswer(context, event.leg);
    return;
  }
  switch (event.kind) {
    case "leg_ringing":
    case "leg_early_media":
      if (!open.up) deliver(context, event);
      return;
    case "leg_answered":
      if (open.up) return;
      context.patchState({
        legs: context.call.legs.map((each) => (each === open ? { leg: open.leg, up: true } : each)),
      });
      deliver(context, event);
      return;
    case "leg_failed":
    case "leg_ended":
      context.patchState({ legs: context.call.legs.filter((each) => each !== open) });
      if (event.kind === "leg_failed" && event.limit !== undefined)
        context.trace({ type: "limit.reached", leg: event.leg, ...event.limit });
      deliver(context, asEndOf(open.up, event));
      return;
    default:
      return unreachable(event);
  }
}

/** Traces facts about an open leg that decide nothing. */
function traceLeg(context: StepContext, event: Extract<CallEvent, { kind: "invite_sent" | "media_source" }>): void {
  const { leg } = event;
  if (leg !== CALLER && !context.call.legs.some((each) => each.leg === leg)) return;
  if (event.kind === "media_source") {
    context.trace({ type: "media.source", leg, change: event.change, source: event.source });
    return;
  }
  const { trunk, target, uri, sipCallId, reason } = event;
  context.trace({ type: "attempt.dialed", leg, trunk, target, uri, call_id: sipCallId, reason });
}

/** An answered leg ends, a ringing one fails, no matter which of the two the edge reported. */
function asEndOf(up: boolean, event: Extract<LegEvent, { kind: "leg_failed" | "leg_ended" }>): LegEvent {
  const { at, leg, detail, q850 } = event;
  const cause = q850 === undefined ? {} : { q850 };
  if (up) return { kind: "leg_ended", at, leg, detail, ...cause };
  return { kind: "leg_failed", at, leg, sip: event.kind === "leg_failed" ? event.sip : null, detail, ...cause };
}

/** DIAL-2, DIAL-4: the answer of a cancelled leg crossed the CANCEL: hang up the leg before anyone is connected to it. */
function hangUpLateAnswer(context: StepContext, leg: LegId): void {
  if (leg > context.call.lastLeg) return;
  context.effects.push({ kind: "hang_up", leg });
  context.decide(
    "DIAL-2",
    `Leg ${leg} answered after it had been cancelled: it is hung up and does not count as a conversation.`,
  );
}

function handleTimer(context: StepContext, event: TimerEvent): void {
  if (!takeDueTimer(context, event)) return;
  if (event.id === CALLER_RING_TIMER) return onCallerRingLimit(context);
  if (event.id !== CALL_TIMER) return deliver(context, event);
  finishCall(context, { by: "platform", rule: "LIMIT", message: "The call reached its time limit." });
}

/** Removes a timer that is due from the list. */
function takeDueTimer(context: StepContext, event: TimerEvent): boolean {
  const timer = context.call.timers.find((each) => each.id === event.id);
  if (timer === undefined) return false;
  if (event.at >= timer.at) return context.closeTimer(event.id);
  // The event is older than the timer's present time, or the clock is slightly ahead: the timer stays set.
  context.effects.push({ kind: "set_timer", id: timer.id, at: timer.at });
  return false;
}

function closeRecording(context: StepContext, event: Extract<CallEvent, { kind: "recording_ready" }>): boolean {
  const { recordings, facts } = context.call;
  if (!recordings.some((each) => each.id === event.id)) return false;
  context.patchState({ recordings: recordings.filter((each) => each.id !== event.id) });
  context.trace({ type: "recording.closed", id: event.id, duration_ms: event.durationMs, failure: event.failure });
  // REQ-30: the URL of a file that does not exist is not sent.
  if (event.failure !== null && facts.recordingUrl === context.recordingUrl(event.id))
    context.updateFacts({ recordingUrl: null });
  return true;
}

/** The caller's own leg can answer only in a call by API, where we dial it. */
function isLateAnswer({ call }: StepContext, leg: LegId): boolean {
  return leg !== CALLER || (call.placed !== undefined && !call.answered);
}

/** The call is over: only recordings are waited for, and legs that answer too late are still hung up. */
function handleWhileClosing(context: StepContext, event: CallEvent): void {
  if (event.kind === "leg_answered" && isLateAnswer(context, event.leg)) return hangUpLateAnswer(context, event.leg);
  if (event.kind === "recording_ready" && closeRecording(context, event) && context.call.recordings.length === 0) {
    context.clearTimer(CLOSING_TIMER);
    return writeRecord(context);
  }
  if (event.kind === "timer" && takeDueTimer(context, event)) return writeRecord(context);
  // The stop_recording effects and the timer may have been lost with the process that died.
  if (event.kind === "command" && event.command === "recover") awaitRecordings(context);
}
