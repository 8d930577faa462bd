import type { CallEvent } from "../../call/events.ts";
import type { Turn } from "../../call/turn.ts";
import { outcomeOfSip, outcomes } from "../../contract/outcome.ts";
import { type AttemptEnd, cancelAttempts, endAttempt } from "./attempts.ts";
import { tellDialEvent } from "./events.ts";
import { tune } from "./music.ts";
import { afterAttempt, RING_TIMER } from "./plan.ts";
import type { ConnectDocument } from "./schema.ts";
import { type Attempt, change, type ConnectState, live } from "./state.ts";
import { announceOrBridge, PROMPT_TIMER } from "./talk.ts";

/** A dialled leg rings. Phones repeat their 180; the first counts. */
export function onRinging(turn: Turn, run: ConnectState, attempt: Attempt): void {
  if (attempt.rang) return;
  change(run, attempt.leg, { rang: true });
  turn.trace({ type: "attempt.ringing", leg: attempt.leg });
  tellDialEvent(turn, run, attempt, "Ringing");
}

/** A dialled leg sends sound before it is answered (DIAL-7, operator_tone). */
export function onEarlyMedia(turn: Turn, run: ConnectState, attempt: Attempt): void {
  if (attempt.earlyMedia) return;
  change(run, attempt.leg, { earlyMedia: true });
  turn.trace({ type: "attempt.early_media", leg: attempt.leg });
  tune(turn, run);
}

/** DIAL-3, DIAL-4: the first answer processed wins; everybody else stops ringing before anything else happens. */
export function onAnswered(turn: Turn, run: ConnectState, attempt: Attempt): void {
  const { leg } = attempt;
  turn.clearTimer(RING_TIMER);
  turn.trace({ type: "attempt.answered", leg });
  tellDialEvent(turn, run, attempt, "Answered");
  cancelAttempts(turn, run, leg, "DIAL-3", `Leg ${leg} answered first.`);
  announceOrBridge(turn, run, leg);
}

/** DIAL-1: busy, refused or failed. */
export function onFailed(
  turn: Turn,
  run: ConnectState,
  document: ConnectDocument,
  attempt: Attempt,
  event: Extract<CallEvent, { kind: "leg_failed" }>,
): void {
  const { sip, detail } = event;
  endAttempt(turn, run, attempt, { outcome: outcomeOfSip(sip), sip, rule: "DIAL-1", message: detail });
  afterAttempt(turn, run, document);
}

/** DIAL-2: nobody of this round answered in time. */
export function onRingLimit(turn: Turn, run: ConnectState, document: ConnectDocument): void {
  const message = `Rang for ${run.answer?.maxRingingDurationS ?? 0} s, the limit (max_ringing_duration).`;
  const end: AttemptEnd = { outcome: outcomes.ringTimeout, sip: null, rule: "DIAL-2", message };
  for (const attempt of live(run)) endAttempt(turn, run, attempt, end);
  afterAttempt(turn, run, document);
}

/** DIAL-8: the callee hung up on the announcement: no conversation, so the next destination has its turn. */
export function onLeftAnnouncement(turn: Turn, run: ConnectState, document: ConnectDocument, attempt: Attempt): void {
  if (run.announcement !== null) turn.stopPlaying(run.announcement);
  run.announcement = null;
  turn.clearTimer(PROMPT_TIMER);
  const message = "The callee hung up during start_call_playback: answered, but no conversation.";
  endAttempt(turn, run, attempt, { outcome: outcomes.completed, sip: null, rule: "DIAL-8", message });
  afterAttempt(turn, run, document);
}
