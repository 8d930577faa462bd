import type { TraceEntry } from "../../../core/call/trace.ts";
import { outcomeOfSip } from "../../../core/contract/outcome.ts";
import type { PhoneEnding } from "../scenario/scenario-types.ts";

type LegEnd = Extract<TraceEntry, { type: "attempt.ended" | "caller.not_reached" }>;

/** A phone that we cancelled, at its limit or because the caller left, rings forever. */
export function phoneEnding(answeredMs: number | null, endedMs: number | null, ended: LegEnd | undefined): PhoneEnding {
  if (answeredMs !== null) return { kind: "answer", afterMs: answeredMs };
  if (ended === undefined || endedMs === null) return { kind: "ring" };
  if (ended.sip === null && ended.outcome !== "failed") return { kind: "ring" };
  // A cause that the SIP status does not explain came in a Reason header (REQ-29).
  const q850 = outcomeOfSip(ended.sip).cause.code === ended.cause_code ? {} : { q850: ended.cause_code };
  return { kind: "fail", afterMs: endedMs, sip: ended.sip, ...q850 };
}
