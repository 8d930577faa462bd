import { contentType, type SipMessage } from "../message/message.ts";

const SDP = "application/sdp";

/** The session description of a message, or of the part of a multipart body that is one; null if there is none. */
export function sdpOf(message: SipMessage): string | null {
  if (message.body.length === 0) return null;
  const type = contentType(message);
  if (type === SDP) return message.body.toString("utf8");
  if (type?.startsWith("multipart/") !== true) return null;
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(message.headers.get("content-type") ?? "");
  const delimiter = boundary?.[1] ?? boundary?.[2];
  return delimiter === undefined ? null : sdpPart(message.body.toString("utf8"), delimiter);
}

/** A body that we cannot use, and must not ignore: 415 (RFC 3261 8.2.3). */
export function hasUnusableBody(message: SipMessage): boolean {
  if (message.body.length === 0 || sdpOf(message) !== null) return false;
  return !/handling\s*=\s*"?optional/i.test(message.headers.get("content-disposition") ?? "");
}

/** RFC 2046 5.1: each part has its own headers, an empty line, and a body up to the CRLF before the next delimiter. */
function sdpPart(body: string, boundary: string): string | null {
  for (const part of `\r\n${body}`.split(`\r\n--${boundary}`).slice(1)) {
    const end = part.indexOf("\r\n\r\n");
    if (end !== -1 && /\r\ncontent-type\s*:\s*application\/sdp\s*[;\r]/i.test(`${part.slice(0, end)}\r`))
      return part.slice(end + 4);
  }
  return null;
}
