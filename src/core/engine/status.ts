import { unreachable } from "../../base/never.ts";
import { calleeOf } from "../call/call-action.ts";
import type { CallRecord } from "../call/record.ts";
import type { CallState } from "../call/state.ts";
import type { StepContext } from "../call/step-context.ts";
import type { StatusEvent } from "../contract/placed-call.ts";
import { type LegStatus, statusBody, statusFields } from "../contract/status-callback.ts";

/** API-6: tells the StatusCallback of a call by API, if it wants this event; `record` only with `terminal`. */
export function notifyStatus(context: StepContext, event: StatusEvent, record: CallRecord | null): void {
  const { callSid, customField, placed, facts, lastId, closing } = context.call;
  const callback = placed?.statusCallback ?? null;
  if (callback === null || !callback.events.includes(event)) return;
  const fields = statusFields(context.setup.account, {
    ...context.callFacts,
    event,
    status: record?.status ?? "in-progress",
    endedMs: record === null ? null : (closing?.at ?? context.at),
    conversationS: record?.conversation_s ?? 0,
    customField,
    recordingUrl: record === null ? null : facts.recordingUrl,
    legs: legsOf(context.call, context.at, event),
  });
  const spec = { purpose: "status_callback", role: null, attempt: 1, versionHeader: false, accept: "*/*" } as const;
  const body = statusBody(fields, callback.form, `${callSid}-${lastId}`);
  context.notify({ ...spec, url: callback.url, query: fields, body }, `${callSid}-status`);
}

function legsOf(call: CallState, now: number, event: StatusEvent): readonly LegStatus[] {
  const { startedAt, answeredAt, closing, secondLeg } = call;
  const endMs = closing?.at ?? now;
  const first: LegStatus = {
    status: firstLegStatus(call, event),
    onCallS: answeredAt === undefined ? 0 : seconds(endMs - answeredAt),
    ringingS: seconds((answeredAt ?? endMs) - startedAt),
  };
  return secondLeg === undefined || calleeOf(call) !== null ? [first] : [first, secondLeg];
}

function firstLegStatus({ callerOutcome }: CallState, event: StatusEvent): string {
  switch (event) {
    case "ringing":
      return "ringing";
    case "answered":
      return "in-progress";
    case "terminal":
      return callerOutcome ?? "completed";
    default:
      return unreachable(event);
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
