import type { Account } from "./account.ts";
import type { RequestBody } from "./http.ts";
import { formatNumber } from "./numbers.ts";
import type { StatusCallback, StatusEvent } from "./placed-call.ts";
import type { Query } from "./query.ts";
import type { CallFacts } from "./request.ts";
import { END_TIME, formatDateTime } from "./time.ts";

/** One leg as a StatusCallback shows it; whole seconds. */
export interface LegStatus {
  readonly status: string;
  readonly onCallS: number;
  readonly ringingS: number;
}

/** Everything that a StatusCallback says (API-6). */
export interface StatusFacts extends Omit<CallFacts, "direction"> {
  readonly event: StatusEvent;
  readonly status: string;
  /** Null: the call has not ended. */
  readonly endedMs: number | null;
  readonly conversationS: number;
  readonly customField: string | null;
  readonly recordingUrl: string | null;
  readonly legs: readonly LegStatus[];
}

/** Exotel's word for calls by API in its REST interface, including StatusCallbacks. */
export const DIRECTION_BY_API = "outbound-api";
/** Exotel's word for calls without answering-machine detection, which we don't have. */
const ANSWERED_BY = "NA";

/** The fields of one StatusCallback in API-6's order; fields without a value are absent. */
export function statusFields(account: Account, facts: StatusFacts): Query {
  const time = (ms: number): string => formatDateTime(ms, account.timezone);
  const fields: [string, string][] = [
    ["CallSid", facts.callSid],
    ["EventType", facts.event],
    ["DateCreated", time(facts.createdMs)],
    ["DateUpdated", time(facts.nowMs)],
    ["Status", facts.status],
    ["To", formatNumber(facts.callTo, account)],
    ["From", formatNumber(facts.callFrom, account)],
    ["PhoneNumberSid", formatNumber(facts.to, account)],
    ["StartTime", time(facts.createdMs)],
    ["EndTime", facts.endedMs === null ? END_TIME : time(facts.endedMs)],
    ["ConversationDuration", String(facts.conversationS)],
    ["Direction", DIRECTION_BY_API],
  ];
  if (facts.customField !== null && facts.customField !== "") fields.push(["CustomField", facts.customField]);
  if (facts.recordingUrl !== null) fields.push(["RecordingUrl", facts.recordingUrl]);
  for (const [i, leg] of facts.legs.entries())
    fields.push(
      [`Legs[${i}][Status]`, leg.status],
      [`Legs[${i}][OnCallDuration]`, String(leg.onCallS)],
      [`Legs[${i}][RingingDuration]`, String(leg.ringingS)],
      [`Legs[${i}][AnsweredBy]`, ANSWERED_BY],
    );
  return fields;
}

/** The fields as they are sent. `id` becomes the boundary of a multipart form: whoever chose the values must not be able to guess it. */
export function statusBody(fields: Query, form: StatusCallback["form"], id: string): RequestBody {
  return form === "json" ? jsonBody(fields) : multipartBody(fields, `plugboard-${id}`);
}

/** RFC 7578. */
function multipartBody(fields: Query, boundary: string): RequestBody {
  const part = ([name, value]: readonly [string, string]): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const text = `${fields.map(part).join("")}--${boundary}--\r\n`;
  return { contentType: `multipart/form-data; boundary=${boundary}`, text };
}

/** Durations are numbers here, and `Legs` is a list. */
function jsonBody(fields: Query): RequestBody {
  const object: Record<string, unknown> = {};
  const legs: Record<string, unknown>[] = [];
  for (const [name, text] of fields) {
    const value = name.includes("Duration") ? Number(text) : text;
    const [, index, field] = /^Legs\[(\d+)\]\[(\w+)\]$/.exec(name) ?? [];
    if (index === undefined || field === undefined) object[name] = value;
    else (legs[Number(index)] ??= {})[field] = value;
  }
  return { contentType: "application/json", text: JSON.stringify({ ...object, Legs: legs }) };
}
