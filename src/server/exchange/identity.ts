import { from } from "../../edges/sip/message/message.ts";
import type { SipRequest } from "../../edges/sip/message/message.ts";
import { parseNameAddr } from "../../edges/sip/message/name-addr.ts";
import type { Uri } from "../../edges/sip/message/uri.ts";

/** The number that the Request-URI names; null when it names none (another scheme, or no user part). */
export function calledNumber(request: SipRequest): string | null {
  return userOf(request.uri);
}

/**
 * Who calls, as the trunk vouches for it: P-Asserted-Identity (RFC 3325; a request is only read when it came from a
 * trunk, whose word we take), else From. A caller without a user part is `anonymous`.
 */
export function identityOf(request: SipRequest): string {
  const asserted = request.headers.get("P-Asserted-Identity");
  const uri = asserted === undefined ? from(request).uri : (assertedUri(asserted) ?? from(request).uri);
  return userOf(uri) ?? "anonymous";
}

function assertedUri(text: string): Uri | null {
  try {
    return parseNameAddr(text).uri;
  } catch {
    return null; // a malformed assertion asserts nothing; From is there
  }
}

function userOf(uri: Uri): string | null {
  if (uri.kind === "tel") return uri.number;
  if (uri.kind !== "sip" || uri.user === null) return null;
  const user = uri.user.split(";", 1)[0] ?? "";
  try {
    return decodeURIComponent(user);
  } catch {
    return user; // a stray % is part of the name
  }
}
