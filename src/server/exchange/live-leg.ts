import type { Result } from "../../base/result.ts";
import type { Destination } from "../../core/contract/destination.ts";
import type { CancelReason } from "../../core/call/effects.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { LimitFact } from "../../core/call/limit-fact.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { Codec } from "../../edges/media/process/protocol.ts";
import type { DialogSnapshot, RingingSnapshot } from "../../edges/sip/endpoint.ts";
import type { CallRoutes } from "./call-routes.ts";
import type { LiveCall } from "./live-call.ts";
import type { OutboundRoute } from "./route.ts";
import type { Services } from "./services.ts";
import type { AccountConfig } from "./workspace.ts";

/** A leg of a live call, inbound or outbound. Every method is harmless once the leg is over. */
export interface LiveLeg {
  /** Plain values for the journal: the dialog or, before there is one, the pending INVITE. */
  snapshot(): DialogSnapshot | null;
  ringing(): RingingSnapshot | null;
  /** Cancels a leg that is not up yet, or ends one that is. */
  hangUp(reason: CancelReason): void;
  /** The leg's first RTP has arrived. */
  onFirstRtp(): void;
  /** Sends a digit (0-9 * # A-D) in a form the far side understands. */
  sendDigit(digit: string): void;
  /** Whether the far side may send RFC 4733 digits. */
  readonly sendsTelephoneEvents: boolean;
}

/** A leg that can be answered or refused: the caller's. */
export interface LiveCallerLeg extends LiveLeg {
  answer(): void;
  reject(sip: number): void;
}

/** What a process that starts after a crash needs to hang up a call's legs or stop their ringing. */
export interface LegSnapshots {
  readonly dialogs: Readonly<Record<LegId, DialogSnapshot>>;
  readonly ringing?: Readonly<Record<LegId, RingingSnapshot>>;
}

/** A digit that a leg sent, by any method. */
export interface LegDigit {
  readonly leg: LegId;
  /** One of 0-9 * # A-D. */
  readonly digit: string;
  readonly via: "rfc4733" | "inband" | "info";
}

/** How a leg that was up ended. */
export interface LegEnding {
  readonly detail: string;
  /** The cause in the peer's Reason header (RFC 3326); absent: it sent none. */
  readonly q850?: number;
}

/** How a dialled leg failed. `sip`: the final status, null if there was none. */
export interface LegFailure extends LegEnding {
  readonly sip: number | null;
  /** The limit because of which it was never dialled. */
  readonly limit?: LimitFact;
}

/** What a leg acts through and reports to. */
export interface LegPorts {
  readonly services: Services;
  readonly media: MediaClient;
  readonly call: LiveCall;
  readonly config: AccountConfig;
  /** The caller's codec: offered first to destinations, so that most calls need no transcoding. */
  readonly callerCodec: Codec | null;
  /** The outbound routes of this call, and the progress of each leg. */
  readonly routes: CallRoutes;
  /** Chooses the route of a leg to a destination, replacing an earlier one; the error says why there is none. */
  routeTo(leg: LegId, destination: Destination, callerId: string): Result<OutboundRoute, LegFailure>;
  /** Opens the RTP port of a leg to be dialled. */
  openLeg(leg: LegId): Promise<{ port: number }>;
  /** Opens the RTP port of the caller's leg. */
  openCaller(callSid: string): Promise<{ port: number }>;
  /** The result of `snapshot` or `ringing` has changed. */
  legChanged(): void;
  onDigit(digit: LegDigit): void;
  /** The caller has acknowledged our answer. */
  callerAcknowledged(): void;
  /** Reports to the engine that the leg is over, and releases its media. */
  legEnded(leg: LegId, ending: LegEnding): void;
  /** Reports that a dialled leg will never be answered. */
  legFailed(leg: LegId, failure: LegFailure): void;
  /** Releases a leg that has nothing more to report. */
  forgetLeg(leg: LegId): void;
}
