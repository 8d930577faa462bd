import { unreachable } from "../../../base/never.ts";
import type { RequestOutcome } from "../../call/customer-request.ts";
import { MAX_FETCHES_PER_CONNECT, MAX_LEGS_PER_CALL } from "../../call/limits.ts";
import type { StepContext } from "../../call/step-context.ts";
import { type ConnectAnswer, effectiveAnswer } from "../../contract/answer.ts";
import { type Destination, destinationKey } from "../../contract/destination.ts";
import { requestAnswer, exophoneOf } from "./fetch-answer.ts";
import { beginAttempt, closeRound } from "./attempts.ts";
import { leaveUnanswered, leaveUndialed, leaveWithoutAnswer } from "./exits.ts";
import { updateHoldAudio } from "./hold-audio.ts";
import type { ConnectDocument } from "./schema.ts";
import { type ConnectState, activeAttempts, hasDialled } from "./state.ts";

/** One timer per round: all legs of a round start ringing together. */
export const RING_TIMER = "ring";

/** Acts on the outcome of the request: waits, dials the new list, or leaves. */
export function proceed(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
  outcome: RequestOutcome<ConnectAnswer>,
): void {
  switch (outcome.kind) {
    case "waiting":
      return;
    case "unusable":
      return leaveWithoutAnswer(context, state, document, outcome.message);
    case "answer":
      return useAnswer(context, state, document, outcome);
    default:
      return unreachable(outcome);
  }
}

/** An answer arrived: it replaces the previous one in every field (REF-2). */
function useAnswer(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
  outcome: Extract<RequestOutcome<ConnectAnswer>, { kind: "answer" }>,
): void {
  const { answer, id } = outcome;
  const previous = state.answer;
  const exophone = exophoneOf(context).number;
  context.trace({ type: "answer.used", id, answer: effectiveAnswer(answer, exophone) });
  if (answer.destinations.length === 0) {
    const message = "The answer leaves nobody to dial.";
    if (previous !== null) return leaveUnanswered(context, state, "REF-6", message);
    return leaveUndialed(context, state, document, "RES-3", message);
  }
  if (previous !== null && sameSet(previous.destinations, answer.destinations)) {
    return leaveUnanswered(
      context,
      state,
      "REF-4",
      "Two successive answers name the same destinations: nobody is dialled again.",
    );
  }
  state.answer = answer;
  state.position = 0;
  state.callerId = answer.outgoingPhoneNumber ?? exophone;
  state.toneBroken = false;
  ringNext(context, state, document, answer);
}

/** REF-4: compares normalised destinations; order does not count, and an answer's list has no duplicates. */
function sameSet(a: readonly Destination[], b: readonly Destination[]): boolean {
  if (a.length !== b.length) return false;
  const keys = new Set(a.map(destinationKey));
  return b.every((each) => keys.has(destinationKey(each)));
}

/**
 * Rings the next round of the answer's list: one destination in sequence (DIAL-1), up to `max_parallel_attempts` at once
 * in parallel (DIAL-3). All legs of a round start together, so one timer is the ring limit of each (DIAL-2).
 */
function ringNext(context: StepContext, state: ConnectState, document: ConnectDocument, answer: ConnectAnswer): void {
  const size = answer.parallel.activate ? answer.parallel.maxAttempts : 1;
  const list = answer.destinations.slice(state.position, state.position + Math.min(size, context.legsLeft));
  if (list.length === 0) return leaveWithoutLegs(context, state, document);
  const ringLimitMs = answer.maxRingingDurationS * 1000;
  state.phase = "ringing";
  state.round += 1;
  state.position += list.length;
  for (const destination of list) beginAttempt(context, state, destination, ringLimitMs);
  context.setTimer(RING_TIMER, ringLimitMs);
  updateHoldAudio(context, state);
}

/** A limit of the call, not of this Connect: it may be reached before this Connect has dialled anyone (EXIT-4). */
function leaveWithoutLegs(context: StepContext, state: ConnectState, document: ConnectDocument): void {
  const message = `The call has dialled ${MAX_LEGS_PER_CALL} legs and may dial no more.`;
  if (hasDialled(state)) return leaveUnanswered(context, state, "LIMIT", message);
  leaveUndialed(context, state, document, "LIMIT", message);
}

/** An attempt ended without a conversation. If it was the last of its round: ask again, ring the next, or leave. */
export function afterAttempt(context: StepContext, state: ConnectState, document: ConnectDocument): void {
  const { answer } = state;
  if (answer === null) return;
  if (activeAttempts(state).length > 0) return updateHoldAudio(context, state);
  context.clearTimer(RING_TIMER);
  closeRound(context, state);
  if (answer.fetchAfterAttempt && document.url !== undefined) return askAgain(context, state, document);
  if (state.position < answer.destinations.length) return ringNext(context, state, document, answer);
  leaveUnanswered(context, state, "REF-1", "Nobody on the list answered, and nobody is left to dial.");
}

/** REF-2, bounded by REF-7. The caller keeps hearing the hold audio of the previous answer. */
function askAgain(context: StepContext, state: ConnectState, document: ConnectDocument): void {
  if (state.request.requests >= MAX_FETCHES_PER_CONNECT) {
    return leaveUnanswered(
      context,
      state,
      "REF-7",
      `This Connect has sent ${state.request.requests} requests and may send no more.`,
    );
  }
  context.decide("REF-2", "Nobody answered and fetch_after_attempt is true: the URL is asked again.");
  state.phase = "asking";
  const outcome = requestAnswer(context, state, document);
  updateHoldAudio(context, state);
  proceed(context, state, document, outcome);
}
