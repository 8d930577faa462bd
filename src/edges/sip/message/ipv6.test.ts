import { describe, expect, it } from "vitest";
import { SipParseError } from "./error.ts";
import { contacts, routes, topVia, vias } from "./message.ts";
import { asRequest, asResponse, invite, wire } from "./testing/make.ts";
import { validateRequest, validateResponse } from "./validate.ts";
import { formatVia, parseVia } from "./via.ts";

/* The cases of RFC 5118, "SIP Torture Test Messages for IPv6". */

function register(uri: string, changes: Readonly<Record<string, string | null>>): Buffer {
  return wire(invite({ CSeq: "98176 REGISTER", ...changes }).with(0, `REGISTER ${uri} SIP/2.0`));
}

describe("RFC 5118", () => {
  it("4.1: an IPv6 reference in the Request-URI, Via and Contact is valid", () => {
    const request = asRequest(
      register("sip:[2001:db8::10]", {
        Via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111",
        Contact: "sip:caller@[2001:db8::1]",
      }),
    );
    expect(validateRequest(request)).toBeNull();
    expect(request.uri).toMatchObject({ host: "2001:db8::10", port: null });
    expect(topVia(request).host).toBe("2001:db8::9:1");
  });

  it("4.2: an IPv6 address without its brackets in the Request-URI is owed 400", () => {
    expect(validateRequest(asRequest(register("sip:2001:db8::10", {})))?.status).toBe(400);
  });

  it("4.4: a port outside of the brackets is a port", () => {
    expect(asRequest(register("sip:[2001:db8::10]:5070", {})).uri).toMatchObject({ host: "2001:db8::10", port: 5070 });
  });

  it("4.3: a port within the brackets is part of the address", () => {
    const request = asRequest(register("sip:[2001:db8::10:5070]", {}));
    expect(validateRequest(request)).toBeNull();
    expect(request.uri).toMatchObject({ host: "2001:db8::10:5070", port: null });
  });

  it("4.5: received contains an IPv6 address with or without brackets", () => {
    const via = (received: string): string => `SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3-111`;
    expect(parseVia(via("[2001:db8::9:255]")).received).toBe("2001:db8::9:255");
    expect(parseVia(via("2001:db8::9:255")).received).toBe("2001:db8::9:255");
  });

  it("4.6: an SDP body with IPv6 addresses is only a body", () => {
    const sdp = "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\n";
    const lines = invite(
      { "Content-Type": "application/sdp", "Content-Length": String(sdp.length) },
      "sip:user@[2001:db8::10]",
    );
    const request = asRequest(wire(lines, sdp));
    expect([validateRequest(request), request.body.toString()]).toEqual([null, sdp]);
  });

  it("4.7: Via headers of both families can be mixed", () => {
    const request = asRequest(
      register("sip:[2001:db8::10]", {
        Via: "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144",
      }),
    );
    expect(vias(request).map((via) => [via.host, via.port])).toEqual([
      ["2001:db8::9:1", 6050],
      ["192.0.2.1", null],
    ]);
  });

  it("a parameter within the brackets is refused, one after them is read", () => {
    const response = asResponse(
      wire(
        invite({
          Via: "SIP/2.0/UDP [2001:db8:3:4:5:6:7:8]:5060;branch=z9hG4bK1",
          Route: "<sip:[2001:db8::1;lr]:5060>",
          Contact: "<sip:user@[2001:db8::9]:5061;transport=tcp>",
        }).with(0, "SIP/2.0 200 OK"),
      ),
    );
    expect(validateResponse(response)).not.toBeNull();
    response.headers.set("Route", "<sip:[2001:db8::1]:5060;lr>");
    expect(validateResponse(response)).toBeNull();
    expect(routes(response)[0]?.uri).toMatchObject({ host: "2001:db8::1", port: 5060 });
    expect(contacts(response)).toHaveLength(1);
  });

  it("4.9: an IPv4-mapped address is an IPv6 address", () => {
    expect(parseVia("SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bK1").host).toBe("::ffff:192.0.2.2");
  });

  it.each(["[2001:db8::9", "2001:db8::9]", "[]", "[192.0.2.1]", "[2001:db8::9]x", "[2001:db8:::9]", "[::1]:"])(
    "%s is not a sent-by",
    (sentBy) => {
      expect(() => parseVia(`SIP/2.0/UDP ${sentBy};branch=z9hG4bK1`)).toThrow(SipParseError);
    },
  );

  it("an IPv6 Via is written with its brackets again", () => {
    const text = "SIP/2.0/TCP [2001:db8::9]:5062;branch=z9hG4bK1;rport";
    expect(formatVia(parseVia(text))).toBe(text);
  });
});
