import { describe, expect, it } from "vitest";
import { buildResponse, serialize } from "./build.ts";
import { contacts, from, recordRoutes, routes, to, topVia, vias } from "./message.ts";
import { isKeepAlive, parseDatagram } from "./parse.ts";
import { asRequest, asResponse, invite, wire } from "./testing/make.ts";
import { formatUri, parseUri, type SipUri } from "./uri.ts";
import { validateRequest, validateResponse } from "./validate.ts";

/** The only URI of a message that is expected to be of the sip scheme. */
function sip(text: string): SipUri {
  const uri = parseUri(text);
  if (uri.kind !== "sip") throw new Error("no SIP URI");
  return uri;
}

describe("what real trunks and phones send", () => {
  it("a tel: Request-URI is read as a number with its parameters", () => {
    const request = asRequest(wire(invite({}, "tel:+14155551212;npdi;rn=+14155550000")));
    expect(validateRequest(request)).toBeNull();
    expect(request.uri.kind === "tel" ? request.uri.number : "").toBe("+14155551212");
    expect(request.uri.kind === "tel" ? request.uri.params.get("rn") : "").toBe("+14155550000");
  });

  it("tel: is read in From and To, with and without brackets", () => {
    const request = asRequest(
      wire(invite({ From: "<tel:+14155551212>;tag=a1", To: "tel:+12125551212;phone-context=x" })),
    );
    expect(validateRequest(request)).toBeNull();
    expect(from(request).uri).toMatchObject({ kind: "tel", number: "+14155551212" });
    expect(to(request).uri).toMatchObject({ kind: "tel", number: "+12125551212" });
    expect(to(request).params.get("phone-context")).toBe("x");
  });

  it("number portability parameters in the user part are kept octet for octet", () => {
    const text = "sip:+14155551212;npdi;rn=+14155550000@203.0.113.5;user=phone";
    expect(sip(text).user).toBe("+14155551212;npdi;rn=+14155550000");
    expect(sip(text).params.get("user")).toBe("phone");
    expect(formatUri(sip(text))).toBe(text);
  });

  it("an IPv6 host is read in the Request-URI, Via, Contact and Route", () => {
    const request = asRequest(
      wire(
        invite(
          {
            Via: "SIP/2.0/UDP [2001:db8::9:1]:5070;branch=z9hG4bK1",
            Contact: "<sip:100@[2001:db8::9]>",
            Route: "<sip:[2001:db8::5]:5080;lr>",
          },
          "sip:100@[2001:db8::9]:5062",
        ),
      ),
    );
    expect(validateRequest(request)).toBeNull();
    expect(request.uri).toMatchObject({ host: "2001:db8::9", port: 5062 });
    expect(topVia(request)).toMatchObject({ host: "2001:db8::9:1", port: 5070 });
    expect(routes(request)[0]?.uri).toMatchObject({ host: "2001:db8::5", port: 5080 });
  });

  it("Contact: * of an un-REGISTER is the wildcard", () => {
    const lines = invite({ CSeq: "1 REGISTER", Contact: "*", Expires: "0" }).with(0, "REGISTER sip:192.0.2.10 SIP/2.0");
    const request = asRequest(wire(lines));
    expect(validateRequest(request)).toBeNull();
    expect(contacts(request)).toBe("*");
  });

  it("two Vias on one line are two hops, the first on top", () => {
    const value = "SIP/2.0/UDP a.example;branch=z9hG4bKa, SIP/2.0/TCP b.example;branch=z9hG4bKb";
    const request = asRequest(wire(invite({ Via: value })));
    expect(vias(request).map((via) => via.branch)).toEqual(["z9hG4bKa", "z9hG4bKb"]);
    expect(topVia(request).branch).toBe("z9hG4bKa");
  });

  it.each([
    ["Bob (office) <sip:bob@192.0.2.1>;tag=t1", "Bob (office)"],
    ["अनिल कुमार <sip:bob@192.0.2.1>;tag=t1", "अनिल कुमार"],
    ["Dr. José <sip:bob@192.0.2.1>;tag=t1", "Dr. José"],
    ["Room 5: reception <sip:bob@192.0.2.1>;tag=t1", "Room 5: reception"],
    ["sip:bob <sip:bob@192.0.2.1>;tag=t1", "sip:bob"],
    ['"" <sip:bob@192.0.2.1>;tag=t1', ""],
    ['"a \\"b\\" \\\\c"<sip:bob@192.0.2.1> ; tag = t1', 'a "b" \\c'],
    ['"<sip:evil@192.0.2.6>;tag=x" <sip:bob@192.0.2.1>;tag=t1', "<sip:evil@192.0.2.6>;tag=x"],
  ])("the display name in %s is read, and the tag is not lost", (value, name) => {
    const request = asRequest(wire(invite({ From: value })));
    expect(validateRequest(request)).toBeNull();
    expect([from(request).displayName, from(request).tag]).toEqual([name, "t1"]);
    expect(from(request).uriText).toBe("sip:bob@192.0.2.1");
  });

  it("a Latin-1 display name is read, and is sent back octet for octet", () => {
    const octets = Buffer.from(wire(invite({ From: '"Jos@" <sip:j@192.0.2.1>;tag=t1' })));
    octets[octets.indexOf("Jos@") + 3] = 0xe9;
    const request = asRequest(octets);
    expect(from(request).displayName).toBe("José");
    expect(serialize(buildResponse(request, 180)).includes(Buffer.from([0x4a, 0x6f, 0x73, 0xe9, 0x22]))).toBe(true);
  });

  it("nothing of ours turns into a line break when it is written into a Latin-1 message", () => {
    const octets = Buffer.from(wire(invite({ From: '"Jos@" <sip:j@192.0.2.1>;tag=t1' })));
    octets[octets.indexOf("Jos@") + 3] = 0xe9;
    const response = buildResponse(asRequest(octets), 200, "OK", { headers: [["X-Note", "a\u010d\u010aX-Evil: 1"]] });
    const again = asResponse(serialize(response));
    expect(again.headers.has("X-Evil")).toBe(false);
    expect(again.headers.get("X-Note")).toBe("a\u010d\u010aX-Evil: 1");
  });

  it("CRLFs before the start line are skipped", () => {
    const request = asRequest(Buffer.concat([Buffer.from("\r\n\r\n"), wire(invite())]));
    expect(validateRequest(request)).toBeNull();
  });

  it("a response without a reason phrase is a response", () => {
    const lines = invite().with(0, "SIP/2.0 200");
    const response = asResponse(wire(lines));
    expect([response.status, response.reason, validateResponse(response)]).toEqual([200, "", null]);
  });

  it("a raw # in the user part is accepted", () => {
    const request = asRequest(wire(invite({}, "sip:*72#@192.0.2.10")));
    expect(validateRequest(request)).toBeNull();
    expect(request.uri).toMatchObject({ user: "*72#", host: "192.0.2.10" });
  });

  it("octets after the body of a datagram are dropped", () => {
    const request = asRequest(wire(invite({ "Content-Length": "0" }), "v=0\r\n"));
    expect(request.body.length).toBe(0);
  });

  it("without a Content-Length the rest of the datagram is the body", () => {
    expect(asRequest(wire(invite(), "v=0\r\n")).body.toString()).toBe("v=0\r\n");
  });

  it("Content-Length counts octets, and a binary body survives", () => {
    const body = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x0d, 0x0a, 0xc3]);
    const request = asRequest(wire(invite({ Subject: "été", "Content-Length": String(body.length) }), body));
    expect(request.body).toEqual(body);
    expect(asRequest(serialize(request)).body).toEqual(body);
  });

  it("lines that end with a bare LF are lines, and the body after them is cut at the right octet", () => {
    const lines = invite({ Subject: "été", "Content-Length": "5" });
    const request = asRequest(Buffer.from(`${lines.join("\n")}\n\nhello\r\n\r\nrest`));
    expect([validateRequest(request), request.body.toString()]).toEqual([null, "hello"]);
  });

  it("a message whose blank line is missing ends with its last complete header", () => {
    const request = asRequest(Buffer.from(`${invite().join("\r\n")}\r\n`));
    expect([validateRequest(request), request.body.length]).toEqual([null, 0]);
  });

  it("a Via with white space around everything and a lower-case protocol is a Via", () => {
    const request = asRequest(
      wire(invite({ Via: "sip / 2.0 / udp  host.example : 5070 ; branch = z9hG4bKx ; rport" })),
    );
    expect(topVia(request)).toMatchObject({ transport: "UDP", host: "host.example", port: 5070, branch: "z9hG4bKx" });
    expect(topVia(request).rport).toBe("asked");
  });

  it("one semicolon too many at the end of a header is forgiven", () => {
    expect(validateRequest(asRequest(wire(invite({ Contact: "<sip:a@192.0.2.1>;" }))))).toBeNull();
  });

  it("a URI with commas in brackets does not split a list", () => {
    const request = asRequest(wire(invite({ "Record-Route": '<sip:a,b@192.0.2.3;lr>, "x, y" <sip:192.0.2.4;lr>' })));
    expect(recordRoutes(request).map(({ uriText }) => uriText)).toEqual(["sip:a,b@192.0.2.3;lr", "sip:192.0.2.4;lr"]);
  });

  it("compact names and odd spellings mean the long names", () => {
    const request = asRequest(
      wire([
        "INVITE sip:100@192.0.2.10 SIP/2.0",
        "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
        "f: <sip:a@192.0.2.1>;tag=1",
        "t: <sip:b@192.0.2.1>",
        "I: abc",
        "cSEQ: 1 INVITE",
        "m: <sip:a@192.0.2.1>",
      ]),
    );
    expect(validateRequest(request)).toBeNull();
    expect(request.headers.get("Via")).toBe("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
  });

  it("header names that are names of object properties are just headers", () => {
    const request = asRequest(wire(invite({ constructor: "1", toString: "2" })));
    request.headers.add("__proto__", "3");
    expect(["constructor", "toString", "__proto__"].map((name) => request.headers.get(name))).toEqual(["1", "2", "3"]);
    expect(request.headers.get("valueOf")).toBeUndefined();
  });

  it.each([
    ["", true],
    ["\r\n\r\n", true],
    ["\0\0\0\0", true],
    ["jaK\0", true],
    ["jaK", true],
    ["hello", false],
    ["INVITE", false],
  ])("%j is a keep-alive: %s", (text, expected) => {
    expect(isKeepAlive(Buffer.from(text))).toBe(expected);
  });

  it("the text of a datagram is decoded once and its body is never decoded", () => {
    const body = Buffer.from([0xc3, 0x28]);
    expect(parseDatagram(wire(invite(), body)).body).toEqual(body);
  });
});
