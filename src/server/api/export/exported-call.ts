import type { CallRecord } from "../../../core/call/record.ts";
import { CALLER } from "../../../core/call/legs.ts";
import type { EndedCallRow } from "../../../edges/store/types.ts";

/** How a column is written in a format that has types; every column but a `required` one may be empty. */
export interface ExportColumn {
  readonly name: keyof ExportedCall;
  readonly type: "text" | "integer" | "instant";
  readonly required: boolean;
}

/** One exported row: a call detail record. Instants are epoch ms; phone numbers are text, as calls show them. */
export interface ExportedCall {
  readonly call_sid: string;
  readonly flow: string;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  /** The second number, if a call by API connects two. */
  readonly dial_to: string | null;
  readonly started_at: number;
  readonly ended_at: number;
  readonly status: string;
  readonly ended_by: string;
  readonly call_type: string;
  readonly dial_call_status: string | null;
  readonly duration_ms: number;
  readonly duration_s: number;
  readonly conversation_s: number;
  /** Number of destinations dialled. */
  readonly attempts: number;
  /** The last destination that answered; null if none did. */
  readonly connected_to: string | null;
  readonly custom_field: string | null;
}

/** The columns of every format, in order. Add new ones at the end, so that programs that count columns keep working. */
export const EXPORT_COLUMNS: readonly ExportColumn[] = [
  { name: "call_sid", type: "text", required: true },
  { name: "flow", type: "text", required: true },
  { name: "direction", type: "text", required: true },
  { name: "from", type: "text", required: true },
  { name: "to", type: "text", required: true },
  { name: "dial_to", type: "text", required: false },
  { name: "started_at", type: "instant", required: true },
  { name: "ended_at", type: "instant", required: true },
  { name: "status", type: "text", required: true },
  { name: "ended_by", type: "text", required: true },
  { name: "call_type", type: "text", required: true },
  { name: "dial_call_status", type: "text", required: false },
  { name: "duration_ms", type: "integer", required: true },
  { name: "duration_s", type: "integer", required: true },
  { name: "conversation_s", type: "integer", required: true },
  { name: "attempts", type: "integer", required: true },
  { name: "connected_to", type: "text", required: false },
  { name: "custom_field", type: "text", required: false },
];

/** The row of an ended call. */
export function exportedCall(call: EndedCallRow): ExportedCall {
  const record = JSON.parse(call.cdr ?? "{}") as CallRecord;
  const dialled = call.attempts.filter(({ leg }) => leg !== CALLER);
  return {
    call_sid: call.callSid,
    flow: call.flow,
    direction: call.direction,
    from: call.from,
    to: call.to,
    dial_to: call.dialTo ?? null,
    started_at: call.startedAt,
    ended_at: call.endedAt ?? call.startedAt,
    status: record.status,
    ended_by: record.ended_by,
    call_type: record.call_type,
    dial_call_status: record.dial_call_status,
    duration_ms: record.duration_ms,
    duration_s: record.duration_s,
    conversation_s: record.conversation_s,
    attempts: dialled.length,
    connected_to: dialled.findLast(({ answeredMs }) => answeredMs !== null)?.destination ?? null,
    custom_field: call.customField,
  };
}

/** The value of a column in a format without timestamps: instants as ISO 8601 in UTC. */
export function plainValue(call: ExportedCall, { name, type }: ExportColumn): string | number | null {
  const value = call[name];
  return type === "instant" ? new Date(Number(value)).toISOString() : value;
}
