import { unreachable } from "../../base/never.ts";
import type { CallEvent } from "../call/events.ts";
import { CALLER } from "../call/legs.ts";
import { MAX_CALL_MS } from "../call/limits.ts";
import type { StepContext } from "../call/step-context.ts";
import { destinationKey } from "../contract/destination.ts";
import { type DialOutcome, outcomeOfSip, outcomes } from "../contract/outcome.ts";
import type { CallPlacement } from "../contract/placed-call.ts";
import { noteNotReached } from "./caller-dialing.ts";
import { CALL_TIMER, finishCall } from "./finish.ts";
import { enterFlow } from "./flow-runner.ts";
import { notifyStatus } from "./status.ts";

/** Fires when leg 1 of a call by API has rung as long as it may. */
export const CALLER_RING_TIMER = "caller";

type LegEvent = Extract<CallEvent, { kind: `leg_${string}` }>;

/** API-1, API-2: leg 1 is dialled first; the flow begins with its answer. */
export function dialCaller(context: StepContext, placed: CallPlacement): void {
  const { destination, ringLimitMs } = placed;
  const callerId = context.call.to;
  context.dialCaller(destination, callerId);
  context.trace({
    type: "caller.dialed",
    destination: destinationKey(destination),
    caller_id: callerId,
    ring_limit_ms: ringLimitMs,
    time_limit_ms: context.call.timeLimitMs ?? null,
  });
  context.setTimer(CALLER_RING_TIMER, ringLimitMs);
}

/** What leg 1 reports while it is being dialled. */
export function onPlacedLeg(context: StepContext, event: LegEvent): void {
  switch (event.kind) {
    case "leg_ringing":
      return onRinging(context);
    case "leg_early_media":
      return;
    case "leg_answered":
      return onAnswered(context);
    case "leg_failed":
    case "leg_ended": {
      if (event.kind === "leg_failed" && event.limit !== undefined)
        context.trace({ type: "limit.reached", leg: CALLER, ...event.limit });
      const sip = event.kind === "leg_failed" ? event.sip : null;
      return notReached(context, outcomeOfSip(sip, event.q850 ?? null), sip, event.detail);
    }
    default:
      return unreachable(event);
  }
}

/** `TimeOut` has passed. */
export function onCallerRingLimit(context: StepContext): void {
  const seconds = (context.call.placed?.ringLimitMs ?? 0) / 1000;
  context.endLeg(CALLER, "ring_limit");
  notReached(context, outcomes.ringTimeout, null, `Leg 1 rang for ${seconds} s, the limit (TimeOut).`);
}

function onRinging(context: StepContext): void {
  if (context.call.callerRang === true) return;
  context.patchState({ callerRang: true });
  context.trace({ type: "caller.ringing" });
  notifyStatus(context, "ringing", null);
}

function onAnswered(context: StepContext): void {
  const { legs, timeLimitMs } = context.call;
  context.patchState({
    legs: legs.filter(({ leg }) => leg !== CALLER),
    answered: true,
    answeredAt: context.at,
  });
  context.clearTimer(CALLER_RING_TIMER);
  context.trace({ type: "call.answered" });
  if (timeLimitMs !== undefined) context.setTimer(CALL_TIMER, Math.min(timeLimitMs, MAX_CALL_MS));
  notifyStatus(context, "answered", null);
  enterFlow(context);
}

/** Nobody answered: the flow does not run. */
function notReached(context: StepContext, outcome: DialOutcome, sip: number | null, detail: string): void {
  context.patchState({ legs: context.call.legs.filter(({ leg }) => leg !== CALLER) });
  const message = "Leg 1 was not reached: the call ends before its flow begins.";
  noteNotReached(context, { outcome, sip, rule: "API-1", message: detail });
  finishCall(context, { by: "platform", rule: "API-1", message });
}
