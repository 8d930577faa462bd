import type { Destination } from "../contract/destination.ts";
import type { CallType, DialStatus } from "../contract/outcome.ts";
import type { LegFacts } from "../contract/request.ts";
import type { LegId } from "./legs.ts";
import type { EndedBy } from "./record.ts";

/**
 * What the applets so far have made true about the call, and every later request tells (contract, section 1).
 * Replaced as a whole when something is learnt, so that older states keep theirs.
 */
export interface KnownFacts {
  readonly callType: CallType;
  /** The destination dialled last, or the one that talked (REQ-19); null before the first dial. */
  readonly dialWhomNumber: Destination | null;
  /** Whole seconds, ringing and talk (REQ-15). */
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

/** A dialled leg that is ringing (`up: false`) or answered (`up: true`). The caller's leg is not among these. */
export interface OpenLeg {
  readonly leg: LegId;
  readonly up: boolean;
}

export interface OpenRecording {
  readonly id: string;
  /** Told to close; its `recording_ready` is owed. */
  readonly closing: boolean;
}

export interface ArmedTimer {
  readonly id: string;
  readonly at: number;
}

export interface Closing {
  readonly by: EndedBy;
  /** Epoch ms of the moment it was over: what comes after is paperwork and no part of its duration. */
  readonly at: number;
  /** The caller was refused instead of answered. */
  readonly rejected: boolean;
}

/**
 * One call between two events: a plain JSON value. The lists of open things are the engine's ledger: an event that
 * names nothing in it is stale or foreign and is ignored, and the call ends only when all of them are empty.
 *
 * ```
 *   call_arrived ─► in an applet ─► (exit) ─► in the next ─► … ─► closing ─► ended
 *                        └────── caller left, hung up, recover ──────▲
 * ```
 */
export interface CallState {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  /** E.164 of the number dialled out, of a call started by API with one (REQ-12). */
  readonly dialTo?: string;
  readonly direction: "incoming" | "outbound-dial";
  readonly customField: string | null;
  /** Epoch ms of `call_arrived`. */
  readonly startedAt: number;
  /** Epoch ms of the latest event. */
  readonly now: number;
  /** We answered the caller (200). */
  readonly answered: boolean;
  readonly callerGone: boolean;
  /** `seq` of the latest trace entry. */
  readonly seq: number;
  /** Counts ids of fetches, playbacks, recordings and notifications. */
  readonly lastId: number;
  readonly lastLeg: LegId;
  /** Id of the applet in the flow; null before the first and while closing. */
  readonly applet: string | null;
  /** The applet's own state: only its kind looks inside. */
  readonly appletState: unknown;
  readonly appletsRun: number;
  readonly facts: KnownFacts;
  /** Digits pressed ahead of the prompt that will ask for them. */
  readonly typeAhead: string;
  /** The case that the latest sync Passthru was told to take (APP-5); null: none. */
  readonly selected: string | null;
  /** Milliseconds of all conversations so far. */
  readonly conversationMs: number;
  /** How the latest Connect that dialled ended: outlives `facts.dialCallStatus`. */
  readonly dialStatus: DialStatus | null;
  /** A callee ended the conversation and nothing has held the caller since (see {@link EndedBy}). */
  readonly calleeLeft: boolean;
  readonly legs: readonly OpenLeg[];
  /** Fetches and audio checks under way. */
  readonly fetches: readonly string[];
  readonly plays: readonly string[];
  readonly recordings: readonly OpenRecording[];
  readonly timers: readonly ArmedTimer[];
  /** The call is over and waits only for its recordings to close. */
  readonly closing: Closing | null;
  readonly ended: boolean;
}
