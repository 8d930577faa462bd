import { describe, expect, it } from "vitest";
import { Headers } from "./headers.ts";
import { contacts, cseq, from, hasToken, numberOf, tokens, topVia, vias } from "./message.ts";
import { NameAddr, parseNameAddr, parseNameAddrList } from "./name-addr.ts";
import { Params, parseHeaderParams } from "./params.ts";
import { SipParseError } from "./error.ts";
import { asRequest, invite, wire } from "./testing/make.ts";
import { makeVia, formatVia, parseVia, viaWith } from "./via.ts";

function sample(): Headers {
  return new Headers([
    ["Via", "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2"],
    ["v", "SIP/2.0/UDP c;branch=3"],
    ["X-Note", "one, two"],
    ["To", "<sip:b@b>"],
  ]);
}

describe("Headers", () => {
  it("gives lines as they are and elements one by one", () => {
    const headers = sample();
    expect(headers.lines("via")).toHaveLength(2);
    expect(headers.all("Via").map((via) => via.slice(-1))).toEqual(["1", "2", "3"]);
    expect(headers.all("X-Note")).toEqual(["one, two"]);
    expect(headers.all("Route")).toEqual([]);
  });

  it("finds a header by any spelling of its name", () => {
    expect(["TO", "to", "t", "T"].map((name) => sample().get(name))).toEqual(Array(4).fill("<sip:b@b>"));
    expect(new Headers([["SESSION-expires", "90"]]).get("x")).toBe("90");
  });

  it("keeps the order and the spelling of what is not touched", () => {
    const headers = sample();
    headers.set("to", "<sip:c@c>");
    headers.prepend("Via", "SIP/2.0/UDP z;branch=0");
    headers.add("Via", "SIP/2.0/UDP d;branch=4");
    headers.add("CSeq", "1 INVITE");
    expect(headers.entries().map(([name]) => name)).toEqual(["Via", "Via", "v", "Via", "X-Note", "to", "CSeq"]);
  });

  it("set replaces all lines with one, and remove removes them all", () => {
    const headers = sample();
    headers.set("Via", "SIP/2.0/UDP only;branch=9");
    expect(headers.lines("via")).toEqual(["SIP/2.0/UDP only;branch=9"]);
    headers.remove("v");
    expect(headers.has("via")).toBe(false);
  });

  it("removes one element from the front of a list, and the line with its last one", () => {
    const headers = sample();
    headers.removeFirst("via");
    expect(headers.lines("via")).toEqual(["SIP/2.0/UDP b;branch=2", "SIP/2.0/UDP c;branch=3"]);
    headers.removeFirst("via");
    headers.replaceFirst("via", "SIP/2.0/UDP y;branch=8");
    expect(headers.lines("via")).toEqual(["SIP/2.0/UDP y;branch=8"]);
    headers.removeFirst("route");
    expect(headers.size).toBe(3);
  });

  it("lets no value start a header", () => {
    const headers = new Headers([["A", "1\r\nEvil: 1"]]);
    headers.add("B", "2\nEvil: 2");
    headers.set("A", "3\r\n\r\nEvil: 3");
    headers.prepend("C", "4\rEvil: 4");
    expect(headers.has("Evil")).toBe(false);
    expect(headers.toText(0)).toBe("C: 4 Evil: 4\r\nA: 3 Evil: 3\r\nB: 2 Evil: 2\r\nContent-Length: 0\r\n");
  });

  it("writes one Content-Length, in the place of the first", () => {
    const headers = new Headers([
      ["l", "9"],
      ["A", "1"],
      ["Content-Length", "8"],
    ]);
    expect(headers.toText(5)).toBe("l: 5\r\nA: 1\r\n");
  });

  it("a clone is not changed by its original", () => {
    const headers = sample();
    const copy = headers.clone();
    headers.remove("To");
    expect(copy.get("To")).toBe("<sip:b@b>");
  });
});

describe("typed headers", () => {
  it("are parsed once, and again after a change", () => {
    const request = asRequest(wire(invite()));
    expect(from(request)).toBe(from(request));
    expect(vias(request)).toBe(vias(request));
    request.headers.set("From", "<sip:other@b>;tag=2");
    expect(from(request).tag).toBe("2");
    request.headers.prepend("Via", "SIP/2.0/TCP own;branch=z9hG4bKown");
    expect(topVia(request).branch).toBe("z9hG4bKown");
  });

  it("tokens are found in any case and on any line", () => {
    const request = asRequest(wire([...invite(), "Supported: timer, 100rel", "k: Path"]));
    expect(tokens(request, "supported")).toEqual(["timer", "100rel", "Path"]);
    expect([hasToken(request, "Supported", "TIMER"), hasToken(request, "Supported", "gruu")]).toEqual([true, false]);
  });

  it("a number is read with parameters or a comment after it, and nonsense is not a number", () => {
    const request = asRequest(
      wire([...invite(), "Session-Expires: 1800;refresher=uac", "Retry-After: 18 (busy)", "Min-SE: x"]),
    );
    const names = ["session-expires", "retry-after", "min-se", "expires"];
    expect(names.map((name) => numberOf(request, name))).toEqual([1800, 18, null, null]);
  });

  it.each(["1", "INVITE", "1 ", "-1 INVITE", "2147483648 INVITE", "1 INV ITE", "1.5 INVITE", "0x1 INVITE"])(
    "%j is not a CSeq",
    (value) => {
      expect(() => cseq(asRequest(wire(invite({ CSeq: value }))))).toThrow(SipParseError);
    },
  );

  it("the largest CSeq is 2^31-1", () => {
    expect(cseq(asRequest(wire(invite({ CSeq: "2147483647 INVITE" })))).number).toBe(2147483647);
  });

  it("a * among other contacts is not a wildcard", () => {
    expect(() => contacts(asRequest(wire(invite({ Contact: "*, <sip:a@b>" }))))[0]?.toString()).not.toBe("*");
  });
});

describe("NameAddr", () => {
  it("writes names so that they read back the same", () => {
    for (const name of ['a "quoted" name', "back\\slash", "कॉल", ""]) {
      const text = new NameAddr(name, "sip:a@b").withParam("tag", "1").toString();
      expect([parseNameAddr(text).displayName, parseNameAddr(text).tag]).toEqual([name, "1"]);
    }
    expect(new NameAddr(null, "sip:a@b").toString()).toBe("<sip:a@b>");
  });

  it("a line break in a name cannot leave its line", () => {
    expect(new NameAddr("a\r\nX: 1", "sip:a@b").toString()).toBe('"a X: 1" <sip:a@b>');
  });

  it("an addr-spec whose parameter is quoted and holds a bracket is an addr-spec", () => {
    const address = parseNameAddr('sip:a@b;tag=1;x="<y>"');
    expect([address.uriText, address.tag, address.params.get("x")]).toEqual(["sip:a@b", "1", "<y>"]);
  });

  it("parameters are set and removed in a copy", () => {
    const address = parseNameAddr("<sip:a@b>;expires=60;q=0.5");
    expect(address.withParam("Expires", "30").toString()).toBe("<sip:a@b>;expires=30;q=0.5");
    expect(address.withoutParam("q").toString()).toBe("<sip:a@b>;expires=60");
    expect(address.params.get("q")).toBe("0.5");
  });

  it.each([
    '"a <sip:a@b>',
    "a <sip:a@b",
    '"a" sip:a@b',
    "",
    ";tag=1",
    "sip:a@b?x=1",
    "a, b <sip:a@b>",
    "<sip:a@b> junk",
    "<sip:a@b>;=1",
    '<sip:a@b>;x="1',
  ])("%j is not an address", (text) => {
    expect(() => parseNameAddr(text)).toThrow(SipParseError);
  });

  it("a list is cut at commas that are in neither quotes nor brackets", () => {
    const list = parseNameAddrList('"a, b" <sip:a,x@b>;q="1,2" , sip:c@d;q=1,<sip:e@f>');
    expect(list.map(({ uriText }) => uriText)).toEqual(["sip:a,x@b", "sip:c@d", "sip:e@f"]);
  });
});

describe("Params", () => {
  it("are found without case, and quoted values are read without quotes", () => {
    const params = parseHeaderParams(' ; A = "x;\\"y" ;flag; b=1', 0);
    expect([params.get("a"), params.get("FLAG"), params.get("b"), params.get("c")]).toEqual([
      'x;"y',
      "",
      "1",
      undefined,
    ]);
    expect(params.toString()).toBe(';A="x;\\"y";flag;b=1');
  });

  it("% is an ordinary character in a header parameter", () => {
    expect(parseHeaderParams(";branch=z9hG4bK%61", 0).get("branch")).toBe("z9hG4bK%61");
  });

  it("with and without do not change the original", () => {
    const params = Params.none.with("a", "1").with("b", null);
    expect(params.with("A", "2").toString()).toBe(";a=2;b");
    expect(params.without("a").toString()).toBe(";b");
    expect(params.without("z")).toBe(params);
    expect(params.toString()).toBe(";a=1;b");
  });
});

describe("Via", () => {
  it("is written as it was read", () => {
    const text = "SIP/2.0/TLS host.example:5061;branch=z9hG4bKa;received=192.0.2.4;rport=5062;x";
    expect(formatVia(parseVia(text))).toBe(text);
  });

  it("of our own carries its branch, and can be stamped", () => {
    const via = makeVia({
      transport: "udp",
      host: "192.0.2.9",
      port: 5060,
      branch: "z9hG4bKb",
      params: Params.none.with("rport", null),
    });
    expect(formatVia(via)).toBe("SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKb");
    expect(viaWith(via, "rport", "4711")).toMatchObject({ rport: 4711, branch: "z9hG4bKb" });
  });

  it("an empty branch counts as absent, and an rport that is not a port as the bare flag", () => {
    expect(parseVia("SIP/2.0/UDP a;branch=;rport=x")).toMatchObject({ branch: null, rport: "asked" });
  });

  it.each([
    "",
    "SIP/2.0/UDP",
    "SIP/2.0 UDP a",
    "SIP/3.0/UDP a;branch=1",
    "HTTP/1.1/UDP a",
    "SIP/2.0/UDP a b;branch=1",
    "SIP/2.0/UDP a:99999",
    "SIP/2.0/UDP a;;branch=1",
  ])("%j is not a Via", (text) => {
    expect(() => parseVia(text)).toThrow(SipParseError);
  });
});
