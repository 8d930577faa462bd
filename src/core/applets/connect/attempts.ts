import type { CancelReason } from "../../call/effects.ts";
import type { LegId } from "../../call/legs.ts";
import type { StepContext } from "../../call/step-context.ts";
import { destinationKey } from "../../contract/destination.ts";
import type { Destination } from "../../contract/destination.ts";
import { type DialOutcome, outcomes } from "../../contract/outcome.ts";
import type { LegFacts } from "../../contract/request.ts";
import type { LegStatus } from "../../contract/status-callback.ts";
import { dialCallDuration } from "../../contract/wire.ts";
import { notifyDialEvent } from "./dial-events.ts";
import { type Attempt, changeAttempt, type ConnectState, activeAttempts } from "./state.ts";

/** Sends one INVITE and records it in the trace. */
export function beginAttempt(
  context: StepContext,
  state: ConnectState,
  destination: Destination,
  ringLimitMs: number,
): void {
  const leg = context.dial(destination, state.callerId);
  const attempt: Attempt = {
    leg,
    destination,
    startedAt: context.at,
    rang: false,
    earlyMedia: false,
    bridgedAt: null,
    outcome: null,
    endedAt: null,
  };
  state.attempts = [...state.attempts, attempt];
  context.trace({
    type: "attempt.started",
    leg,
    applet: context.call.applet ?? "",
    destination: destinationKey(destination),
    caller_id: state.callerId,
    ring_limit_ms: ringLimitMs,
    round: state.round,
  });
  notifyDialEvent(context, state, attempt, "Dial");
}

/** How an attempt ended, for the trace. */
export interface AttemptEnd {
  readonly outcome: DialOutcome;
  readonly sip: number | null;
  readonly rule: string | null;
  readonly message: string;
  /** Why its leg is cancelled if it is still ringing. */
  readonly cancel?: CancelReason;
}

/** Every attempt ends here, exactly once; a leg that still rings is cancelled, one that is up is hung up (EVT-4). */
export function endAttempt(context: StepContext, state: ConnectState, attempt: Attempt, end: AttemptEnd): void {
  const { leg } = attempt;
  context.endLeg(leg, end.cancel ?? "call_ended");
  changeAttempt(state, leg, { outcome: end.outcome, endedAt: context.at });
  context.trace({
    type: "attempt.ended",
    leg,
    outcome: end.outcome.status,
    cause_code: end.outcome.cause.code,
    cause: end.outcome.cause.name,
    sip: end.sip,
    rule: end.rule,
    message: end.message,
  });
  notifyDialEvent(context, state, attempt, "Terminal");
}

/** Cancels every attempt but one (`except`, the one that answered), or all of them when the caller is no longer waiting. */
export function cancelAttempts(
  context: StepContext,
  state: ConnectState,
  except: LegId | null,
  rule: string,
  message: string,
): void {
  const cancel = except === null ? "call_ended" : "completed_elsewhere";
  for (const attempt of activeAttempts(state)) {
    if (attempt.leg !== except)
      endAttempt(context, state, attempt, { outcome: outcomes.canceled, sip: null, rule, message, cancel });
  }
}

/**
 * Closes the round and keeps what later requests report about its attempts (REQ-15, REQ-19, REQ-24, REQ-28, REQ-29). `decisive` is the
 * attempt that represents the Connect: the one with the conversation, otherwise the one dialled last.
 */
export function closeRound(
  context: StepContext,
  state: ConnectState,
  decisive: Attempt | undefined = state.attempts.at(-1),
): void {
  if (decisive === undefined) return;
  state.finishedLegs = [...state.finishedLegs, ...state.attempts.map((each) => legFacts(state, each))];
  state.attempts = [];
  const status = decisive.outcome?.status ?? null;
  const { wire } = context.setup.account;
  // A caller who leaves during start_call_playback cancels an attempt that was answered.
  const isAnswered = status === "completed" || state.phase === "announcing";
  context.patchState({ dialStatus: status, secondLeg: legStatus(decisive) });
  context.updateFacts({
    callType: "incomplete",
    dialWhomNumber: decisive.destination,
    dialCallDurationS: dialCallDuration(seconds(decisive.startedAt, decisive.endedAt), isAnswered, wire),
    dialCallStatus: status,
    outgoingPhoneNumber: state.callerId,
    legs: state.finishedLegs,
  });
}

/** API-6. */
function legStatus({ outcome, startedAt, answeredAt, bridgedAt, endedAt }: Attempt): LegStatus {
  return {
    status: (outcome ?? outcomes.canceled).status,
    onCallS: seconds(bridgedAt, endedAt),
    ringingS: seconds(startedAt, answeredAt ?? endedAt),
  };
}

function legFacts(state: ConnectState, attempt: Attempt): LegFacts {
  return {
    number: attempt.destination,
    onCallDurationS: seconds(attempt.bridgedAt, attempt.endedAt),
    callerId: state.callerId,
    cause: (attempt.outcome ?? outcomes.canceled).cause,
  };
}

function seconds(fromMs: number | null, toMs: number | null): number {
  return fromMs === null || toMs === null ? 0 : Math.floor((toMs - fromMs) / 1000);
}
