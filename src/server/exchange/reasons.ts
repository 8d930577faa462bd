import type { CancelReason } from "../../core/call/effects.ts";
import type { ExtraHeaders, ReasonValue } from "../../edges/sip/endpoint.ts";

/** The Q.850 cause in a peer's Reason headers (RFC 3326), as events carry it; empty if there is none. */
export function q850Of(reasons: readonly ReasonValue[]): { readonly q850?: number } {
  const found = reasons.find(({ protocol, cause }) => protocol.toUpperCase() === "Q.850" && cause !== null);
  return found?.cause == null ? {} : { q850: found.cause };
}

/** What the Reason headers say, for the trace: ` (Q.850 cause 17, User busy)`; empty if there are none. */
export function describeReasons(reasons: readonly ReasonValue[]): string {
  if (reasons.length === 0) return "";
  const values = reasons.map(({ protocol, cause, text }) => {
    const number = cause === null ? protocol : `${protocol} cause ${cause}`;
    return text === null || text === "" ? number : `${number}, ${text}`;
  });
  return ` (${values.join("; ")})`;
}

/** The Reason of a CANCEL: with it, a phone whose call was answered elsewhere shows no missed call (RFC 3326 section 3.1). */
export function cancelHeaders(reason: CancelReason): ExtraHeaders {
  return reason === "completed_elsewhere" ? [["Reason", 'SIP;cause=200;text="Call completed elsewhere"']] : [];
}
