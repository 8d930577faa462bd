import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SipParseError } from "./error.ts";
import { Params } from "./params.ts";
import { escapeUser, formatUri, parseUri, sameUri, sipUri, userText } from "./uri.ts";

describe("parseUri", () => {
  it("reads every part of a SIP URI", () => {
    expect(parseUri("sips:alice:se;cret@Example.com:5061;transport=TCP;lr?Subject=hi&Priority=urgent")).toMatchObject({
      kind: "sip",
      scheme: "sips",
      user: "alice",
      password: "se;cret",
      host: "Example.com",
      port: 5061,
      headers: "Subject=hi&Priority=urgent",
    });
  });

  it("reads a host alone, and a scheme in any case", () => {
    expect(parseUri("SIP:example.com")).toMatchObject({ scheme: "sip", user: null, host: "example.com", port: null });
  });

  it("finds no password in the port, nor a user in the parameters' colons", () => {
    expect(parseUri("sip:example.com:5070;x=a:b")).toMatchObject({ user: null, password: null, port: 5070 });
  });

  it("undoes escapes in the names and values of URI parameters when they are read", () => {
    const uri = parseUri("sip:a@b;%6C%72;n%61me=v%61lue");
    expect(uri.kind === "sip" ? [uri.params.has("LR"), uri.params.get("name")] : []).toEqual([true, "value"]);
    expect(formatUri(uri)).toBe("sip:a@b;%6C%72;n%61me=v%61lue");
  });

  it.each([
    "",
    "sip:",
    "sip:@",
    "sip:a@",
    "100",
    "a b",
    "sip:a@b c",
    "sip:a@b:",
    "sip:a@b:99999",
    "sip:a@b:5x",
    "sip:a@b;",
    "sip:a@b;;lr",
    "<sip:a@b>",
    "sip:a@b\u0000",
    "sip:a@-(",
    "tel:",
    "tel:;x=1",
    "1sip:a",
    ":a",
    "sip:a@[::1",
    "sip:a@[::g]",
    'sip:"a"@b',
    "sip:ä.example",
  ])("%j is not a URI", (text) => {
    expect(() => parseUri(text)).toThrow(SipParseError);
  });

  it("writes what it read", () => {
    const part = fc.string({ unit: fc.constantFrom(...Array.from("abc019+-.%_~!")), minLength: 1, maxLength: 8 });
    const host = fc.oneof(fc.constantFrom("a.example", "192.0.2.1", "[2001:db8::1]"), fc.domain());
    const params = fc.array(
      fc.oneof(
        part,
        fc.tuple(part, part).map(([a, b]) => `${a}=${b}`),
      ),
      { maxLength: 3 },
    );
    const text = fc
      .record({ user: fc.option(part), host, port: fc.option(fc.integer({ min: 0, max: 65535 })), params })
      .map(
        (u) =>
          `sip:${u.user === null ? "" : `${u.user}@`}${u.host}${u.port === null ? "" : `:${u.port}`}${u.params.map((p) => `;${p}`).join("")}`,
      );
    fc.assert(
      fc.property(text, (text) => {
        expect(formatUri(parseUri(text))).toBe(text);
        expect(sameUri(parseUri(text), parseUri(text))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("throws nothing but SipParseError", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.constantFrom("", "sip:", "sip:a@", "tel:", "sip:["),
        (text, prefix) => {
          try {
            parseUri(prefix + text);
          } catch (error) {
            expect(error).toBeInstanceOf(SipParseError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("sipUri and escapeUser", () => {
  it("make a URI that reads back as what was put in, whatever the user is called", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 12, unit: "binary" }), (name) => {
        const wellFormed = name.toWellFormed();
        const uri = parseUri(formatUri(sipUri({ user: escapeUser(name), host: "192.0.2.1", port: 5060 })));
        expect(uri.kind === "sip" ? userText(uri) : null).toBe(wellFormed);
      }),
      { numRuns: 300 },
    );
  });

  it("write an IPv6 host in brackets, with the parameters after it", () => {
    const uri = sipUri({
      host: "2001:db8::1",
      user: "+91801",
      params: Params.none.with("transport", "tcp").with("lr", null),
    });
    expect(formatUri(uri)).toBe("sip:+91801@[2001:db8::1];transport=tcp;lr");
  });
});

/* The examples of RFC 3261 section 19.1.4. */
describe("sameUri", () => {
  it.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ],
    ["tel:+1-201-555-0123", "tel:+12015550123"],
    ["tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com"],
    ["isbn:2983792873", "isbn:2983792873"],
  ])("%s is %s", (a, b) => {
    expect(sameUri(parseUri(a), parseUri(b))).toBe(true);
    expect(sameUri(parseUri(b), parseUri(a))).toBe(true);
  });

  it.each([
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
    ["sip:a@b", "sips:a@b"],
    ["sip:a@b", "sip:b"],
    ["sip:a:x@b", "sip:a@b"],
    ["tel:+12015550123", "tel:+12015550123;ext=5"],
    ["tel:+12015550123", "sip:+12015550123@b"],
  ])("%s is not %s", (a, b) => {
    expect(sameUri(parseUri(a), parseUri(b))).toBe(false);
    expect(sameUri(parseUri(b), parseUri(a))).toBe(false);
  });
});
