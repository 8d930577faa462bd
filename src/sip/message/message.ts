import type { Headers } from "./headers.ts";
import type { NameAddr } from "./name-addr.ts";
import type { Uri } from "./uri.ts";
import type { Via } from "./via.ts";

export type { Headers, NameAddr, Uri, Via };

export interface SipRequest {
  readonly kind: "request";
  /** Case-sensitive, as written. */
  readonly method: string;
  /** Parsed on first use; throws `SipParseError(400)` when it is none. After `validateRequest` it does not throw. */
  readonly uri: Uri;
  /** The Request-URI octet for octet. */
  readonly uriText: string;
  /** "SIP/2.0" in everything that passes `validateRequest`. */
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
  readonly version: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/*
 * Typed reading of a message's headers. Each parses on first use, remembers, and throws `SipParseError(400)` when the
 * header is missing or malformed. None of these throws for a request that passed `validateRequest` or a response that
 * passed `validateResponse`, except where a comment says so.
 */

export declare function vias(message: SipMessage): readonly Via[];
export declare function topVia(message: SipMessage): Via;
export declare function from(message: SipMessage): NameAddr;
export declare function to(message: SipMessage): NameAddr;
export declare function callId(message: SipMessage): string;
export declare function cseq(message: SipMessage): CSeq;
/** Empty when there is none. `"*"` is the wildcard of an un-REGISTER. */
export declare function contacts(message: SipMessage): readonly NameAddr[] | "*";
/** Null when absent. */
export declare function maxForwards(message: SipMessage): number | null;
export declare function routes(message: SipMessage): readonly NameAddr[];
export declare function recordRoutes(message: SipMessage): readonly NameAddr[];
/** Null when absent. */
export declare function contentLength(message: SipMessage): number | null;
/** Lower case `type/subtype` without parameters; null when absent. */
export declare function contentType(message: SipMessage): string | null;
/** The option tags or tokens of a list header (Supported, Require, Allow…), as written. */
export declare function tokens(message: SipMessage, name: string): readonly string[];
/** Whether the option tag or method stands in that list header. */
export declare function hasToken(message: SipMessage, name: string, token: string): boolean;
/** A header that is one delta-seconds number (Expires, Min-Expires, Min-SE, RSeq…), parameters ignored; null when absent or no number. Larger than 2^32-1 reads as 2^32-1. */
export declare function numberOf(message: SipMessage, name: string): number | null;
