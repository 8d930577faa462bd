import { z } from "zod";
import { REQUEST_PURPOSES } from "../../core/call/purpose.ts";
import { CALL_STATUSES, ENDED_BY } from "../../core/call/record.ts";
import { CALL_TYPES, DIAL_STATUSES } from "../../core/contract/outcome.ts";
import type { TraceEntry } from "../../core/call/trace.ts";

/** The answers of the call routes. The keys of a call are those of `plugboard simulate --json` (docs/api.md). */

const ms = z.int().describe("ms since the call arrived");
const number = z.string().describe("E.164, `anonymous`, or `sip:user`");
const pairs = z.array(z.tuple([z.string(), z.string()])).describe("Names and values, in the order sent");
const dialStatus = z.enum(DIAL_STATUSES);
const endedBy = z.enum(ENDED_BY);

const record = z
  .object({
    status: z.enum(CALL_STATUSES),
    ended_by: endedBy,
    dial_call_status: dialStatus.nullable(),
    call_type: z.enum(CALL_TYPES),
    conversation_s: z.int().describe("Seconds of all conversations together"),
    duration_s: z.int(),
    duration_ms: z.int(),
  })
  .meta({ id: "CallRecord", description: "The call detail record" });

const lineFields = {
  call_sid: z.string(),
  flow: z.string(),
  from: number,
  to: number,
  direction: z.enum(["incoming", "outbound-dial"]),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable().describe("Null while it lasts"),
  status: z.enum(["in-progress", ...CALL_STATUSES]),
  cdr: record.nullable().describe("Null while it lasts"),
};

const line = z.object(lineFields).meta({ id: "CallSummary" });

export const callList = z
  .object({
    calls: z.array(line),
    next: z.string().nullable().describe("`before` for the next page; null: this is the last one"),
  })
  .meta({ id: "CallList" });

const attempt = z
  .object({
    applet: z.string(),
    destination: number,
    caller_id: number,
    started_ms: ms,
    answered_ms: ms.nullable(),
    ended_ms: ms.nullable(),
    outcome: dialStatus.nullable(),
  })
  .meta({ id: "CallAttempt" });

const sent = z
  .object({
    at_ms: ms,
    purpose: z.enum(REQUEST_PURPOSES),
    role: z.enum(["primary", "fallback"]).nullable(),
    attempt: z.int(),
    method: z.string(),
    url: z.string(),
    query: pairs,
    headers: z.record(z.string(), z.string()),
    result: z.enum(["usable", "invalid", "http_error", "timeout", "unreachable"]).nullable(),
  })
  .meta({ id: "CallRequest" });

const warning = z
  .object({ rule: z.string(), path: z.string(), message: z.string(), level: z.enum(["warning", "error"]) })
  .meta({ id: "CallWarning" });

/** Each type has its own keys; `TraceEntry` defines them, and the document leaves them open. */
const traceEntry = z
  .looseObject({ seq: z.int(), at_ms: ms, type: z.string() })
  .meta({ id: "TraceEntry", description: "What happened and why; further keys by `type`" }) as unknown as z.ZodType<
  unknown,
  TraceEntry
>;

const recording = z
  .object({
    id: z.string(),
    layout: z.enum(["mono", "dual"]),
    duration_ms: z.int(),
    failure: z.string().nullable().describe("Why it can't be played; null: it can"),
    url: z.string(),
  })
  .meta({ id: "CallRecording" });

const reportFields = {
  seed: z.int().nullable(),
  ended_by: endedBy.nullable(),
  duration_ms: z.int(),
  applets: z.array(z.string()),
  exits: z.array(z.object({ applet: z.string(), exit: z.string() })),
  attempts: z.array(attempt),
  requests: z.array(sent),
  dial_events: z.array(z.object({ at_ms: ms, url: z.string(), query: pairs })),
  warnings: z.array(warning),
  trace: z.array(traceEntry),
};

export const wholeCall = z
  .object({
    ...lineFields,
    ...reportFields,
    trace_deleted: z.string().nullable().describe("Why a call that has ended has no trace any more; null: it has one"),
    recordings: z.array(recording),
  })
  .meta({ id: "Call" });

/** What `plugboard simulate --json` prints. */
export const simulatedCall = z
  .object({ call_sid: z.string(), ...reportFields, cdr: record.nullable() })
  .meta({ id: "SimulatedCall" });

export const accepted = z.object({ call_sid: z.string() });
