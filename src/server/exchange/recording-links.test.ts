import { describe, expect, it } from "vitest";
import { RecordingLinks } from "./recording-links.ts";

const PUBLIC_URL = "https://voice.acme.example/plugboard";
const LINK = `${PUBLIC_URL}/api/accounts/acme/recordings/c1-r1.wav`;
const NOW_MS = 1_767_600_000_000;
const DAY_MS = 86_400_000;

const links = new RecordingLinks("secret", PUBLIC_URL);

function request(query: string) {
  return { method: "GET", url: `https://app.example/pass?x=1&${query}`, headers: {}, authorization: null } as const;
}

/** The `RecordingUrl` of a request, signed to be valid for `days`. */
function signedLink(days: number | null, query = `RecordingUrl=${encodeURIComponent(LINK)}&To=1`): URL {
  const { url } = links.sign(request(query), "acme", { days }, NOW_MS);
  return new URL(new URL(url).searchParams.get("RecordingUrl") ?? "");
}

function opens(link: URL, nowMs: number, account = "acme", file = "c1-r1.wav"): boolean {
  const { searchParams } = link;
  return links.allows(account, file, searchParams.get("expires"), searchParams.get("signature"), nowMs);
}

describe("C18: the link to a recording", () => {
  it("opens without a key until it expires", () => {
    const link = signedLink(30);
    expect(link.href.startsWith(`${LINK}?expires=`)).toBe(true);
    expect(opens(link, NOW_MS + 30 * DAY_MS - 1)).toBe(true);
    expect(opens(link, NOW_MS + 30 * DAY_MS)).toBe(false);
  });

  it("never expires if the account says so", () => {
    expect(opens(signedLink(null), NOW_MS + 10_000 * DAY_MS)).toBe(true);
  });

  it("opens one recording of one account, and can't be prolonged", () => {
    const link = signedLink(1);
    expect(opens(link, NOW_MS, "globex")).toBe(false);
    expect(opens(link, NOW_MS, "acme", "c1-r2.wav")).toBe(false);
    link.searchParams.set("expires", "never");
    expect(opens(link, NOW_MS)).toBe(false);
  });

  it("is invalid without its signature, or with one made with another secret", () => {
    expect(links.allows("acme", "c1-r1.wav", "never", undefined, NOW_MS)).toBe(false);
    expect(links.allows("acme", "c1-r1.wav", ["never"], ["a"], NOW_MS)).toBe(false);
    const { searchParams } = signedLink(1);
    const others = new RecordingLinks("other", PUBLIC_URL);
    expect(others.allows("acme", "c1-r1.wav", searchParams.get("expires"), searchParams.get("signature"), NOW_MS)).toBe(
      false,
    );
  });

  it("leaves the rest of the query and foreign links unchanged", () => {
    const foreign = `RecordingUrl=${encodeURIComponent("https://other.example/a.wav")}&digits=%221%22`;
    expect(links.sign(request(foreign), "acme", { days: 1 }, NOW_MS)).toEqual(request(foreign));
    const ours = links.sign(
      request(`RecordingUrl=${encodeURIComponent(LINK)}&digits=%221%22`),
      "acme",
      { days: 1 },
      NOW_MS,
    );
    expect(ours.url).toMatch(/^https:\/\/app\.example\/pass\?x=1&RecordingUrl=https%3A%2F%2F[^&]*&digits=%221%22$/);
  });

  it("is not signed if the account requires keys", () => {
    const query = `RecordingUrl=${encodeURIComponent(LINK)}`;
    expect(links.sign(request(query), "acme", null, NOW_MS)).toEqual(request(query));
  });

  it.each([
    [
      "a multipart form",
      (link: string) => `--b\r\nContent-Disposition: form-data; name="RecordingUrl"\r\n\r\n${link}\r\n--b--\r\n`,
    ],
    ["JSON", (link: string) => JSON.stringify({ CallSid: "a", RecordingUrl: link, CustomField: LINK })],
  ])("API-6: is signed in %s of a StatusCallback, and nowhere else in it", (_, bodyOf) => {
    const post = { ...request("a=1"), method: "POST", body: bodyOf(LINK) } as const;
    const { body = "", url } = links.sign(post, "acme", { days: 1 }, NOW_MS);
    const [signed = ""] = /https:[^"\r]*signature=\w+/.exec(body) ?? [];
    expect(opens(new URL(signed), NOW_MS)).toBe(true);
    expect([body, url]).toEqual([bodyOf(signed), post.url]);
    const foreign = { ...post, body: bodyOf("https://other.example/a.wav") };
    expect(links.sign(foreign, "acme", { days: 1 }, NOW_MS)).toEqual(foreign);
  });
});
