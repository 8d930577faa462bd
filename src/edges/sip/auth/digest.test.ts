import { describe, expect, it } from "vitest";
import { answerChallenge, type Challenge, digestResponse, ha1, parseAuthParams, parseChallenge } from "./digest.ts";

const NO_BODY = Buffer.alloc(0);

function challenge(value: string): Challenge {
  const parsed = parseChallenge(value);
  if (parsed === null) throw new Error("no challenge");
  return parsed;
}

function answer(
  value: string,
  changes: Partial<Parameters<typeof answerChallenge>[0]> = {},
): ReadonlyMap<string, string> {
  const text = answerChallenge({
    method: "GET",
    uri: "/dir/index.html",
    username: "Mufasa",
    password: "Circle Of Life",
    challenge: challenge(value),
    nc: 1,
    cnonce: "0a4f113b",
    body: NO_BODY,
    ...changes,
  });
  return parseAuthParams(text)?.values ?? new Map();
}

describe("answerChallenge", () => {
  it("computes the example of RFC 2617 section 3.5", () => {
    const values = answer(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    expect(Object.fromEntries(values)).toEqual({
      username: "Mufasa",
      realm: "testrealm@host.com",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      uri: "/dir/index.html",
      response: "6629fae49393a05397450978507c4ef1",
      cnonce: "0a4f113b",
      opaque: "5ccc069c403ebaf9f0171e9517f40e41",
      qop: "auth",
      nc: "00000001",
    });
  });

  it.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("computes the example of RFC 7616 section 3.9.1 with %s", (algorithm, response) => {
    const value = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
    const values = answer(value, {
      password: "Circle of Life",
      cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    });
    expect([values.get("response"), values.get("algorithm")]).toEqual([response, algorithm]);
  });

  it("computes SHA-512-256, which is not the first half of SHA-512", () => {
    expect(ha1("SHA-512-256", "a", "b", "c")).toBe("8eb13a416df8d7c256bb1b2fdc7824b9ab088eba9459502ef1de3d73c9dd7901");
  });

  it("without qop neither nc nor cnonce is sent (RFC 2069)", () => {
    const values = answer('Digest realm="r", nonce="n"');
    expect([values.has("nc"), values.has("cnonce"), values.has("qop"), values.has("algorithm")]).toEqual(
      Array(4).fill(false),
    );
    const key = ha1("MD5", "Mufasa", "r", "Circle Of Life");
    const input = {
      hash: "MD5",
      session: false,
      ha1: key,
      nonce: "n",
      qop: null,
      nc: "",
      cnonce: "",
      method: "GET",
      uri: "/dir/index.html",
      body: NO_BODY,
    } as const;
    expect(values.get("response")).toBe(digestResponse(input));
  });

  it("-sess binds the key to nonce and cnonce", () => {
    const one = answer('Digest realm="r", nonce="n", algorithm=md5-SESS, qop=auth');
    const other = answer('Digest realm="r", nonce="n", algorithm=MD5, qop=auth');
    expect(one.get("algorithm")).toBe("md5-SESS");
    expect(one.get("response")).not.toBe(other.get("response"));
  });

  it("auth-int, if it is the only option, covers the body", () => {
    const of = (body: string): string | undefined =>
      answer('Digest realm="r", nonce="n", qop="auth-int"', { body: Buffer.from(body) }).get("response");
    expect(of("a")).not.toBe(of("b"));
  });

  it("a quote in the user name cannot end the parameter", () => {
    const values = answer('Digest realm="r", nonce="n"', { username: 'a", response="' });
    expect(values.get("username")).toBe('a\\", response=\\"');
  });

  it("nc is eight hex digits", () => {
    expect(answer('Digest realm="r", nonce="n", qop=auth', { nc: 26 }).get("nc")).toBe("0000001a");
  });
});

describe("parseChallenge", () => {
  it("reads what is quoted and what is not, in any case and order", () => {
    expect(
      challenge(
        'DIGEST stale=TRUE,NONCE="a,b=\\"c" ,  realm = "x" , domain="sip:a", qop="auth-int , auth",Algorithm="SHA-256"',
      ),
    ).toEqual({
      realm: "x",
      nonce: 'a,b=\\"c',
      opaque: null,
      hash: "SHA-256",
      session: false,
      algorithm: "SHA-256",
      qop: "auth",
      stale: true,
    });
  });

  it.each([
    "",
    "Digest",
    'Basic realm="x"',
    'Digest realm="x"',
    'Digest nonce="x"',
    'Digest realm="x", nonce="n", algorithm=SHA-1',
    'Digest realm="x", nonce="n", qop="other"',
    'Digest realm="x", nonce="n", nonce="m"',
    'Digest realm="x", =1, nonce="n"',
    "NoOneKnowsThisScheme opaque-data=here",
  ])("%j cannot be answered", (value) => {
    expect(parseChallenge(value)).toBeNull();
  });
});
