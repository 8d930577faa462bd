import type { SipMessage } from "./message.ts";

/**
 * One datagram. Leading CRLFs are skipped; octets behind Content-Length are dropped. Accepts everything that can be
 * represented – ask `validateRequest` / `validateResponse` next. Throws `SipParseError`.
 * Empty, CRLF-only, NUL-only and `jaK` keep-alive datagrams are not messages: see {@link isKeepAlive}.
 */
export declare function parseDatagram(datagram: Buffer): SipMessage;
/** Nothing to parse and nothing to answer: empty, only CR LF and NUL, or `jaK`. */
export declare function isKeepAlive(datagram: Buffer): boolean;
