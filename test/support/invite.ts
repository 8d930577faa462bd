import type { DialogSnapshot, IncomingInvite, SipCall } from "../../src/edges/sip/endpoint.ts";
import { buildRequest } from "../../src/edges/sip/message/build.ts";
import { maxForwards } from "../../src/edges/sip/message/message.ts";
import type { SipRequest } from "../../src/edges/sip/message/message.ts";

export interface InviteParts {
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly maxForwards?: number;
  readonly source?: string;
  readonly port?: number;
  readonly offer?: string;
}

/** An INVITE to an ExoPhone of the contract's account. */
export function inviteRequest(parts: InviteParts = {}): SipRequest {
  return buildRequest({
    method: "INVITE",
    uri: parts.uri ?? "sip:+918000000002@192.0.2.9",
    from: `${parts.from ?? "<sip:+919812345678@192.0.2.1>"};tag=a`,
    to: parts.to ?? "<sip:+918000000002@192.0.2.9>",
    callId: parts.callId ?? "c",
    cseq: 1,
    headers: parts.headers ?? [],
    ...(parts.maxForwards === undefined ? {} : { maxForwards: parts.maxForwards }),
  });
}

/** How an INVITE was refused: status, reason phrase, headers. */
export type Rejection = Parameters<IncomingInvite["reject"]>;

/** The same request as the endpoint passes it on; `rejections` collects what it is refused with. */
export function incomingInvite(parts: InviteParts, rejections: Rejection[]): IncomingInvite {
  const request = inviteRequest(parts);
  return {
    request,
    source: { protocol: "udp", address: parts.source ?? "192.0.2.1", port: parts.port ?? 5060 },
    maxForwards: maxForwards(request) ?? 70,
    offer: parts.offer ?? null,
    reject: (...rejection: Rejection) => void rejections.push(rejection),
    snapshot: () => ({ callId: parts.callId ?? "c" }) as DialogSnapshot,
    onCancelled: () => undefined,
    onOffer: () => undefined,
    ring: () => undefined,
    answer: () => ({ ended: false, snapshot: () => null, hangUp: () => undefined }) as unknown as SipCall,
  };
}
