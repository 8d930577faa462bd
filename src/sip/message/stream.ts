import type { SipMessage } from "./message.ts";

/**
 * Cuts a TCP or TLS byte stream into messages (RFC 3261 section 18.3, RFC 5626 section 3.5.1). "ping" is a double CRLF between
 * messages: answer with one CRLF. A single CRLF (a pong) is swallowed. Throws `SipParseError` when framing is lost
 * (answer `status` if there is a `request`, then close): after that the parser is dead.
 */
export declare class StreamParser {
  push(chunk: Buffer): (SipMessage | "ping")[];
  /** Octets waiting for the rest of their message. */
  get pending(): number;
}
