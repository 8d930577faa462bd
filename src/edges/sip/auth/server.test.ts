import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { buildRequest, buildResponse } from "../message/build.ts";
import type { SipRequest } from "../message/message.ts";
import { DigestClient, setCredentials } from "./client.ts";
import { type DigestHash, ha1, parseAuthParams } from "./digest.ts";
import { type AuthVerdict, DigestServer, type DigestServerOptions } from "./server.ts";

const PASSWORDS: ReadonlyMap<string, string> = new Map([
  ["anil", "secret"],
  ['o"hara', "pass"],
]);

function lookup(username: string, hash: DigestHash): string | null {
  const password = PASSWORDS.get(username);
  return password === undefined ? null : ha1(hash, username.replace(/["\\]/g, "\\$&"), "home", password);
}

function set(options: Partial<DigestServerOptions> = {}): { clock: VirtualClock; server: DigestServer } {
  const clock = new VirtualClock(1_700_000_000_000);
  return { clock, server: new DigestServer({ realm: "home", clock, random: seededRandom(7), lookup, ...options }) };
}

function register(): SipRequest {
  return buildRequest({
    method: "REGISTER",
    uri: "sip:home",
    from: "<sip:anil@home>;tag=1",
    to: "<sip:anil@home>",
    callId: "c",
    cseq: 1,
  });
}

/** How a phone gets in: it asks without credentials, then with them. */
function phone(
  server: DigestServer,
  username = "anil",
  password = "secret",
): { digest: DigestClient; request: SipRequest; verdict: AuthVerdict } {
  const digest = new DigestClient({ username, password }, seededRandom(3));
  const request = register();
  answer(digest, request, server.check(request));
  return { digest, request, verdict: server.check(request) };
}

function answer(digest: DigestClient, request: SipRequest, verdict: AuthVerdict): void {
  if (verdict.kind !== "challenge") throw new Error("no challenge");
  const credentials = digest.retry(request, buildResponse(request, 401, undefined, { headers: verdict.headers }));
  if (credentials === null) throw new Error("the client gave up");
  setCredentials(request.headers, credentials);
}

function why(verdict: AuthVerdict): string {
  return verdict.kind === "challenge" ? verdict.why : verdict.kind;
}

describe("DigestServer", () => {
  it("asks for credentials with one MD5 challenge, and accepts a phone that has them", () => {
    const { server } = set();
    const first = server.check(register());
    expect(first).toMatchObject({ kind: "challenge", why: "missing" });
    expect(first.kind === "challenge" && first.headers.length).toBe(1);
    expect(phone(server).verdict).toEqual({ kind: "accepted", username: "anil" });
  });

  it.each(["MD5", "SHA-256", "SHA-512-256"] as const)("accepts %s if it is offered", (hash) => {
    const { server } = set({ hashes: [hash] });
    expect(phone(server).verdict.kind).toBe("accepted");
  });

  it("offers several algorithms, best first, and accepts whichever is used", () => {
    const { server } = set({ hashes: ["SHA-256", "MD5"] });
    const { request, verdict } = phone(server);
    expect(verdict.kind).toBe("accepted");
    expect(parseAuthParams(request.headers.get("authorization") ?? "")?.values.get("algorithm")).toBe("SHA-256");
  });

  it("a user name may contain a quote", () => {
    expect(phone(set().server, 'o"hara', "pass").verdict).toEqual({ kind: "accepted", username: 'o"hara' });
  });

  it("distinguishes a wrong password from an unknown user, but only on our side", () => {
    const { server } = set();
    const verdicts = [phone(server, "anil", "guess").verdict, phone(server, "nobody", "secret").verdict];
    expect(verdicts.map(why)).toEqual(["wrong", "unknown"]);
    const shapes = verdicts.map((verdict) =>
      verdict.kind === "challenge" ? verdict.headers[0]?.[1].replace(/nonce="[^"]*"/, "") : "",
    );
    expect(shapes[0]).toBe(shapes[1]);
  });

  it("overheard credentials cannot be replayed: the count of a nonce only goes up", () => {
    const { server } = set();
    const { request, digest } = phone(server);
    expect(why(server.check(request))).toBe("stale");
    const next = register();
    setCredentials(next.headers, digest.authorize(next));
    expect(server.check(next).kind).toBe("accepted");
  });

  it("without qop a nonce is valid once", () => {
    const { server } = set();
    const digest = new DigestClient({ username: "anil", password: "secret" }, seededRandom(3));
    const request = register();
    const verdict = server.check(request);
    if (verdict.kind !== "challenge") throw new Error("no challenge");
    const bare = verdict.headers.map(([name, value]) => [name, value.replace(', qop="auth"', "")] as const);
    setCredentials(
      request.headers,
      digest.retry(request, buildResponse(request, 401, undefined, { headers: bare })) ?? [],
    );
    expect([why(server.check(request)), why(server.check(request))]).toEqual(["accepted", "stale"]);
  });

  it("an old nonce is stale, and the phone tries again by itself", () => {
    const { server, clock } = set({ nonceLifetimeMs: 60_000 });
    const { digest } = phone(server);
    clock.advance(60_001);
    const next = register();
    setCredentials(next.headers, digest.authorize(next));
    const verdict = server.check(next);
    expect(why(verdict)).toBe("stale");
    answer(digest, next, verdict);
    expect(server.check(next).kind).toBe("accepted");
  });

  it("a nonce from before a restart is stale, not wrong, and so is one that a stranger made up", () => {
    const { digest } = phone(set().server);
    const next = register();
    setCredentials(next.headers, digest.authorize(next));
    const { server } = set({ random: seededRandom(8) });
    expect(why(server.check(next))).toBe("stale");
  });

  it("credentials made for another method, target or realm are not accepted", () => {
    const { server } = set();
    const { request } = phone(server);
    const credentials = request.headers.get("authorization") ?? "";
    const moved = (changes: { method?: string; uri?: string; value?: string }): string => {
      const other = buildRequest({
        method: changes.method ?? "REGISTER",
        uri: changes.uri ?? "sip:home",
        from: "<sip:a@b>",
        to: "<sip:a@b>",
        callId: "c",
        cseq: 2,
      });
      other.headers.set("Authorization", changes.value ?? credentials);
      return why(server.check(other));
    };
    expect(moved({ method: "INVITE" })).toBe("wrong");
    expect(moved({ uri: "sip:elsewhere" })).toBe("wrong");
    expect(moved({ value: credentials.replace("home", "away") })).toBe("missing");
    expect(moved({ value: credentials.replace(/response="[0-9a-f]{4}/, 'response="0000') })).toBe("wrong");
  });

  it.each([
    "",
    "Digest",
    'Digest realm="home"',
    'Digest realm="home", username="anil", nonce="x", uri="<>", response="y"',
    'Digest realm="home", username="anil", nonce="x", uri="sip:home", response="y", qop=auth-int',
    'Digest realm="home", username="anil", nonce="x", uri="sip:home", response="y", algorithm=SHA-1',
    "NoOneKnowsThisScheme opaque-data=here",
  ])("%j is answered with a challenge", (value) => {
    const request = register();
    request.headers.set("Authorization", value);
    expect(set().server.check(request).kind).toBe("challenge");
  });
});
