import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SIGNATURE_HEADER, signed } from "./sign.ts";
import type { OutboundRequest } from "./types.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const AT = 1_767_600_000_000;

function get(url: string): OutboundRequest {
  return { method: "GET", url, headers: { accept: "application/json" }, authorization: "Basic x" };
}

function signatureOf(request: OutboundRequest, secret: string | null = SECRET, now = AT): string {
  return signed(request, secret, now).headers[SIGNATURE_HEADER] ?? "none";
}

describe("the signature of a request", () => {
  it("REQ-9: is an HMAC-SHA256 over time, method and URL, as openssl computes it", () => {
    // printf '1767600000.GET.https://app.example/connect?CallSid=a1&digits=%%22215250%%22' | openssl dgst -sha256 -hmac …
    expect(signatureOf(get("https://app.example/connect?CallSid=a1&digits=%22215250%22"))).toBe(
      "t=1767600000,v1=49a982d1228095dcc3192af3cc250983f21b42f823c23e08a1f5e3673ddb1798",
    );
  });

  it("REQ-9: covers the URL as it goes out, without credentials and fragment", () => {
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
      signatureOf(request, SECRET.toUpperCase()),
      signatureOf(request, SECRET, AT + 1000),
    ];
    expect(new Set(all).size).toBe(4);
    expect(signatureOf(request, SECRET, AT + 999)).toBe(all[0]);
  });

  it("REQ-9: is off without a secret, and adds nothing but its header", () => {
    const request = get("https://app.example/");
    expect(signed(request, null, AT)).toEqual(request);
    const { headers, ...rest } = signed(request, SECRET, AT);
    expect(rest).toEqual({ method: "GET", url: "https://app.example/", authorization: "Basic x" });
    expect(Object.keys(headers)).toEqual(["accept", "plugboard-signature"]);
  });

  it("REQ-9: a URL that cannot be sent anyway is left for the fetcher to refuse", () => {
    expect(signed(get("nonsense"), SECRET, AT)).toEqual(get("nonsense"));
  });

  it("REQ-9: the example of docs/connect-url.md accepts ours, and neither changed, nor old, nor unsigned requests", async () => {
    const page = readFileSync(new URL("../../../docs/connect-url.md", import.meta.url), "utf8");
    const code = /```js\n([^]*?)```/.exec(page)?.[1] ?? "";
    const { isPlugboard } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isPlugboard: (secret: string, method: string, url: string, header: string | undefined, now: number) => boolean;
    };
    const url = "https://app.example/connect?CallSid=a1&digits=%22215250%22";
    const header = signatureOf(get(url));
    expect(page).toContain(`Plugboard-Signature: ${header}`);
    const now = AT / 1000;
    expect(isPlugboard(SECRET, "GET", url, header, now + 5)).toBe(true);
    expect(isPlugboard(SECRET, "GET", `${url}&x=1`, header, now)).toBe(false);
    expect(isPlugboard(SECRET, "POST", url, header, now)).toBe(false);
    expect(isPlugboard("another secret", "GET", url, header, now)).toBe(false);
    expect(isPlugboard(SECRET, "GET", url, header, now + 301)).toBe(false);
    expect(isPlugboard(SECRET, "GET", url, undefined, now)).toBe(false);
  });
});
