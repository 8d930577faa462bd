/** `DialCallStatus` (REQ-24): how an attempt, or a whole Connect, ended. */
export const DIAL_STATUSES = ["completed", "busy", "no-answer", "failed", "canceled"] as const;
export type DialStatus = (typeof DIAL_STATUSES)[number];

/** `CallType` (REQ-18). */
export const CALL_TYPES = ["call-attempt", "completed", "client-hangup", "incomplete", "voicemail"] as const;
export type CallType = (typeof CALL_TYPES)[number];

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

/** Causes of ITU-T Q.850 that say how an attempt ended, with the names that switches give them. */
const Q850_OUTCOMES: ReadonlyMap<number, DialOutcome> = new Map(
  (
    [
      [1, "failed", "UNALLOCATED_NUMBER"],
      [2, "failed", "NO_ROUTE_TRANSIT_NET"],
      [3, "failed", "NO_ROUTE_DESTINATION"],
      [17, "busy", "USER_BUSY"],
      [18, "no-answer", "NO_USER_RESPONSE"],
      [19, "no-answer", "NO_ANSWER"],
      [20, "no-answer", "SUBSCRIBER_ABSENT"],
      [21, "busy", "CALL_REJECTED"],
      [22, "failed", "NUMBER_CHANGED"],
      [27, "failed", "DESTINATION_OUT_OF_ORDER"],
      [28, "failed", "INVALID_NUMBER_FORMAT"],
      [29, "failed", "FACILITY_REJECTED"],
      [34, "failed", "NORMAL_CIRCUIT_CONGESTION"],
      [38, "failed", "NETWORK_OUT_OF_ORDER"],
      [41, "failed", "NORMAL_TEMPORARY_FAILURE"],
      [42, "failed", "SWITCH_CONGESTION"],
      [44, "failed", "REQUESTED_CHAN_UNAVAIL"],
      [50, "failed", "FACILITY_NOT_SUBSCRIBED"],
      [52, "failed", "OUTGOING_CALL_BARRED"],
      [54, "failed", "INCOMING_CALL_BARRED"],
      [57, "failed", "BEARERCAPABILITY_NOTAUTH"],
      [58, "failed", "BEARERCAPABILITY_NOTAVAIL"],
      [63, "failed", "SERVICE_UNAVAILABLE"],
      [65, "failed", "BEARERCAPABILITY_NOTIMPL"],
      [69, "failed", "FACILITY_NOT_IMPLEMENTED"],
      [79, "failed", "SERVICE_NOT_IMPLEMENTED"],
      [88, "failed", "INCOMPATIBLE_DESTINATION"],
      [102, "no-answer", "RECOVERY_ON_TIMER_EXPIRE"],
      [111, "failed", "PROTOCOL_ERROR"],
    ] as const
  ).map(([code, status, name]) => [code, { status, cause: { code, name } }]),
);

/**
 * How an attempt ended that was not answered (contract, section 1). The peer's Q.850 cause decides (REQ-29), unless it says nothing about a
 * failure (16 normal clearing, 31 unspecified, 127 interworking, unknown ones); then the SIP status does. `status` null: transport error.
 */
export function outcomeOfSip(status: number | null, q850: number | null = null): DialOutcome {
  return (q850 === null ? undefined : Q850_OUTCOMES.get(q850)) ?? outcomeOfStatus(status);
}

/** REQ-29: an attempt that was answered is `completed`; the Q.850 cause in the BYE names its cause. */
export function outcomeOfAnswered(q850: number | null): DialOutcome {
  const cause = q850 === null ? undefined : Q850_OUTCOMES.get(q850)?.cause;
  return cause === undefined ? outcomes.completed : { status: "completed", cause };
}

/** The one table from a final SIP status of an attempt (null: transport error) to the contract's words. */
function outcomeOfStatus(status: number | null): DialOutcome {
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
