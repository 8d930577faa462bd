import type { AttemptReport, CallReport } from "../../core/call/report.ts";
import type { CallRecord } from "../../core/call/record.ts";
import type { DialStatus } from "../../core/contract/outcome.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { StoredCall } from "../../edges/store/types.ts";
import { DEFAULT_RETENTION } from "../exchange/retention-schema.ts";
import type { ApiOptions } from "./api-options.ts";

/** Why an ended call has no trace; null: it has one. Every call's trace has at least one entry. */
export function deletedTrace(directory: ApiOptions["directory"], { call, trace }: StoredCall): string | null {
  if (call.endedAt === null || trace !== "[]") return null;
  const { tracesDays } = directory.account(call.account)?.retention ?? DEFAULT_RETENTION;
  return `the trace of call ${call.callSid} was deleted: account ${call.account} keeps traces for ${tracesDays} days`;
}

/** What the record still says about a call whose trace was deleted. */
export function reportWithoutTrace({
  call,
  attempts,
}: StoredCall): Pick<CallReport, "call_sid" | "ended_by" | "duration_ms" | "attempts" | "cdr"> {
  const cdr = JSON.parse(call.cdr ?? "null") as CallRecord | null;
  const dialled = attempts.filter(({ leg }) => leg !== CALLER);
  return {
    call_sid: call.callSid,
    ended_by: cdr?.ended_by ?? null,
    duration_ms: cdr?.duration_ms ?? 0,
    attempts: dialled.map(attemptOf),
    cdr,
  };
}

function attemptOf(row: StoredCall["attempts"][number]): AttemptReport {
  return {
    applet: row.applet,
    destination: row.destination,
    caller_id: row.callerId,
    started_ms: row.startedMs,
    answered_ms: row.answeredMs,
    ended_ms: row.endedMs,
    outcome: row.outcome as DialStatus,
  };
}
