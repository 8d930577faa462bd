/**
 * The only thing that parsing throws. `status` is the response owed to the sender, null if it cannot or must not be
 * answered (a response, an ACK, no usable Via).
 */
export class SipParseError extends Error {
  override readonly name: string = "SipParseError";
  readonly status: number | null;

  constructor(message: string, status: number | null = 400) {
    super(message);
    this.status = status;
  }
}
