/** `DialCallStatus` (REQ-24): how an attempt, or a whole Connect, ended. */
export type DialStatus = "completed" | "busy" | "no-answer" | "failed" | "canceled";

/** `CallType` (REQ-18). */
export type CallType = "call-attempt" | "completed" | "client-hangup" | "incomplete" | "voicemail";

/** `Legs[i][Cause]` (number) and `Legs[i][CauseCode]` (word) of REQ-29; observed payloads name them in this way. */
export interface Cause {
  readonly code: number;
  readonly name: string;
}

export interface DialOutcome {
  readonly status: DialStatus;
  readonly cause: Cause;
}

const NORMAL: Cause = { code: 16, name: "NORMAL_CLEARING" };
const BUSY: Cause = { code: 17, name: "USER_BUSY" };
const NO_ANSWER: Cause = { code: 19, name: "NO_ANSWER" };
const REJECTED: Cause = { code: 21, name: "CALL_REJECTED" };
const UNALLOCATED: Cause = { code: 1, name: "UNALLOCATED_NUMBER" };
const ORIGINATOR_CANCEL: Cause = { code: 487, name: "ORIGINATOR_CANCEL" };
const RING_TIMEOUT: Cause = { code: 1003, name: "RING_TIMEOUT" };
const OUT_OF_ORDER: Cause = { code: 38, name: "NETWORK_OUT_OF_ORDER" };

/** Outcomes that no SIP status decides: we ended the attempt ourselves, or it was answered. */
export const outcomes = {
  completed: { status: "completed", cause: NORMAL },
  ringTimeout: { status: "no-answer", cause: RING_TIMEOUT },
  canceled: { status: "canceled", cause: ORIGINATOR_CANCEL },
  networkFailure: { status: "failed", cause: OUT_OF_ORDER },
} as const satisfies Record<string, DialOutcome>;

/** The one table from a final SIP status of an attempt (null: transport error) to the contract's words (section 1). */
export function outcomeOfSip(status: number | null): DialOutcome {
  switch (status) {
    case null:
      return outcomes.networkFailure;
    case 486:
    case 600:
      return { status: "busy", cause: BUSY };
    case 603:
      return { status: "busy", cause: REJECTED };
    case 408:
    case 480:
    case 487:
      return { status: "no-answer", cause: NO_ANSWER };
    case 404:
    case 410:
    case 484:
    case 604:
      return { status: "failed", cause: UNALLOCATED };
    case 403:
      return { status: "failed", cause: REJECTED };
    default:
      return outcomes.networkFailure;
  }
}
