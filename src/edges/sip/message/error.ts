import type { SipRequest } from "./message.ts";

/**
 * The only thing that parsing throws. `status` is the response owed to the sender, null when nothing can or may be
 * answered (a response, an ACK, no usable Via). `request` is what could be read of a refused request: enough for
 * `buildResponse` whenever `status` is not null.
 */
export class SipParseError extends Error {
  override readonly name = "SipParseError";
  readonly status: number | null;
  readonly request: SipRequest | null;

  constructor(message: string, status: number | null = 400, request: SipRequest | null = null) {
    super(message);
    this.status = status;
    this.request = request;
  }
}
