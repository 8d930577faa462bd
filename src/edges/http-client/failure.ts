import { errors } from "undici";
import type { Failure, FailureReason } from "./types.ts";

/** Something we refuse or cancel ourselves, with its reason. The message is one sentence without secrets. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** `code`s of Node and undici → reason and sentence. TLS has too many codes: see {@link TLS}. */
const BY_CODE: Readonly<Record<string, readonly [FailureReason, string]>> = {
  ECONNREFUSED: ["refused", "The server refused the connection."],
  EHOSTUNREACH: ["refused", "There is no route to the server."],
  ENETUNREACH: ["refused", "There is no route to the server's network."],
  EADDRNOTAVAIL: ["refused", "The server's address cannot be connected to."],
  EACCES: ["refused", "The system does not allow this connection."],
  EMFILE: ["refused", "This machine has no socket left for the connection."],
  ETIMEDOUT: ["timeout", "The connection could not be made in time."],
  UND_ERR_CONNECT_TIMEOUT: ["timeout", "The connection could not be made in time."],
  ECONNRESET: ["reset", "The server closed the connection before its answer was complete."],
  EPIPE: ["reset", "The server closed the connection before its answer was complete."],
  UND_ERR_SOCKET: ["reset", "The server closed the connection before its answer was complete."],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ["reset", "The answer is not as long as it said."],
  UND_ERR_HEADERS_OVERFLOW: ["too_large", "The answer's headers are larger than 16 KiB."],
  UND_ERR_INVALID_ARG: ["bad_url", "The request cannot be sent: a header or the path holds characters HTTP forbids."],
  UND_ERR_DESTROYED: ["reset", "The platform is stopping."],
  UND_ERR_CLOSED: ["reset", "The platform is stopping."],
};

/** OpenSSL verification results, Node's and OpenSSL's own TLS errors. */
const TLS = /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** The outcome for an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof OutboundError) return failed(error.reason, error.message);
  const code = codeOf(error);
  const known = BY_CODE[code];
  if (known !== undefined) return failed(known[0], known[1]);
  if (TLS.test(code)) return failed("tls", `The TLS connection failed (${code}).`);
  if (error instanceof errors.HTTPParserError || code.startsWith("HPE_"))
    return failed("reset", `The answer is not HTTP (${code}).`);
  return failed("reset", `The exchange failed (${code === "" ? "unknown error" : code}).`);
}

export function failed(reason: FailureReason, detail: string): Failure {
  return { ok: false, reason, detail };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return "";
  // What really happened to a socket is the cause of undici's own error.
  const inner = error.code === "UND_ERR_SOCKET" && error.cause !== undefined ? codeOf(error.cause) : "";
  return inner === "" ? error.code : inner;
}
