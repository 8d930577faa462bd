import { type CustomerRequestState, noRequest } from "../../call/customer-request.ts";
import type { LegId } from "../../call/legs.ts";
import type { ConnectAnswer } from "../../contract/answer.ts";
import type { Destination } from "../../contract/destination.ts";
import type { DialOutcome } from "../../contract/outcome.ts";
import type { LegFacts } from "../../contract/request.ts";

/**
 * ```
 *           usable answer           answered             playback over
 *   asking ──────────────► ringing ──────────► announcing ─────────────► talking
 *     ▲ │                   │  ▲ │                  │ callee leaves         │
 *     └─┼─ fetch_after_… ───┤  └─┴── next round ────┤                       │
 *       │                   │ nobody left to dial   │                       │
 *       └──────────────►  left  ◄───────────────────┴───────────────────────┘
 * ```
 */
export type Phase = "asking" | "ringing" | "announcing" | "talking" | "left";

/** One INVITE to one destination. Times are epoch ms. */
export interface Attempt {
  readonly leg: LegId;
  readonly destination: Destination;
  readonly startedAt: number;
  readonly rang: boolean;
  readonly earlyMedia: boolean;
  /** Absent: not answered. */
  readonly answeredAt?: number;
  readonly bridgedAt: number | null;
  /** How it ended; null while it is in progress. */
  readonly outcome: DialOutcome | null;
  readonly endedAt: number | null;
}

/** What the caller hears while waiting. */
export type HoldAudio =
  | { readonly kind: "tone"; readonly play: string }
  | { readonly kind: "url"; readonly play: string; readonly url: string }
  | { readonly kind: "leg"; readonly leg: LegId };

/** The state of one Connect: a plain JSON value. A step works on a shallow copy; lists are replaced, never changed. */
export interface ConnectState {
  phase: Phase;
  request: CustomerRequestState<ConnectAnswer>;
  /** The answer in use; null before the first. */
  answer: ConnectAnswer | null;
  /** Index of the next destination of the answer. */
  position: number;
  round: number;
  /** The attempts of the current round, ended ones included. */
  attempts: readonly Attempt[];
  /** All earlier attempts, as later requests report them. */
  finishedLegs: readonly LegFacts[];
  /** E.164 shown to the destinations. */
  callerId: string;
  holdAudio: HoldAudio | null;
  /** The custom tone could not be played: the default tone replaces it. */
  toneBroken: boolean;
  /** Playback of `start_call_playback`. */
  announcement: string | null;
  recording: string | null;
}

export function initialState(): ConnectState {
  return {
    phase: "asking",
    request: noRequest(),
    answer: null,
    position: 0,
    round: 0,
    attempts: [],
    finishedLegs: [],
    callerId: "",
    holdAudio: null,
    toneBroken: false,
    announcement: null,
    recording: null,
  };
}

/** Attempts of the current round whose legs are still ringing or up. */
export function activeAttempts(state: ConnectState): readonly Attempt[] {
  return state.attempts.filter((each) => each.outcome === null);
}

/** Replaces one attempt of the round. */
export function changeAttempt(state: ConnectState, leg: LegId, changes: Partial<Attempt>): void {
  state.attempts = state.attempts.map((each) => (each.leg === leg ? { ...each, ...changes } : each));
}

/** This Connect has dialled someone. */
export function hasDialled(state: ConnectState): boolean {
  return state.finishedLegs.length > 0 || state.attempts.length > 0;
}
