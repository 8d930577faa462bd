import type { Effect, EffectKind } from "../../call/effects.ts";
import type { CallEvent } from "../../call/events.ts";
import type { TraceEntry } from "../../call/trace.ts";

/** What must hold in every call, no matter what customer, callees, caller and network do. */
export const INVARIANTS = {
  ends: "every call ends, once, and nothing is done for it afterwards",
  one_end_per_attempt: "every attempt that was started has exactly one end",
  one_conversation: "the caller talks with one person at a time",
  no_stranger: "only people who answered and are still there are connected",
  fits_leg:
    "only a leg that is up is played to and recorded, only a ringing leg is cancelled, only a waiting caller is answered",
  nobody_left_ringing: "no phone rings, and nobody is kept on the line, after the call has ended",
  all_closed: "every recording, timer, request and playback is closed when the call ends",
  ids_unique: "no request, playback, recording or notification has the id of another",
  events_pair: "every attempt that was announced with Dial is closed with one Terminal (EVT-4)",
  status_told: "the StatusCallback of a call by API gets each event once, in order, and what the record says (API-6)",
  silent_after_caller: "no request is sent and nobody is dialled for a caller who has left (REF-8)",
  ring_limit: "no attempt rings longer than its limit (DIAL-2)",
  exit_fits: "the exit of a Connect matches what happened in it (EXIT-2 to EXIT-4)",
  within_limits: "no fetch, round, conversation or flow exceeds its limit (REF-7, DIAL-3, DIAL-5, APP-9)",
  trace_whole: "the trace counts from 1 without a gap, and time never runs backwards in it",
  trace_explains: "the trace gives the reason for every exit, result and end",
  record_agrees: "the call's record agrees with the trace",
  plain_state: "a call whose state is stored and read back between any two events continues in the same way",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** A broken invariant. `atMs` counts from the call's arrival. */
export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly message: string;
}

/** Records a broken invariant; the caller of the checks adds the time. */
export type ReportViolation = (invariant: Invariant, message: string) => void;

/** What a group of invariants watches, by kind. */
export interface InvariantHandlers {
  readonly events?: { readonly [K in CallEvent["kind"]]?: (event: Extract<CallEvent, { kind: K }>) => void };
  readonly effects?: { readonly [K in EffectKind]?: (effect: Extract<Effect, { kind: K }>) => void };
  readonly entries?: { readonly [K in TraceEntry["type"]]?: (entry: Extract<TraceEntry, { type: K }>) => void };
}

/** Hands an event to the handler of its kind, if there is one. */
export function handleEvent({ events }: InvariantHandlers, event: CallEvent): void {
  (events?.[event.kind] as ((event: CallEvent) => void) | undefined)?.(event);
}

/** Hands an effect to the handler of its kind, and a trace entry to the handler of its type. */
export function handleEffect({ effects, entries }: InvariantHandlers, effect: Effect): void {
  (effects?.[effect.kind] as ((effect: Effect) => void) | undefined)?.(effect);
  if (effect.kind !== "trace") return;
  (entries?.[effect.entry.type] as ((entry: TraceEntry) => void) | undefined)?.(effect.entry);
}
