import type { CallEnding } from "../../call/applet.ts";
import type { Playable } from "../../call/effects.ts";
import { CALLER, type LegId } from "../../call/legs.ts";
import { MAX_PROMPT_MS } from "../../call/limits.ts";
import type { StepContext } from "../../call/step-context.ts";
import type { StartCallPlayback } from "../../contract/answer.ts";
import { quote, warning } from "../../contract/finding.ts";
import { outcomeOfAnswered } from "../../contract/outcome.ts";
import { closeRound, endAttempt } from "./attempts.ts";
import { updateHoldAudio } from "./hold-audio.ts";
import { type Attempt, changeAttempt, type ConnectState } from "./state.ts";

export const CONVERSATION_TIMER = "talk";
export const PROMPT_TIMER = "prompt";

/** DIAL-8: what the callee (or both) hear before the bridge; without it they are bridged at once. */
export function playOrBridge(context: StepContext, state: ConnectState, leg: LegId): void {
  const playback = state.answer?.startCallPlayback ?? null;
  if (playback === null) return bridge(context, state, leg);
  state.phase = "announcing";
  // If it is for the callee only, the caller's hold audio goes on; if it is for both, that stops first.
  updateHoldAudio(context, state);
  const legs = playback.to === "both" ? [CALLER, leg] : [leg];
  state.announcement = context.play(legs, [playableOf(context, playback)], false, "DIAL-8");
  context.setTimer(PROMPT_TIMER, MAX_PROMPT_MS);
}

function playableOf(context: StepContext, playback: StartCallPlayback): Playable {
  if (playback.kind === "audio_url") return { kind: "url", url: playback.value };
  return { kind: "text", text: playback.value, language: context.setup.account.language };
}

/** DIAL-8: the announcement ended or could not be played: the call is put through either way. */
export function onPlaybackEnded(context: StepContext, state: ConnectState, leg: LegId, failure: string | null): void {
  if (failure !== null && state.announcement !== null) warnSkipped(context, state.announcement, failure);
  if (state.announcement !== null) context.stopPlaying(state.announcement);
  state.announcement = null;
  context.clearTimer(PROMPT_TIMER);
  bridge(context, state, leg);
}

/** DIAL-8: a skipped announcement is in the report's warnings, not only in the trace. */
function warnSkipped(context: StepContext, play: string, failure: string): void {
  const parts = { rule: "DIAL-8", path: "start_call_playback", found: quote(failure) };
  const allowed = "audio or a text that can be played";
  const consequence = "it is skipped, and the call is put through";
  context.findings(play, [warning({ ...parts, allowed, consequence, problem: `cannot be played (${failure})` })]);
}

/** The conversation begins: its limit (DIAL-5) and its recording (DIAL-10) count from here. */
function bridge(context: StepContext, state: ConnectState, leg: LegId): void {
  const { answer } = state;
  if (answer === null) return;
  state.phase = "talking";
  updateHoldAudio(context, state);
  changeAttempt(state, leg, { bridgedAt: context.at });
  context.bridge(leg);
  context.trace({ type: "conversation.started", leg });
  context.setTimer(CONVERSATION_TIMER, answer.maxConversationDurationS * 1000);
  if (!answer.record) return;
  const layout = answer.recordingChannels === "dual" ? "dual" : "mono";
  state.recording = context.record([CALLER, leg], { layout, maxMs: null, silenceMs: null });
}

/** DIAL-5: the limit ends the whole call, not only the conversation; `closeConversation` follows from that. */
export function onConversationLimit(context: StepContext, state: ConnectState): void {
  const limit = state.answer?.maxConversationDurationS ?? 0;
  const message = `The conversation reached ${limit} s, its limit (max_conversation_duration): both are hung up.`;
  context.end({ by: "platform", rule: "DIAL-5", message });
}

/** DIAL-12: the callee left; the caller goes on with the flow. */
export function onCalleeLeft(context: StepContext, state: ConnectState, attempt: Attempt, q850: number | null): void {
  context.unbridge(attempt.leg);
  closeConversation(context, state, attempt, "callee", "DIAL-12", q850);
  context.patchState({ calleeLeft: true });
  state.phase = "left";
  context.leave("conversation_ended", "EXIT-2");
}

/** Every conversation ends here: its length, its attempt, and what later requests report. The engine closes its recording. */
export function closeConversation(
  context: StepContext,
  state: ConnectState,
  attempt: Attempt,
  by: CallEnding["by"],
  rule: string,
  q850: number | null = null,
): void {
  const { leg, bridgedAt } = attempt;
  const durationMs = context.at - (bridgedAt ?? context.at);
  context.patchState({ conversationMs: context.call.conversationMs + durationMs });
  context.trace({ type: "conversation.ended", leg, by, duration_ms: durationMs, rule });
  const message = `The ${by} ended the conversation.`;
  endAttempt(context, state, attempt, { outcome: outcomeOfAnswered(q850), sip: null, rule, message });
  closeRound(
    context,
    state,
    state.attempts.find((each) => each.leg === leg),
  );
  context.updateFacts({ callType: "completed" });
  if (state.recording !== null) context.updateFacts({ recordingUrl: context.recordingUrl(state.recording) });
}
