import { createHmac } from "node:crypto";
import type { OutboundRequest } from "./types.ts";

/** REQ-9: what an account with a `signing_secret` gets with every request. */
export const SIGNATURE_HEADER = "plugboard-signature";

/**
 * REQ-9: the request with `Plugboard-Signature: t=<unix seconds>,v1=<hex>`, by which a customer can tell our requests
 * from others'. It covers `<t>.<METHOD>.<URL>`, the URL as it goes out: whole query, no credentials, no fragment. Call it
 * at the moment of sending, also for a retry: an old time is how a customer recognises a replayed request. Without a secret,
 * and for a URL that cannot be sent anyway, the request comes back as it is.
 */
export function signed(request: OutboundRequest, secret: string | null, nowMs: number): OutboundRequest {
  const url = URL.parse(request.url);
  if (secret === null || url === null) return request;
  const time = Math.floor(nowMs / 1000);
  const text = `${time}.${request.method}.${url.origin}${url.pathname}${url.search}`;
  const mac = createHmac("sha256", secret).update(text).digest("hex");
  return { ...request, headers: { ...request.headers, [SIGNATURE_HEADER]: `t=${time},v1=${mac}` } };
}
