import { createHash } from "node:crypto";
import type { EndRow } from "../../edges/store/types.ts";

/** Takes the spans of calls. Never waits or fails. */
export interface CallTracing {
  /** Called when the call has ended and its record is durable. */
  ended(callSid: string, account: string, end: EndRow): void;
}

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

/** Derived from the call's id, so that a process that ends a call after a crash gets the id that was sent before. */
export function traceIdOf(callSid: string): string {
  return hexOf(callSid, TRACE_ID_DIGITS);
}

/** The id of a span. `part`: `call`, `leg 2`, or the id of a request. */
export function spanIdOf(callSid: string, part: string): string {
  return hexOf(`${callSid} ${part}`, SPAN_ID_DIGITS);
}

/** The `traceparent` header (W3C Trace Context) of a request: the customer's spans become children of the request's span. */
export function traceparentOf(callSid: string, requestId: string): string {
  return `00-${traceIdOf(callSid)}-${spanIdOf(callSid, requestId)}-01`;
}

function hexOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
