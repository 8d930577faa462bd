import type { LegId } from "../../call/legs.ts";
import type { Turn } from "../../call/turn.ts";
import { destinationKey } from "../../contract/destination.ts";
import type { Destination } from "../../contract/destination.ts";
import { type DialOutcome, outcomes } from "../../contract/outcome.ts";
import type { LegFacts } from "../../contract/request.ts";
import { tellDialEvent } from "./events.ts";
import { type Attempt, change, type ConnectState, live } from "./state.ts";

/** Sends one INVITE and says so. */
export function beginAttempt(turn: Turn, run: ConnectState, destination: Destination, ringLimitMs: number): void {
  const leg = turn.dial(destination, run.callerId);
  const attempt: Attempt = {
    leg,
    destination,
    startedAt: turn.at,
    rang: false,
    earlyMedia: false,
    bridgedAt: null,
    outcome: null,
    endedAt: null,
  };
  run.attempts = [...run.attempts, attempt];
  turn.trace({
    type: "attempt.started",
    leg,
    applet: turn.call.applet ?? "",
    destination: destinationKey(destination),
    caller_id: run.callerId,
    ring_limit_ms: ringLimitMs,
    round: run.round,
  });
  tellDialEvent(turn, run, attempt, "Dial");
}

/** How an attempt came to its end, for the trace. */
export interface AttemptEnd {
  readonly outcome: DialOutcome;
  readonly sip: number | null;
  readonly rule: string | null;
  readonly message: string;
}

/** Every attempt ends here, exactly once; a leg that still rings or is up is given up (EVT-4). */
export function endAttempt(turn: Turn, run: ConnectState, attempt: Attempt, end: AttemptEnd): void {
  const { leg } = attempt;
  turn.drop(leg);
  change(run, leg, { outcome: end.outcome, endedAt: turn.at });
  turn.trace({
    type: "attempt.ended",
    leg,
    outcome: end.outcome.status,
    cause_code: end.outcome.cause.code,
    cause: end.outcome.cause.name,
    sip: end.sip,
    rule: end.rule,
    message: end.message,
  });
  tellDialEvent(turn, run, attempt, "Terminal");
}

/** Gives up every attempt but one: somebody else answered, or nobody waits any more. */
export function cancelAttempts(turn: Turn, run: ConnectState, but: LegId | null, rule: string, message: string): void {
  for (const attempt of live(run)) {
    if (attempt.leg !== but) endAttempt(turn, run, attempt, { outcome: outcomes.canceled, sip: null, rule, message });
  }
}

/**
 * Closes the round: what later requests tell of its attempts (REQ-15, REQ-19, REQ-24, REQ-28, REQ-29). `decisive` is the
 * attempt that stands for the Connect: the one that talked, otherwise the one dialled last.
 */
export function closeRound(turn: Turn, run: ConnectState, decisive: Attempt | undefined = run.attempts.at(-1)): void {
  if (decisive === undefined) return;
  run.done = [...run.done, ...run.attempts.map((each) => legFacts(run, each))];
  run.attempts = [];
  const status = decisive.outcome?.status ?? null;
  turn.put({ dialStatus: status });
  turn.learn({
    callType: "incomplete",
    dialWhomNumber: decisive.destination,
    dialCallDurationS: seconds(decisive.startedAt, decisive.endedAt),
    dialCallStatus: status,
    outgoingPhoneNumber: run.callerId,
    legs: run.done,
  });
}

function legFacts(run: ConnectState, attempt: Attempt): LegFacts {
  return {
    number: attempt.destination,
    onCallDurationS: seconds(attempt.bridgedAt, attempt.endedAt),
    callerId: run.callerId,
    cause: (attempt.outcome ?? outcomes.canceled).cause,
  };
}

function seconds(fromMs: number | null, toMs: number | null): number {
  return fromMs === null || toMs === null ? 0 : Math.floor((toMs - fromMs) / 1000);
}
