import { createHash } from "node:crypto";
import type { EndRow } from "../../edges/store/types.ts";

/** Where the spans of calls go. Neither method waits for anything, or fails. */
export interface CallTracing {
  /** The call has ended, and its record is durable. */
  ended(callSid: string, account: string, end: EndRow): void;
}

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

/** Made of the call's id: a process that ends a call after a crash knows what was sent before. */
export function traceIdOf(callSid: string): string {
  return hexOf(callSid, TRACE_ID_DIGITS);
}

/** `part`: `call`, `leg 2`, or the id of a request. */
export function spanIdOf(callSid: string, part: string): string {
  return hexOf(`${callSid} ${part}`, SPAN_ID_DIGITS);
}

/** The header of a request of the call (W3C Trace Context): the customer's spans become children of that request's. */
export function traceparentOf(callSid: string, requestId: string): string {
  return `00-${traceIdOf(callSid)}-${spanIdOf(callSid, requestId)}-01`;
}

function hexOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
