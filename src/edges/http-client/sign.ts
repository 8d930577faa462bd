import { createHmac } from "node:crypto";
import type { OutboundRequest } from "./types.ts";

/** REQ-9: the header that an account with a `signing_secret` gets with every request. */
export const SIGNATURE_HEADER = "plugboard-signature";
/** Prefix of base64 secrets in Standard Webhooks; what follows is decoded to the key. */
const BASE64_SECRET = "whsec_";

/**
 * REQ-9: the request with `Plugboard-Signature: t=<unix seconds>,v1=<hex>`, by which a customer can tell our requests
 * from others'. It covers `<t>.<METHOD>.<URL>`, the URL as it is sent: whole query, no credentials, no fragment. Call
 * it at the moment of sending, even for a retry: an old time is how a customer recognises a replayed request. Each
 * secret gives a `v1`: while one replaces another, both are valid. Without a secret, and for a URL that cannot be sent
 * anyway, the request is returned unchanged.
 */
export function signed(request: OutboundRequest, secrets: readonly string[], nowMs: number): OutboundRequest {
  const url = URL.parse(request.url);
  if (secrets.length === 0 || url === null) return request;
  const time = Math.floor(nowMs / 1000);
  const text = `${time}.${request.method}.${url.origin}${url.pathname}${url.search}`;
  const macs = secrets.map((secret) => `v1=${createHmac("sha256", secret).update(text).digest("hex")}`);
  return { ...request, headers: { ...request.headers, [SIGNATURE_HEADER]: `t=${time},${macs.join(",")}` } };
}

/**
 * The same for a delivery of the outbox. If it has a body, the headers of Standard Webhooks cover that as well:
 * `webhook-signature` is an HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, so that their libraries can verify
 * it. `id` is the same on every delivery of the same row.
 */
export function signedDelivery(
  request: OutboundRequest,
  id: string,
  secrets: readonly string[],
  nowMs: number,
): OutboundRequest {
  const { body } = request;
  if (secrets.length === 0 || body === undefined) return signed(request, secrets, nowMs);
  const time = String(Math.floor(nowMs / 1000));
  const mac = (secret: string): string =>
    `v1,${createHmac("sha256", webhookKey(secret)).update(`${id}.${time}.${body}`).digest("base64")}`;
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": time,
    "webhook-signature": secrets.map(mac).join(" "),
  };
  return signed({ ...request, headers: { ...request.headers, ...headers } }, secrets, nowMs);
}

function webhookKey(secret: string): Buffer {
  return secret.startsWith(BASE64_SECRET)
    ? Buffer.from(secret.slice(BASE64_SECRET.length), "base64")
    : Buffer.from(secret, "utf8");
}
