import { callId, cseq, from, type SipRequest, type SipResponse, topVia, type Via } from "../message/message.ts";

/** Branches of RFC 3261 begin with this; others come from RFC 2543 elements and are not unique. */
export const MAGIC_COOKIE = "z9hG4bK";

/**
 * Names a server transaction: branch, sent-by and method, an ACK under its INVITE's name (RFC 3261 17.2.3). Without the
 * magic cookie, everything that retransmissions and the ACK have in common in RFC 2543.
 */
export function serverKey(request: SipRequest): string {
  const via = topVia(request);
  const method = request.method === "ACK" ? "INVITE" : request.method;
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? ""}`;
  if (isUnique(via)) return `${via.branch} ${sentBy} ${method}`;
  return `${originKey(request)} ${via.branch ?? ""} ${sentBy} ${method}`;
}

/** The name of the INVITE that a CANCEL refers to (RFC 3261 9.2). */
export function cancelledKey(cancel: SipRequest): string {
  const key = serverKey(cancel);
  return `${key.slice(0, -"CANCEL".length)}INVITE`;
}

/** The same for every copy of one request, whichever path it took (RFC 3261 8.2.2.2). */
export function originKey(request: SipRequest): string {
  return `${callId(request)} ${cseq(request).number} ${from(request).tag ?? ""}`;
}

/** Names a client transaction: only we make these branches (RFC 3261 17.1.3). */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/** Null for a response that cannot be for a request of ours. */
export function responseKey(response: SipResponse): string | null {
  const { branch } = topVia(response);
  return branch === null ? null : clientKey(branch, cseq(response).method);
}

function isUnique(via: Via): via is Via & { readonly branch: string } {
  return via.branch !== null && via.branch.length > MAGIC_COOKIE.length && via.branch.startsWith(MAGIC_COOKIE);
}
