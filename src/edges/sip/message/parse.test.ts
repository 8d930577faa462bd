import { describe, expect, it } from "vitest";
import { RefusedMessage } from "./refused-message.ts";
import { MAX_HEADER_CHARS, MAX_HEADER_FIELDS, MAX_MESSAGE_OCTETS, parseDatagram } from "./parse.ts";
import { asRequest, invite, wire } from "./testing/make.ts";
import { buildResponse, serialize } from "./build.ts";

function fault(octets: Buffer): RefusedMessage {
  try {
    parseDatagram(octets);
  } catch (error) {
    if (error instanceof RefusedMessage) return error;
    throw error;
  }
  throw new Error("was parsed");
}

describe("parseDatagram", () => {
  it("refuses text without a SIP start line, without an answer", () => {
    for (const line of [
      "GET / HTTP/1.1",
      "INVITE",
      "INVITE sip:a@b",
      "INVITE sip:a@b SIP/x",
      "SIP/2.0",
      "SIP/2.0 99 x",
      "SIP/2.0 20 OK",
      "IN VITE",
    ])
      expect(fault(wire([line, ...invite().slice(1)])), line).toMatchObject({ status: null, request: null });
  });

  it.each(["no colon here", ": no name", "a b: c", "X\u0000: 1", "X: a\rb"])(
    "refuses the header line %j, which can be answered with 400",
    (line) => {
      const error = fault(wire([...invite(), line]));
      expect(error.status).toBe(400);
      if (error.request === null) throw new Error("no request to answer");
      expect(serialize(buildResponse(error.request, 400)).toString()).toContain("CSeq: 314159 INVITE");
    },
  );

  it("owes nothing to an ACK or a request without Via that it cannot read", () => {
    expect(fault(wire([...invite().with(0, "ACK sip:a@b SIP/2.0"), "junk"])).status).toBeNull();
    expect(fault(wire([...invite({ Via: null }), "junk"])).status).toBeNull();
  });

  it("refuses a response with a junk header, and owes nothing", () => {
    expect(fault(wire([...invite().with(0, "SIP/2.0 200 OK"), "junk"]))).toMatchObject({ status: null, request: null });
  });

  it("refuses a header that is cut off in the middle", () => {
    expect(fault(Buffer.from(`${invite().join("\r\n")}\r\nX-Cut: of`)).status).toBe(400);
  });

  it("a folded line is one value, joined by a space", () => {
    const request = asRequest(wire([...invite(), "Subject: a", "\t b ", " \tc"]));
    expect(request.headers.get("subject")).toBe("a b c");
  });

  it("a folded line of nothing but spaces leaves no line break behind", () => {
    const request = asRequest(Buffer.from(`${invite().join("\r\n")}\r\nSubject: a\n \r\nX-Next: b\r\n\r\n`));
    expect([request.headers.get("subject"), request.headers.get("x-next")]).toEqual(["a", "b"]);
    expect(asRequest(serialize(request)).headers.get("x-next")).toBe("b");
  });

  it("broken octets as long as the replacement character are not lost", () => {
    const octets = Buffer.from(wire([...invite(), "Subject: abc"]));
    Buffer.from([0xf0, 0x9f, 0x98]).copy(octets, octets.indexOf("abc"));
    expect(serialize(asRequest(octets)).includes(Buffer.from([0xf0, 0x9f, 0x98, 0x0d]))).toBe(true);
  });

  it(`accepts ${MAX_HEADER_FIELDS} header fields and no more`, () => {
    const few = invite();
    const fill = Array.from({ length: MAX_HEADER_FIELDS - (few.length - 1) }, (_, i) => `X-${i}: 1`);
    expect(asRequest(wire([...few, ...fill])).headers.size).toBe(MAX_HEADER_FIELDS);
    expect(fault(wire([...few, ...fill, "X: 1"])).status).toBe(513);
  });

  it("accepts a header line up to the limit, folded or not", () => {
    const value = "x".repeat(MAX_HEADER_CHARS - 8);
    expect(asRequest(wire([...invite(), `X: ${value}`])).headers.get("x-none")).toBeUndefined();
    expect(fault(wire([...invite(), `X: ${value}xxxxxxxx`])).status).toBe(513);
    expect(fault(wire([...invite(), "X: a", ...Array.from({ length: 100 }, () => ` ${"y".repeat(100)}`)])).status).toBe(
      513,
    );
  });

  it("refuses a datagram over the limit without looking at it", () => {
    expect(fault(Buffer.alloc(MAX_MESSAGE_OCTETS + 1, "a"))).toMatchObject({ status: null });
  });

  it("a message designed to be slow to parse is not", () => {
    const vias = Array.from({ length: 200 }, () => `Via: ${"SIP/2.0/UDP a,".repeat(20)}`);
    const quotes = `X: ${'"'.repeat(8000)}`;
    const start = process.cpuUsage();
    for (const lines of [
      vias,
      [quotes, `Contact: ${"<".repeat(8000)}`, `Route: ${'"a,'.repeat(2000)}`, `Allow: ${",".repeat(8000)}`],
    ])
      asRequest(wire([...invite(), ...lines]));
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});
