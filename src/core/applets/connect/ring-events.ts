import type { CallEvent } from "../../call/events.ts";
import type { StepContext } from "../../call/step-context.ts";
import { outcomeOfAnswered, outcomeOfSip, outcomes } from "../../contract/outcome.ts";
import { type AttemptEnd, cancelAttempts, endAttempt } from "./attempts.ts";
import { notifyDialEvent } from "./dial-events.ts";
import { updateHoldAudio } from "./hold-audio.ts";
import { afterAttempt, RING_TIMER } from "./dial-plan.ts";
import type { ConnectDocument } from "./schema.ts";
import { type Attempt, changeAttempt, type ConnectState, activeAttempts } from "./state.ts";
import { playOrBridge, PROMPT_TIMER } from "./conversation.ts";

/** A dialled leg rings. Phones repeat their 180; only the first counts. */
export function onRinging(context: StepContext, state: ConnectState, attempt: Attempt): void {
  if (attempt.rang) return;
  changeAttempt(state, attempt.leg, { rang: true });
  context.trace({ type: "attempt.ringing", leg: attempt.leg });
  notifyDialEvent(context, state, attempt, "Ringing");
}

/** A dialled leg sends sound before it is answered (DIAL-7, operator_tone). */
export function onEarlyMedia(context: StepContext, state: ConnectState, attempt: Attempt): void {
  if (attempt.earlyMedia) return;
  changeAttempt(state, attempt.leg, { earlyMedia: true });
  context.trace({ type: "attempt.early_media", leg: attempt.leg });
  updateHoldAudio(context, state);
}

/** DIAL-3, DIAL-4: the first answer processed wins; all other legs stop ringing before anything else happens. */
export function onAnswered(context: StepContext, state: ConnectState, attempt: Attempt): void {
  const { leg } = attempt;
  context.clearTimer(RING_TIMER);
  changeAttempt(state, leg, { answeredAt: context.at });
  context.trace({ type: "attempt.answered", leg });
  notifyDialEvent(context, state, attempt, "Answered");
  cancelAttempts(context, state, leg, "DIAL-3", `Leg ${leg} answered first.`);
  playOrBridge(context, state, leg);
}

/** DIAL-1: busy, refused or failed. */
export function onFailed(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
  attempt: Attempt,
  event: Extract<CallEvent, { kind: "leg_failed" }>,
): void {
  const { sip, detail, q850 = null } = event;
  endAttempt(context, state, attempt, { outcome: outcomeOfSip(sip, q850), sip, rule: "DIAL-1", message: detail });
  afterAttempt(context, state, document);
}

/** DIAL-2: nobody of this round answered in time. */
export function onRingLimit(context: StepContext, state: ConnectState, document: ConnectDocument): void {
  const message = `Rang for ${state.answer?.maxRingingDurationS ?? 0} s, the limit (max_ringing_duration).`;
  const end: AttemptEnd = { outcome: outcomes.ringTimeout, sip: null, rule: "DIAL-2", message, cancel: "ring_limit" };
  for (const attempt of activeAttempts(state)) endAttempt(context, state, attempt, end);
  afterAttempt(context, state, document);
}

/** DIAL-8: the callee hung up during the announcement: no conversation, so the next destination is rung. */
export function onLeftDuringPlayback(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
  attempt: Attempt,
  q850: number | null,
): void {
  if (state.announcement !== null) context.stopPlaying(state.announcement);
  state.announcement = null;
  context.clearTimer(PROMPT_TIMER);
  const message = "The callee hung up during start_call_playback: answered, but no conversation.";
  endAttempt(context, state, attempt, { outcome: outcomeOfAnswered(q850), sip: null, rule: "DIAL-8", message });
  afterAttempt(context, state, document);
}
