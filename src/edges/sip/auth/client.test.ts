import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { buildRequest, buildResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { DigestClient, setCredentials } from "./client.ts";
import { parseAuthParams } from "./digest.ts";

function invite(): SipRequest {
  return buildRequest({
    method: "INVITE",
    uri: "sip:100@trunk.example",
    from: "<sip:a@b>;tag=1",
    to: "<sip:100@trunk.example>",
    callId: "c",
    cseq: 1,
  });
}

function refusal(request: SipRequest, status: 401 | 407, ...challenges: string[]): SipResponse {
  const name = status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
  return buildResponse(request, status, undefined, { headers: challenges.map((value) => [name, value] as const) });
}

function client(): DigestClient {
  return new DigestClient({ username: "u", password: "p" }, seededRandom(1));
}

/** Puts the retry's credentials on the request as a user agent would; null when the client gave up. */
function retried(
  digest: DigestClient,
  request: SipRequest,
  response: SipResponse,
): readonly (readonly [string, string])[] | null {
  const credentials = digest.retry(request, response);
  if (credentials !== null) setCredentials(request.headers, credentials);
  return credentials;
}

const field = (value: string | undefined, name: string): string | undefined =>
  parseAuthParams(value ?? "")?.values.get(name);

describe("DigestClient", () => {
  it("answers a 401 in Authorization and a 407 in Proxy-Authorization", () => {
    for (const [status, name] of [
      [401, "Authorization"],
      [407, "Proxy-Authorization"],
    ] as const) {
      const request = invite();
      const [first] =
        retried(client(), request, refusal(request, status, 'Digest realm="r", nonce="n", qop="auth"')) ?? [];
      expect(first?.[0]).toBe(name);
      expect([field(first?.[1], "uri"), field(first?.[1], "nc")]).toEqual(["sip:100@trunk.example", "00000001"]);
    }
  });

  it("answers the first challenge of each realm that it supports (RFC 8760 section 2.4)", () => {
    const request = invite();
    const response = refusal(
      request,
      401,
      'Digest realm="r", nonce="n0", algorithm=SHA-1024',
      'Digest realm="r", nonce="n1", algorithm=SHA-256, qop="auth"',
      'Digest realm="r", nonce="n2", algorithm=MD5, qop="auth"',
    );
    const credentials = retried(client(), request, response);
    expect(credentials?.map(([, value]) => field(value, "nonce"))).toEqual(["n1"]);
  });

  it("answers several realms at once, and a proxy's along with the far end's", () => {
    const digest = client();
    const request = invite();
    retried(digest, request, refusal(request, 407, 'Digest realm="p1", nonce="a"', 'Digest realm="p2", nonce="b"'));
    const credentials = retried(digest, request, refusal(request, 401, 'Digest realm="r", nonce="c"'));
    expect(credentials?.map(([name, value]) => `${name} ${field(value, "realm")}`)).toEqual([
      "Proxy-Authorization p1",
      "Proxy-Authorization p2",
      "Authorization r",
    ]);
    expect(request.headers.lines("proxy-authorization")).toHaveLength(2);
  });

  it("stops when the credentials just sent are refused, with the old nonce or a new one", () => {
    for (const nonce of ["n", "m"]) {
      const digest = client();
      const request = invite();
      retried(digest, request, refusal(request, 401, 'Digest realm="r", nonce="n"'));
      expect(retried(digest, request, refusal(request, 401, `Digest realm="r", nonce="${nonce}"`))).toBeNull();
    }
  });

  it("tries again when only the nonce was stale, but not forever and not with the same nonce", () => {
    const digest = client();
    const request = invite();
    retried(digest, request, refusal(request, 401, 'Digest realm="r", nonce="n0"'));
    expect(retried(digest, request, refusal(request, 401, 'Digest realm="r", nonce="n0", stale=true'))).toBeNull();
    const answers = ["n1", "n2", "n3"].map((nonce) =>
      retried(digest, request, refusal(request, 401, `Digest realm="r", nonce="${nonce}", stale=true`)),
    );
    expect(answers.map((answer) => answer !== null)).toEqual([true, true, false]);
  });

  it("S9: credentials sent ahead prove nothing about the password: a new nonce is answered once, the same one is not", () => {
    const digest = client();
    const first = invite();
    retried(digest, first, refusal(first, 401, 'Digest realm="r", nonce="n"'));
    const later = invite();
    setCredentials(later.headers, digest.authorize(later));
    expect(digest.retry(later, refusal(later, 401, 'Digest realm="r", nonce="n"'))).toBeNull();
    const credentials = digest.retry(later, refusal(later, 401, 'Digest realm="r", nonce="m"'));
    expect(field(credentials?.[0]?.[1], "nonce")).toBe("m");
    const again = invite();
    setCredentials(again.headers, credentials ?? []);
    expect(digest.retry(again, refusal(again, 401, 'Digest realm="r", nonce="o"'))).toBeNull();
  });

  it("does not retry what it cannot answer", () => {
    const request = invite();
    expect(client().retry(request, refusal(request, 401))).toBeNull();
    expect(client().retry(request, refusal(request, 401, 'Basic realm="r"'))).toBeNull();
  });

  it("later requests carry credentials at once, with the next nc and their own cnonce", () => {
    const digest = client();
    expect(digest.authorize(invite())).toEqual([]);
    const request = invite();
    retried(digest, request, refusal(request, 401, 'Digest realm="r", nonce="n", qop="auth"'));
    const [first, second] = [1, 2].map(() => digest.authorize(invite())[0]?.[1]);
    expect([field(first, "nc"), field(second, "nc")]).toEqual(["00000002", "00000003"]);
    expect(field(first, "cnonce")).not.toBe(field(second, "cnonce"));
  });

  it("a stale nonce of a later request is renewed, and counting starts again", () => {
    const digest = client();
    const first = invite();
    retried(digest, first, refusal(first, 401, 'Digest realm="r", nonce="n", qop="auth"'));
    for (const nonce of ["a", "b", "c", "d"]) {
      const later = invite();
      setCredentials(later.headers, digest.authorize(later));
      const credentials = retried(
        digest,
        later,
        refusal(later, 401, `Digest realm="r", nonce="${nonce}", qop="auth", stale=true`),
      );
      expect([field(credentials?.[0]?.[1], "nonce"), field(credentials?.[0]?.[1], "nc")]).toEqual([nonce, "00000001"]);
    }
  });
});
