import type { ConnectAnswer } from "../../core/contract/answer.ts";
import type { Destination } from "../../core/contract/destination.ts";
import { destinationKey } from "../../core/contract/destination.ts";
import type { DialOutcome } from "../../core/contract/outcome.ts";
import { outcomeOfSip, outcomes } from "../../core/contract/outcome.ts";
import { makeCallSid } from "../../core/contract/request.ts";
import type { LegFacts, RequestFacts } from "../../core/contract/request.ts";
import type { CheckTarget, CheckDeps } from "./check-target.ts";

/** A pretended call reached its Connect so long ago. */
const ARRIVED_MS = 2000;
const FLOW_ID = "11754";
/** Rung where no answer says whom: from the range of the contract's examples. */
const SOMEBODY: Destination = { kind: "number", e164: "+919900000001" };
const RING_S = 12;
const TALK_S = 64;

/** What the first request of a call that comes in now tells. */
export function newCall(
  { account, from }: CheckTarget,
  world: CheckDeps,
  changes: Partial<RequestFacts>,
): RequestFacts {
  const nowMs = world.clock.now();
  return {
    callSid: makeCallSid(world.random, nowMs, account.timezone),
    callFrom: from,
    callTo: account.exophones[0]?.number ?? "",
    to: account.exophones[0]?.number ?? "",
    direction: "incoming",
    createdMs: nowMs - ARRIVED_MS,
    startMs: nowMs - ARRIVED_MS,
    nowMs,
    flowId: FLOW_ID,
    callType: "call-attempt",
    dialWhomNumber: null,
    dialCallDurationS: 0,
    dialCallStatus: null,
    digits: null,
    customField: null,
    recordingUrl: null,
    outgoingPhoneNumber: null,
    legs: [],
    numbers: null,
    ...changes,
  };
}

/** How an attempt may end without a conversation. */
export const ENDINGS = {
  busy: { outcome: outcomeOfSip(486), title: "who was busy" },
  rejected: { outcome: outcomeOfSip(603), title: "who rejected the call" },
  "no-answer": { outcome: outcomes.ringTimeout, title: "who did not pick up" },
  "unknown-number": { outcome: outcomeOfSip(404), title: "whose number does not exist" },
  failed: { outcome: outcomes.networkFailure, title: "whom the network did not reach" },
} as const satisfies Record<string, { readonly outcome: DialOutcome; readonly title: string }>;

export type AttemptEnding = keyof typeof ENDINGS;

/** Whom the platform rings at once with this answer: one attempt (REF-2). */
export function attemptOf({ destinations, parallel }: ConnectAnswer): readonly Destination[] {
  return destinations.slice(0, parallel.activate ? parallel.maxAttempts : 1);
}

/** The call after one more attempt (REF-3): `answer` was dialled and nobody talked. `again`: the same Connect asks. */
export function factsAfterAttempt(
  facts: RequestFacts,
  answer: ConnectAnswer | null,
  { outcome }: (typeof ENDINGS)[AttemptEnding],
  again: boolean,
): RequestFacts {
  const dialled = answer === null || answer.destinations.length === 0 ? [SOMEBODY] : attemptOf(answer);
  const callerId = answer?.outgoingPhoneNumber ?? facts.callTo;
  const legs = dialled.map((number): LegFacts => ({ number, onCallDurationS: 0, callerId, cause: outcome.cause }));
  return {
    ...facts,
    nowMs: facts.nowMs + RING_S * 1000,
    callType: "incomplete",
    dialWhomNumber: dialled.at(-1) ?? SOMEBODY,
    dialCallDurationS: RING_S,
    dialCallStatus: outcome.status,
    outgoingPhoneNumber: callerId,
    legs: [...facts.legs, ...legs],
    numbers: again ? (answer?.destinations ?? null) : null,
  };
}

/** The call after a Connect with a recorded conversation, where the flow goes on with another Connect. */
export function afterConversation(facts: RequestFacts, answer: ConnectAnswer | null): RequestFacts {
  const number = answer?.destinations[0] ?? SOMEBODY;
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

/** Shaped like ours, and leading nowhere (RFC 6761). */
export function recordingUrl({ callSid }: RequestFacts): string {
  return `https://plugboard.invalid/api/accounts/check/recordings/${callSid}-r1.wav`;
}

/** What of an answer decides who is rung: equal for answers that come to the same. */
export function factsKey(answer: ConnectAnswer | null): string {
  if (answer === null) return "unusable";
  const { destinations, outgoingPhoneNumber, startCallPlayback } = answer;
  return JSON.stringify([destinations.map(destinationKey), outgoingPhoneNumber, startCallPlayback?.value ?? null]);
}
