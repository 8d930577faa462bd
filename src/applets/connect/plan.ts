import { unreachable } from "../../base/never.ts";
import type { Reply } from "../../call/asking.ts";
import { MAX_FETCHES_PER_CONNECT } from "../../call/limits.ts";
import type { Turn } from "../../call/turn.ts";
import { type ConnectAnswer, effectiveAnswer } from "../../contract/answer.ts";
import { type Destination, destinationKey } from "../../contract/destination.ts";
import { askWhom, exophoneOf } from "./ask.ts";
import { beginAttempt, closeRound } from "./attempts.ts";
import { leaveUnanswered, leaveUndialled, leaveWithoutAnswer } from "./leave.ts";
import { tune } from "./music.ts";
import type { ConnectDocument } from "./schema.ts";
import { type ConnectState, live } from "./state.ts";

/** One timer per round: all legs of a round begin to ring together. */
export const RING_TIMER = "ring";

/** Goes on with whatever asking brought: waits, dials the new list, or leaves. */
export function proceed(turn: Turn, run: ConnectState, document: ConnectDocument, reply: Reply<ConnectAnswer>): void {
  switch (reply.kind) {
    case "waiting":
      return;
    case "unusable":
      return leaveWithoutAnswer(turn, run, document, reply.message);
    case "answer":
      return adopt(turn, run, document, reply);
    default:
      return unreachable(reply);
  }
}

/** An answer is in: it replaces the one before in every field (REF-2). */
function adopt(
  turn: Turn,
  run: ConnectState,
  document: ConnectDocument,
  reply: Extract<Reply<ConnectAnswer>, { kind: "answer" }>,
): void {
  const { answer, id } = reply;
  const previous = run.answer;
  const exophone = exophoneOf(turn).number;
  turn.trace({ type: "answer.used", id, answer: effectiveAnswer(answer, exophone) });
  if (answer.destinations.length === 0) {
    const message = "The answer leaves nobody to dial.";
    if (previous !== null) return leaveUnanswered(turn, run, "REF-6", message);
    return leaveUndialled(turn, run, document, "RES-3", message);
  }
  if (previous !== null && sameSet(previous.destinations, answer.destinations)) {
    return leaveUnanswered(
      turn,
      run,
      "REF-4",
      "Two successive answers name the same destinations: nobody is dialled again.",
    );
  }
  run.answer = answer;
  run.position = 0;
  run.callerId = answer.outgoingPhoneNumber ?? exophone;
  run.toneBroken = false;
  ringNext(turn, run, answer);
}

/** REF-4: after normalisation; order and duplicates do not count (an answer's list holds none). */
function sameSet(a: readonly Destination[], b: readonly Destination[]): boolean {
  if (a.length !== b.length) return false;
  const keys = new Set(a.map(destinationKey));
  return b.every((each) => keys.has(destinationKey(each)));
}

/**
 * Rings the next round of the answer's list: one destination in sequence (DIAL-1), up to `max_parallel_attempts` at once
 * in parallel (DIAL-3). All of a round begin together, so one timer is each leg's ring limit (DIAL-2).
 */
function ringNext(turn: Turn, run: ConnectState, answer: ConnectAnswer): void {
  const size = answer.parallel.activate ? answer.parallel.maxAttempts : 1;
  const list = answer.destinations.slice(run.position, run.position + Math.min(size, turn.legsLeft));
  if (list.length === 0) return leaveUnanswered(turn, run, "LIMIT", "The call may dial no more legs.");
  const ringLimitMs = answer.maxRingingDurationS * 1000;
  run.phase = "ringing";
  run.round += 1;
  run.position += list.length;
  for (const destination of list) beginAttempt(turn, run, destination, ringLimitMs);
  turn.setTimer(RING_TIMER, ringLimitMs);
  tune(turn, run);
}

/** An attempt has ended without a conversation; when it was the round's last: ask again, ring on, or give up. */
export function afterAttempt(turn: Turn, run: ConnectState, document: ConnectDocument): void {
  const { answer } = run;
  if (answer === null) return;
  if (live(run).length > 0) return tune(turn, run);
  turn.clearTimer(RING_TIMER);
  closeRound(turn, run);
  if (answer.fetchAfterAttempt && document.url !== undefined) return askAgain(turn, run, document);
  if (run.position < answer.destinations.length) return ringNext(turn, run, answer);
  leaveUnanswered(turn, run, "REF-1", "Nobody of the list answered, and nobody is left on it.");
}

/** REF-2, bounded by REF-7. The caller goes on hearing the music of the answer before. */
function askAgain(turn: Turn, run: ConnectState, document: ConnectDocument): void {
  if (run.asking.requests >= MAX_FETCHES_PER_CONNECT) {
    return leaveUnanswered(
      turn,
      run,
      "REF-7",
      `This Connect has sent ${run.asking.requests} requests and may send no more.`,
    );
  }
  turn.decide("REF-2", "Nobody answered and fetch_after_attempt is true: the URL is asked again.");
  run.phase = "asking";
  const reply = askWhom(turn, run, document);
  tune(turn, run);
  proceed(turn, run, document, reply);
}
