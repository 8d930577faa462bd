import type { StartCallPlayback } from "./answer.ts";
import type { Destination } from "./destination.ts";

/** `TimeOut` (API-1), in seconds: the regulator lets a phone ring for at most a minute. */
export const MAX_RING_S = 60;
/** The default of RES-15 for a destination, in seconds. */
export const DEFAULT_RING_S = 30;

/** `StatusCallbackEvents` (API-1, API-6). */
export type StatusEvent = "ringing" | "answered" | "terminal";

/** Whom to tell about a call by API, of what, and how (API-6). */
export interface StatusCallback {
  /** As given: may hold `user:pass@` and a query of its own. */
  readonly url: string;
  readonly events: readonly StatusEvent[];
  readonly form: "multipart" | "json";
}

/** The second number of a call that connects two (API-2), and what comes with it. */
export interface SecondNumber {
  readonly destination: Destination;
  readonly record: boolean;
  readonly recordingChannels: "single" | "dual";
  /** `WaitUrl`: what leg 1 hears while leg 2 rings; null: ringback. */
  readonly waitUrl: string | null;
  readonly playback: StartCallPlayback | null;
}

/** What a call by API has in addition to every call: we dial its first leg. */
export interface CallPlacement {
  /** Leg 1. */
  readonly destination: Destination;
  /** `TimeOut`: how long each of the legs may ring. */
  readonly ringLimitMs: number;
  readonly statusCallback: StatusCallback | null;
  /** Null: the call goes into a flow (API-1). */
  readonly second: SecondNumber | null;
}
