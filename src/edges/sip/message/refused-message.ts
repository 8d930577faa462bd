import { SipParseError } from "./error.ts";
import type { SipRequest } from "./message.ts";

/**
 * A message that cannot be read, with the parts that could be: enough for `buildResponse` whenever `status` is not
 * null.
 */
export class RefusedMessage extends SipParseError {
  readonly request: SipRequest | null;

  /** Nothing is owed to an ACK, to a response, or without a Via to send it by. */
  constructor(message: string, status: number, request: SipRequest | null) {
    const answerable = request !== null && request.method !== "ACK" && request.headers.has("via");
    super(message, answerable ? status : null);
    this.request = request;
  }
}
