import type { Ending } from "../../call/applet.ts";
import type { Playable } from "../../call/effects.ts";
import { CALLER, type LegId } from "../../call/legs.ts";
import { MAX_PROMPT_MS } from "../../call/limits.ts";
import type { Turn } from "../../call/turn.ts";
import type { StartCallPlayback } from "../../contract/answer.ts";
import { outcomes } from "../../contract/outcome.ts";
import { closeRound, endAttempt } from "./attempts.ts";
import { tune } from "./music.ts";
import { type Attempt, change, type ConnectState } from "./state.ts";

export const TALK_TIMER = "talk";
export const PROMPT_TIMER = "prompt";

/** DIAL-8: what the callee (or both) hear before they are put through; without it they are put through at once. */
export function announceOrBridge(turn: Turn, run: ConnectState, leg: LegId): void {
  const playback = run.answer?.startCallPlayback ?? null;
  if (playback === null) return bridge(turn, run, leg);
  run.phase = "announcing";
  // To the callee alone: the caller's music goes on. To both: it stops first.
  tune(turn, run);
  const legs = playback.to === "both" ? [CALLER, leg] : [leg];
  run.announcement = turn.play(legs, [playableOf(turn, playback)], false, "DIAL-8");
  turn.setTimer(PROMPT_TIMER, MAX_PROMPT_MS);
}

function playableOf(turn: Turn, playback: StartCallPlayback): Playable {
  if (playback.kind === "audio_url") return { kind: "url", url: playback.value };
  return { kind: "text", text: playback.value, language: turn.setup.account.language };
}

/** DIAL-8: the announcement is over, or could not be made: the call is put through either way. */
export function onAnnounced(turn: Turn, run: ConnectState, leg: LegId, failure: string | null): void {
  if (failure !== null)
    turn.decide("DIAL-8", `Warning: start_call_playback is skipped (${failure}); the call is put through.`);
  if (run.announcement !== null) turn.stopPlaying(run.announcement);
  run.announcement = null;
  turn.clearTimer(PROMPT_TIMER);
  bridge(turn, run, leg);
}

/** The conversation begins: its limit (DIAL-5) and its recording (DIAL-10) count from here. */
function bridge(turn: Turn, run: ConnectState, leg: LegId): void {
  const { answer } = run;
  if (answer === null) return;
  run.phase = "talking";
  tune(turn, run);
  change(run, leg, { bridgedAt: turn.at });
  turn.bridge(CALLER, leg);
  turn.trace({ type: "conversation.started", leg });
  turn.setTimer(TALK_TIMER, answer.maxConversationDurationS * 1000);
  if (!answer.record) return;
  const layout = answer.recordingChannels === "dual" ? "dual" : "mono";
  run.recording = turn.record([CALLER, leg], { layout, maxMs: null, silenceMs: null });
}

/** DIAL-5: the limit ends the whole call, not the conversation alone; `closeTalk` follows from it. */
export function onTalkLimit(turn: Turn, run: ConnectState): void {
  const limit = run.answer?.maxConversationDurationS ?? 0;
  const message = `The conversation reached ${limit} s, its limit (max_conversation_duration): both are hung up.`;
  turn.end({ by: "platform", rule: "DIAL-5", message });
}

/** DIAL-12: the callee left; the caller goes on with the flow. */
export function onCalleeLeft(turn: Turn, run: ConnectState, attempt: Attempt): void {
  turn.unbridge(CALLER, attempt.leg);
  closeTalk(turn, run, attempt, "callee", "DIAL-12");
  turn.put({ calleeLeft: true });
  run.phase = "left";
  turn.leave("conversation_ended", "EXIT-2");
}

/** Every conversation ends here: its length, its attempt, and what later requests tell. The engine closes its recording. */
export function closeTalk(turn: Turn, run: ConnectState, attempt: Attempt, by: Ending["by"], rule: string): void {
  const { leg, bridgedAt } = attempt;
  const durationMs = turn.at - (bridgedAt ?? turn.at);
  turn.put({ conversationMs: turn.call.conversationMs + durationMs });
  turn.trace({ type: "conversation.ended", leg, by, duration_ms: durationMs, rule });
  const message = `The ${by} ended the conversation.`;
  endAttempt(turn, run, attempt, { outcome: outcomes.completed, sip: null, rule, message });
  closeRound(
    turn,
    run,
    run.attempts.find((each) => each.leg === leg),
  );
  turn.learn({ callType: "completed" });
  if (run.recording !== null) turn.learn({ recordingUrl: turn.recordingUrl(run.recording) });
}
