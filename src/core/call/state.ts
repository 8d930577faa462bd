import type { Destination } from "../contract/destination.ts";
import type { Finding } from "../contract/finding.ts";
import type { CallType, DialStatus } from "../contract/outcome.ts";
import type { CallPlacement } from "../contract/placed-call.ts";
import type { LegFacts } from "../contract/request.ts";
import type { LegStatus } from "../contract/status-callback.ts";
import type { LegId } from "./legs.ts";
import type { EndedBy } from "./record.ts";
import type { Flow } from "./setup.ts";

/**
 * What the applets so far have established about the call; every later request carries it (contract, section 1).
 * Replaced as a whole with each change, so that older states keep theirs.
 */
export interface KnownFacts {
  readonly callType: CallType;
  /** The destination dialled last, or the one in conversation (REQ-19); null before the first dial. */
  readonly dialWhomNumber: Destination | null;
  /** Whole seconds, ringing and conversation (REQ-15). */
  readonly dialCallDurationS: number;
  /** Null unless the applet before was a Connect that dialled (REQ-24). */
  readonly dialCallStatus: DialStatus | null;
  /** Without the quotes of REQ-25. */
  readonly digits: string | null;
  readonly recordingUrl: string | null;
  /** E.164 (REQ-28). */
  readonly outgoingPhoneNumber: string | null;
  readonly legs: readonly LegFacts[];
}

/** A dialled leg that is ringing (`up: false`) or answered (`up: true`). The caller's leg is among these while we ring it. */
export interface OpenLeg {
  readonly leg: LegId;
  readonly up: boolean;
}

export interface OpenRecording {
  readonly id: string;
  /** It was stopped; its `recording_ready` is due. */
  readonly closing: boolean;
  /** Paused by command: silence is recorded. */
  readonly paused?: boolean;
}

export interface ArmedTimer {
  readonly id: string;
  readonly at: number;
}

export interface Closing {
  readonly by: EndedBy;
  /** Epoch ms of the end of the call: what follows is cleaning up and not part of its duration. */
  readonly at: number;
  /** The call was rejected instead of answered. */
  readonly rejected: boolean;
}

/** APP-5: findings about a Passthru's answer as a selection. Only a Switch that follows traces them. */
export interface SelectionReading {
  /** Id of the Passthru's request. */
  readonly request: string;
  readonly findings: readonly Finding[];
}

/**
 * One call between two events: a plain JSON value. The lists of what is open are the engine's ledger: an event that
 * names nothing in it is stale and is ignored, and the call ends only when all lists are empty.
 *
 * ```
 *   call_arrived ─► (by API: leg 1 rings) ─► in an applet ─► (exit) ─► in the next ─► … ─► closing ─► ended
 *                                    └─────────── caller left, hung up, recover ───────────▲
 * ```
 */
export interface CallState {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  /** E.164 of the number that a call started by API dials out to, if any (REQ-12). */
  readonly dialTo?: string;
  readonly direction: "incoming" | "outbound-dial";
  readonly customField: string | null;
  /** Present in a call started by API. */
  readonly placed?: CallPlacement;
  /** `TimeLimit` of a call started by API. */
  readonly timeLimitMs?: number;
  /** Leg 1 of a call started by API has rung. */
  readonly callerRang?: boolean;
  /** Epoch ms of leg 1's answer, in a call started by API. */
  readonly answeredAt?: number;
  /** How the dialling of leg 1 ended, if nobody answered. */
  readonly callerOutcome?: DialStatus;
  /** The flow that a command sent the call to; absent: the setup's. */
  readonly flow?: Flow;
  /** Epoch ms of `call_arrived`. */
  readonly startedAt: number;
  /** Epoch ms of the latest event. */
  readonly now: number;
  /** The call was answered (200). */
  readonly answered: boolean;
  readonly callerGone: boolean;
  /** `seq` of the latest trace entry. */
  readonly seq: number;
  /** Counts ids of fetches, playbacks, recordings and notifications. */
  readonly lastId: number;
  readonly lastLeg: LegId;
  /** Id of the applet in the flow; null before the first and while closing. */
  readonly applet: string | null;
  /** The applet's own state, which only its kind reads. */
  readonly appletState: unknown;
  readonly appletsRun: number;
  readonly facts: KnownFacts;
  /** Digits entered before the prompt that asks for them. */
  readonly typeAhead: string;
  /** The case that the latest sync Passthru selected (APP-5); null: none. */
  readonly selected: string | null;
  /** How that case was read from the answer, for the Switch that needs it; absent in states of earlier versions. */
  readonly selection?: SelectionReading | null;
  /** Milliseconds of all conversations so far. */
  readonly conversationMs: number;
  /** How the latest Connect that dialled ended: outlives `facts.dialCallStatus`. */
  readonly dialStatus: DialStatus | null;
  /** The attempt that represents the latest Connect that dialled, for StatusCallbacks (API-6). */
  readonly secondLeg?: LegStatus;
  /** The leg that the caller is bridged with, if any. */
  readonly bridged?: LegId | null;
  /** A callee ended the conversation and no applet has waited for the caller since (see {@link EndedBy}). */
  readonly calleeLeft: boolean;
  readonly legs: readonly OpenLeg[];
  /** Fetches and audio checks in progress. */
  readonly fetches: readonly string[];
  readonly plays: readonly string[];
  /** Those of them that a command started; applets don't know about them. */
  readonly commandPlays?: readonly string[];
  readonly recordings: readonly OpenRecording[];
  readonly timers: readonly ArmedTimer[];
  /** Set when the call is over and only waits for its recordings to close. */
  readonly closing: Closing | null;
  readonly ended: boolean;
}
