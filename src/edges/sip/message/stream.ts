import { SipParseError } from "./error.ts";
import { declaredLength, NO_BODY, type SipMessage } from "./message.ts";
import { type Head, MAX_MESSAGE_OCTETS, parseHead } from "./parse.ts";
import { RefusedMessage } from "./refused-message.ts";

const CR = 0x0d;
const LF = 0x0a;
const CRLF_CRLF = Buffer.from("\r\n\r\n");
/** The initial size of the buffer: an INVITE with SDP fits, so most connections never grow it. */
const INITIAL_OCTETS = 4_096;

/**
 * Cuts a TCP or TLS byte stream into messages (RFC 3261 section 18.3, RFC 5626 section 3.5.1). "ping" is a double CRLF between
 * messages: answer with one CRLF. A single CRLF (a pong) is swallowed. Without a Content-Length the body is empty.
 * Throws `SipParseError` if framing is lost (answer `status` if there is a `request`, then close): after that the
 * parser is dead, and throws again. What was complete before the fault is still delivered: it is in `error.before`.
 */
export class StreamParser {
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_OCTETS);
  #start = 0;
  #end = 0;
  /** How far the end of the headers has been searched for, so that octets that arrive slowly are not searched repeatedly. */
  #searched = 0;
  /** The message whose body is incomplete, and the length of the body. */
  #head: { readonly head: Head; readonly bodyStart: number; readonly bodyLength: number } | null = null;
  #failure: StreamError | null = null;

  /** Octets waiting for the rest of their message. */
  get pending(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): (SipMessage | "ping")[] {
    if (this.#failure !== null) throw this.#failure;
    this.#append(chunk);
    const out: (SipMessage | "ping")[] = [];
    try {
      for (let next = this.#next(); next !== null; next = this.#next()) out.push(next);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.#failure = new StreamError(error, out);
      this.#reset(NO_BODY);
      throw this.#failure;
    }
    if (this.pending === 0) this.#reset(this.#buffer);
    return out;
  }

  /** Starts at the front again, in `buffer` unless that has grown: thousands of quiet connections must not hold grown buffers. */
  #reset(buffer: Buffer): void {
    this.#buffer = buffer.length > INITIAL_OCTETS ? Buffer.allocUnsafe(INITIAL_OCTETS) : buffer;
    this.#start = this.#end = this.#searched = 0;
  }

  #append(chunk: Buffer): void {
    const waiting = this.pending;
    if (this.#end + chunk.length > this.#buffer.length) {
      const roomy = Math.max(2 * (waiting + chunk.length), INITIAL_OCTETS);
      const next = waiting + chunk.length > this.#buffer.length / 2 ? Buffer.allocUnsafe(roomy) : this.#buffer;
      this.#buffer.copy(next, 0, this.#start, this.#end);
      this.#buffer = next;
      this.#rebase();
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Moves the waiting octets to the front of the buffer. */
  #rebase(): void {
    const shift = this.#start;
    this.#end -= shift;
    this.#searched = Math.max(0, this.#searched - shift);
    if (this.#head !== null) this.#head = { ...this.#head, bodyStart: this.#head.bodyStart - shift };
    this.#start = 0;
  }

  #next(): SipMessage | "ping" | null {
    if (this.#head === null) {
      const ping = this.#skipKeepAlives();
      if (ping) return "ping";
      this.#head = this.#readHead();
    }
    if (this.#head === null) return null;
    const { head, bodyStart, bodyLength } = this.#head;
    if (this.#end < bodyStart + bodyLength) return null;
    // Copied, because the buffer is reused for the next message.
    const body = bodyLength === 0 ? NO_BODY : Buffer.from(this.#buffer.subarray(bodyStart, bodyStart + bodyLength));
    this.#start = this.#searched = bodyStart + bodyLength;
    this.#head = null;
    return head.withBody(body);
  }

  /** True for a double CRLF at the front, which it removes; single ones are swallowed. */
  #skipKeepAlives(): boolean {
    while (this.#takeCrlf()) if (this.#takeCrlf()) return true;
    return false;
  }

  #takeCrlf(): boolean {
    if (this.pending < 2 || this.#buffer[this.#start] !== CR || this.#buffer[this.#start + 1] !== LF) return false;
    this.#start += 2;
    this.#searched = this.#start;
    return true;
  }

  #readHead(): { head: Head; bodyStart: number; bodyLength: number } | null {
    const from = Math.max(this.#start, this.#searched - 3);
    const found = this.#buffer.subarray(0, this.#end).indexOf(CRLF_CRLF, from);
    this.#searched = this.#end;
    if (found === -1) {
      if (this.pending > MAX_MESSAGE_OCTETS) throw new RefusedMessage("headers over the limit", 400, null);
      return null;
    }
    if (found - this.#start > MAX_MESSAGE_OCTETS) throw new RefusedMessage("headers over the limit", 400, null);
    const head = parseHead(this.#buffer, this.#start, found + 2);
    const bodyLength = lengthOf(head);
    if (found + 4 - this.#start + bodyLength > MAX_MESSAGE_OCTETS) throw fatal(head, "a body over the limit", 513);
    return { head, bodyStart: found + 4, bodyLength };
  }
}

/** If this length is nonsense, nothing says where the next message begins, so the connection is ended. */
function lengthOf(head: Head): number {
  try {
    return declaredLength(head.headers) ?? 0;
  } catch (error) {
    if (error instanceof SipParseError) throw fatal(head, error.message, 400);
    throw error;
  }
}

function fatal(head: Head, why: string, status: number): SipParseError {
  const message = head.withBody(NO_BODY);
  return new RefusedMessage(why, status, message.kind === "request" ? message : null);
}

/** A fault of framing, with what was complete before it in the same chunk. */
export class StreamError extends RefusedMessage {
  readonly before: readonly (SipMessage | "ping")[];

  constructor(cause: SipParseError, before: readonly (SipMessage | "ping")[]) {
    super(cause.message, cause.status ?? 400, cause instanceof RefusedMessage ? cause.request : null);
    this.before = before;
  }
}
