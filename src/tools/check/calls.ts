import type { ConnectAnswer } from "../../core/contract/answer.ts";
import type { Destination } from "../../core/contract/destination.ts";
import type { DialOutcome } from "../../core/contract/outcome.ts";
import { outcomeOfSip, outcomes } from "../../core/contract/outcome.ts";
import { INITIAL_FACTS, makeCallSid } from "../../core/contract/request.ts";
import type { LegFacts, RequestFacts } from "../../core/contract/request.ts";
import type { CheckDeps, CheckTarget } from "./check-target.ts";
import { EXAMPLE_DESTINATION } from "./url-kind.ts";

/** Time between the arrival of a call and its first request. */
const ARRIVED_MS = 2000;
const FLOW_ID = "11754";
const RING_S = 12;
const TALK_S = 64;

/** The facts in the first request of a call that arrives now. */
export function newCall({ account, from }: CheckTarget, deps: CheckDeps, changes: Partial<RequestFacts>): RequestFacts {
  const nowMs = deps.clock.now();
  return {
    callSid: makeCallSid(deps.random, nowMs, account.timezone),
    callFrom: from,
    callTo: account.exophones[0]?.number ?? "",
    to: account.exophones[0]?.number ?? "",
    direction: "incoming",
    createdMs: nowMs - ARRIVED_MS,
    startMs: nowMs - ARRIVED_MS,
    nowMs,
    flowId: FLOW_ID,
    customField: null,
    numbers: null,
    ...INITIAL_FACTS,
    ...changes,
  };
}

/** How an attempt may end without a conversation. */
export const ENDINGS = {
  busy: { outcome: outcomeOfSip(486), title: "who was busy" },
  rejected: { outcome: outcomeOfSip(603), title: "who rejected the call" },
  "no-answer": { outcome: outcomes.ringTimeout, title: "who did not pick up" },
  "unknown-number": { outcome: outcomeOfSip(404), title: "whose number does not exist" },
  failed: { outcome: outcomes.networkFailure, title: "whom the network could not reach" },
} as const satisfies Record<string, { readonly outcome: DialOutcome; readonly title: string }>;

export type AttemptEnding = keyof typeof ENDINGS;

/** The destinations of one attempt with this answer (REF-2). */
export function attemptOf({ destinations, parallel }: ConnectAnswer): readonly Destination[] {
  return destinations.slice(0, parallel.activate ? parallel.maxAttempts : 1);
}

/**
 * The call after one more attempt (REF-3): `answer` was dialled, without a conversation. `again`: the same Connect asks
 * again.
 */
export function factsAfterAttempt(
  facts: RequestFacts,
  answer: ConnectAnswer | null,
  { outcome }: (typeof ENDINGS)[AttemptEnding],
  again: boolean,
): RequestFacts {
  const dialled = answer === null || answer.destinations.length === 0 ? [EXAMPLE_DESTINATION] : attemptOf(answer);
  const callerId = answer?.outgoingPhoneNumber ?? facts.callTo;
  const legs = dialled.map((number): LegFacts => ({ number, onCallDurationS: 0, callerId, cause: outcome.cause }));
  return {
    ...facts,
    nowMs: facts.nowMs + RING_S * 1000,
    callType: "incomplete",
    dialWhomNumber: dialled.at(-1) ?? EXAMPLE_DESTINATION,
    dialCallDurationS: RING_S,
    dialCallStatus: outcome.status,
    outgoingPhoneNumber: callerId,
    legs: [...facts.legs, ...legs],
    numbers: again ? (answer?.destinations ?? null) : null,
  };
}

/** The call after a Connect with a recorded conversation, if the flow goes on with another Connect. */
export function afterConversation(facts: RequestFacts, answer: ConnectAnswer | null): RequestFacts {
  const number = answer?.destinations[0] ?? EXAMPLE_DESTINATION;
  const callerId = answer?.outgoingPhoneNumber ?? facts.callTo;
  const { cause, status } = outcomes.completed;
  return {
    ...facts,
    nowMs: facts.nowMs + (RING_S + TALK_S) * 1000,
    callType: "completed",
    dialWhomNumber: number,
    dialCallDurationS: RING_S + TALK_S,
    dialCallStatus: status,
    recordingUrl: recordingUrl(facts),
    outgoingPhoneNumber: callerId,
    legs: [...facts.legs, { number, onCallDurationS: TALK_S, callerId, cause }],
  };
}

/** A URL in the form of our recording URLs; the host never resolves (RFC 6761). */
export function recordingUrl({ callSid }: RequestFacts): string {
  return `https://plugboard.invalid/api/accounts/check/recordings/${callSid}-r1.wav`;
}
