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

/** A leg of a live call, however it began. Every method is harmless once the leg is gone. */
export interface LiveLeg {
  /** Plain values for the journal: the dialog, and before there is one the INVITE that rings. */
  snapshot(): DialogSnapshot | null;
  ringing(): RingingSnapshot | null;
  /** Cancels a leg that is not up, ends one that is. */
  hangUp(reason: CancelReason): void;
  /** The first RTP of the leg has come. */
  onFirstRtp(): void;
  /** 0-9 * # A-D, in the form the far side understands. */
  sendDigit(digit: string): void;
  /** Whether the far side may send RFC 4733 digits. */
  readonly sendsTelephoneEvents: boolean;
}

/** A leg that can be answered or refused: the caller's. */
export interface LiveCallerLeg extends LiveLeg {
  answer(): void;
  reject(sip: number): void;
}

/** What a process that starts after a crash needs of a call's legs: enough to hang them up, or to stop their ringing. */
export interface LegSnapshots {
  readonly dialogs: Readonly<Record<LegId, DialogSnapshot>>;
  readonly ringing?: Readonly<Record<LegId, RingingSnapshot>>;
}

/** A digit that a leg sent, in whichever way it came. */
export interface LegDigit {
  readonly leg: LegId;
  /** 0-9 * # A-D. */
  readonly digit: string;
  readonly via: "rfc4733" | "inband" | "info";
}

/** How a leg ended that was up. */
export interface LegEnding {
  readonly detail: string;
  /** The cause in a Reason header of the peer (RFC 3326); absent: it sent none. */
  readonly q850?: number;
}

/** How a dialled leg failed. `sip`: the final status, null when there was none. */
export interface LegFailure extends LegEnding {
  readonly sip: number | null;
  /** It was never dialled because of this. */
  readonly limit?: LimitFact;
}

/** What a leg acts through, and what it reports to. */
export interface LegPorts {
  readonly services: Services;
  readonly media: MediaClient;
  readonly call: LiveCall;
  readonly config: AccountConfig;
  /** What the caller speaks: offered first to destinations, so that most calls need no transcoding. */
  readonly callerCodec: Codec | null;
  /** The ways out of this call, and how far each leg has come. */
  readonly routes: CallRoutes;
  /** Chooses the way of a leg to a destination, in place of an earlier one; the error says why there is none. */
  routeTo(leg: LegId, destination: Destination, callerId: string): Result<OutboundRoute, LegFailure>;
  /** The RTP port of a leg that will be dialled. */
  openLeg(leg: LegId): Promise<{ port: number }>;
  /** The RTP port of the caller's leg. */
  openCaller(callSid: string): Promise<{ port: number }>;
  /** What `snapshot` or `ringing` returns has changed. */
  legChanged(): void;
  onDigit(digit: LegDigit): void;
  /** The caller has acknowledged our answer. */
  callerAcknowledged(): void;
  /** The leg is over. Reported to the engine once; its media is released. */
  legEnded(leg: LegId, ending: LegEnding): void;
  /** A dialled leg will never be answered. */
  legFailed(leg: LegId, failure: LegFailure): void;
  /** Releases a leg that has nothing more to report. */
  forgetLeg(leg: LegId): void;
}
