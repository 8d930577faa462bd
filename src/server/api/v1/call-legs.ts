import { unreachable } from "../../../base/never.ts";
import { CALLER } from "../../../core/call/legs.ts";
import type { LegId } from "../../../core/call/legs.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { DialStatus } from "../../../core/contract/outcome.ts";
import type { StoredCall } from "../../../edges/store/types.ts";
import type { Representation } from "./representation.ts";

/** One leg of a call, read from its trace. Times are ms since the call began. */
export interface TracedLeg {
  readonly leg: LegId;
  readonly number: string;
  readonly startedMs: number;
  readonly ringingMs: number | null;
  readonly answeredMs: number | null;
  /** Null while it lasts. */
  readonly endedMs: number | null;
  readonly outcome: DialStatus | null;
  readonly cause: { readonly code: number; readonly name: string } | null;
}

/** Every leg, the first one first, the others as they were dialled: from the trace, or, where it was deleted, from the record. */
export function legsOf(stored: StoredCall): readonly TracedLeg[] {
  const trace = JSON.parse(stored.trace) as TraceEntry[];
  return trace.length > 0 ? tracedLegs(trace) : recordedLegs(stored);
}

function tracedLegs(trace: readonly TraceEntry[]): readonly TracedLeg[] {
  const legs = new Map<LegId, TracedLeg>();
  for (const entry of trace) {
    if (entry.type === "attempt.started") legs.set(entry.leg, begun(entry.leg, entry.destination, entry.at_ms));
    else if (entry.type === "call.started") legs.set(CALLER, begun(CALLER, entry.from, entry.at_ms));
    else if (changesLeg(entry)) change(legs, entry);
  }
  return [...legs.values()];
}

/** The record does not say when leg 1 of a call in was answered: that it was follows from the status. */
function recordedLegs({ call, attempts }: StoredCall): readonly TracedLeg[] {
  const dialled = attempts.map(({ leg, destination, outcome, causeCode: code, cause: name, ...times }) => {
    const { startedMs, ringingMs, answeredMs, endedMs } = times;
    const how = { outcome: outcome as DialStatus, cause: { code, name } };
    return { leg, number: leg === CALLER ? call.from : destination, startedMs, ringingMs, answeredMs, endedMs, ...how };
  });
  if (dialled.some(({ leg }) => leg === CALLER)) return dialled;
  const endedMs = call.endedAt === null ? null : call.endedAt - call.startedAt;
  const answeredMs = call.status === "completed" ? 0 : null;
  return [{ ...begun(CALLER, call.from, 0), answeredMs, endedMs }, ...dialled];
}

function begun(leg: LegId, number: string, startedMs: number): TracedLeg {
  return { leg, number, startedMs, ringingMs: null, answeredMs: null, endedMs: null, outcome: null, cause: null };
}

const CHANGES = [
  "caller.ringing",
  "caller.not_reached",
  "call.answered",
  "attempt.ringing",
  "attempt.answered",
  "attempt.ended",
  "call.ended",
] as const;
type Change = Extract<TraceEntry, { type: (typeof CHANGES)[number] }>;

function changesLeg(entry: TraceEntry): entry is Change {
  return CHANGES.some((type) => type === entry.type);
}

function change(legs: Map<LegId, TracedLeg>, entry: Change): void {
  const leg = "leg" in entry ? entry.leg : CALLER;
  const known = legs.get(leg);
  if (known !== undefined) legs.set(leg, { ...known, ...changeOf(known, entry) });
}

function changeOf(known: TracedLeg, entry: Change): Partial<TracedLeg> {
  const { at_ms } = entry;
  switch (entry.type) {
    case "caller.ringing":
    case "attempt.ringing":
      return { ringingMs: at_ms };
    case "call.answered":
    case "attempt.answered":
      return { answeredMs: at_ms };
    case "caller.not_reached":
    case "attempt.ended":
      return { endedMs: at_ms, outcome: entry.outcome, cause: { code: entry.cause_code, name: entry.cause } };
    case "call.ended":
      return known.endedMs === null ? { endedMs: entry.cdr.duration_ms } : {};
    default:
      return unreachable(entry);
  }
}

/** The leg that decided the outcome: the one that talked longest, or else the last one dialled. Null: nobody was dialled. */
export function decidingLeg(legs: readonly TracedLeg[]): TracedLeg | null {
  const dialled = legs.filter(({ leg }) => leg !== CALLER);
  const talked = dialled.filter(({ answeredMs }) => answeredMs !== null);
  return talked.toSorted((a, b) => onCall(b) - onCall(a))[0] ?? dialled.at(-1) ?? null;
}

/** Whole seconds from the leg's answer to its end. */
export function onCall({ answeredMs, endedMs }: TracedLeg): number {
  return answeredMs === null || endedMs === null ? 0 : Math.floor((endedMs - answeredMs) / 1000);
}

function ringing({ ringingMs, answeredMs, endedMs }: TracedLeg): number {
  const until = answeredMs ?? endedMs;
  return ringingMs === null || until === null ? 0 : Math.floor((until - ringingMs) / 1000);
}

/** The word for the state of a leg; `first`: the word for leg 1 once it has ended. */
export function legStatus(leg: TracedLeg, first: string): string {
  if (leg.endedMs === null) return "in-progress";
  return leg.outcome ?? (leg.leg === CALLER ? first : "failed");
}

/** One entry of `Legs.json`. */
export function showLeg(leg: TracedLeg, first: string, shown: (number: string) => string): Representation {
  return {
    Leg: {
      Id: leg.leg,
      Number: shown(leg.number),
      Status: legStatus(leg, first),
      OnCallDuration: onCall(leg),
      RingingDuration: ringing(leg),
      AnsweredBy: null,
      Cause: leg.cause?.code ?? null,
      CauseCode: leg.cause?.name ?? null,
    },
  };
}
