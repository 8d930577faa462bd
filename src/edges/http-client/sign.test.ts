import { describe, expect, it } from "vitest";
import { SIGNATURE_HEADER, signed, signedDelivery } from "./sign.ts";
import type { OutboundRequest } from "./types.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const AT = 1_767_600_000_000;

function get(url: string): OutboundRequest {
  return { method: "GET", url, headers: { accept: "application/json" }, authorization: "Basic x" };
}

function signatureOf(request: OutboundRequest, secrets: readonly string[] = [SECRET], now = AT): string {
  return signed(request, secrets, now).headers[SIGNATURE_HEADER] ?? "none";
}

describe("the signature of a request", () => {
  it("REQ-9: is an HMAC-SHA256 over time, method and URL, as openssl computes it", () => {
    // printf '1767600000.GET.https://app.example/connect?CallSid=a1&digits=%%22215250%%22' | openssl dgst -sha256 -hmac …
    expect(signatureOf(get("https://app.example/connect?CallSid=a1&digits=%22215250%22"))).toBe(
      "t=1767600000,v1=49a982d1228095dcc3192af3cc250983f21b42f823c23e08a1f5e3673ddb1798",
    );
  });

  it("REQ-9: covers the URL as it is sent, without credentials and fragment", () => {
    const plain = signatureOf(get("https://app.example/?a=1"));
    expect(signatureOf(get("HTTPS://me:secret@App.example:443/?a=1#top"))).toBe(plain);
    expect(signatureOf(get("https://app.example?a=1"))).toBe(plain);
    expect(signatureOf(get("https://app.example/?a=2"))).not.toBe(plain);
  });

  it("REQ-9: changes with method, secret and second", () => {
    const request = get("https://app.example/");
    const all = [
      signatureOf(request),
      signatureOf({ ...request, method: "POST" }),
      signatureOf(request, [SECRET.toUpperCase()]),
      signatureOf(request, [SECRET], AT + 1000),
    ];
    expect(new Set(all).size).toBe(4);
    expect(signatureOf(request, [SECRET], AT + 999)).toBe(all[0]);
  });

  it("REQ-9: is left out without a secret, and adds nothing but its header", () => {
    const request = get("https://app.example/");
    expect(signed(request, [], AT)).toEqual(request);
    const { headers, ...rest } = signed(request, [SECRET], AT);
    expect(rest).toEqual({ method: "GET", url: "https://app.example/", authorization: "Basic x" });
    expect(Object.keys(headers)).toEqual(["accept", "plugboard-signature"]);
  });

  it("REQ-9: a URL that cannot be sent anyway is left for the fetcher to refuse", () => {
    expect(signed(get("nonsense"), [SECRET], AT)).toEqual(get("nonsense"));
  });

  it("REQ-9: has one value per secret, the new one first, while the account changes from one to another", () => {
    const request = get("https://app.example/");
    const [old, next] = [signatureOf(request), signatureOf(request, ["f".repeat(32)])];
    expect(signatureOf(request, ["f".repeat(32), SECRET])).toBe(`${next},${old.replace(/^t=\d+,/, "")}`);
  });
});

describe("the signature of a delivery with a body", () => {
  const callback: OutboundRequest = {
    method: "POST",
    url: "https://app.example/status",
    headers: { "content-type": "application/json" },
    authorization: null,
    body: '{"EventType":"terminal"}',
  };

  it("REQ-9: covers the body by the headers of Standard Webhooks, as openssl computes it, and is also signed like every other request", () => {
    // printf '…' | openssl dgst -sha256 -hmac … -binary | base64
    const { headers } = signedDelivery(callback, "c1-cb2", [SECRET], AT);
    expect(headers).toMatchObject({ "webhook-id": "c1-cb2", "webhook-timestamp": "1767600000" });
    expect(headers["webhook-signature"]).toBe("v1,CVBpZ7mIZPDUF0o/Oz2rW5Y3f8xCTU/N3PbLaTBd/VI=");
    expect(headers[SIGNATURE_HEADER]).toBe(signatureOf(callback));
  });

  it("REQ-9: decodes the key from base64 if the secret begins with whsec_, and has one value per secret", () => {
    const base64 = `whsec_${Buffer.from(SECRET).toString("base64")}`;
    const macs = (secrets: readonly string[]): string =>
      signedDelivery(callback, "c1-cb2", secrets, AT).headers["webhook-signature"] ?? "none";
    expect(macs([base64])).toBe(macs([SECRET]));
    const other = "f".repeat(32);
    expect(macs([other, SECRET])).toBe(`${macs([other])} ${macs([SECRET])}`);
  });

  it("REQ-9: is left out if there is no body or no secret", () => {
    const request = get("https://app.example/");
    expect(signedDelivery(request, "c1", [SECRET], AT)).toEqual(signed(request, [SECRET], AT));
    expect(signedDelivery(callback, "c1", [], AT)).toEqual(callback);
  });
});
