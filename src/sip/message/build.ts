import type { NameAddr } from "./name-addr.ts";
import type { SipMessage, SipRequest, SipResponse } from "./message.ts";
import type { Uri } from "./uri.ts";
import type { Via } from "./via.ts";

export interface ResponseParts {
  /** Set on To unless the request already carries a tag; never on a 100. */
  readonly toTag?: string;
  readonly headers?: Iterable<readonly [string, string]>;
  readonly body?: Buffer | string;
}

/** RFC 3261 section 8.2.6: Via, From, To, Call-ID, CSeq (and Record-Route for 101–299; Timestamp in 100) copied as received. */
export declare function buildResponse(
  request: SipRequest,
  status: number,
  reason?: string,
  parts?: ResponseParts,
): SipResponse;

export interface RequestParts {
  readonly method: string;
  readonly uri: Uri | string;
  readonly from: NameAddr | string;
  readonly to: NameAddr | string;
  readonly callId: string;
  readonly cseq: number;
  /** Absent: the transaction layer prepends it. */
  readonly via?: Via | string;
  /** Default 70. */
  readonly maxForwards?: number;
  readonly routes?: readonly (NameAddr | string)[];
  readonly contact?: NameAddr | string;
  readonly headers?: Iterable<readonly [string, string]>;
  readonly body?: Buffer | string;
  /** Content-Type; needed when there is a body. */
  readonly contentType?: string;
}

export declare function buildRequest(parts: RequestParts): SipRequest;
/** The same message under another Request-URI or body; headers are cloned. */
export declare function copyRequest(request: SipRequest, changes?: { readonly uri?: Uri | string }): SipRequest;
/** The octets on the wire; Content-Length is always written anew from the body. */
export declare function serialize(message: SipMessage): Buffer;
/** The ACK for a non-2xx final response (RFC 3261 section 17.1.1.3): same branch, Route, To of the response. */
export declare function buildAck(invite: SipRequest, response: SipResponse): SipRequest;
/** The CANCEL of a request (RFC 3261 section 9.1): same branch, Request-URI, Call-ID, To, CSeq number, Route. */
export declare function buildCancel(request: SipRequest): SipRequest;
/** RFC 3581 and RFC 3261 section 18.2.1: writes `received` (and `rport` when asked) into the top Via. */
export declare function stampReceived(request: SipRequest, address: string, port: number): void;
/** The standard reason phrase. */
export declare function reasonPhrase(status: number): string;
/** Copies a string out of the datagram's text, for what is kept after the message is gone. */
export declare function detach(text: string): string;
