import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serialize } from "./build.ts";
import { SipParseError } from "./error.ts";
import { MAX_MESSAGE_OCTETS } from "./parse.ts";
import { StreamError, StreamParser } from "./stream.ts";
import { invite, request, wire } from "./testing/make.ts";
import { tortureMessage } from "./testing/torture.ts";

function sized(length: number, changes: Readonly<Record<string, string>> = {}): Buffer {
  return wire(invite({ ...changes, "Content-Length": String(length) }), "b".repeat(length));
}

function faultOf(run: () => void): StreamError {
  try {
    run();
  } catch (error) {
    if (error instanceof StreamError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("StreamParser", () => {
  it("cuts the same messages out of a stream no matter how it is chopped up", () => {
    const stream = Buffer.concat([
      sized(0),
      sized(700),
      Buffer.from("\r\n\r\n"),
      sized(1),
      Buffer.from("\r\n"),
      sized(5000),
    ]);
    const cuts = fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (cuts) => {
        const parser = new StreamParser();
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        const out = ends.flatMap((end, i) => parser.push(stream.subarray(ends[i - 1] ?? 0, end)));
        const bodies = out.filter((item) => item !== "ping").map((item) => item.body.length);
        expect(bodies).toEqual([0, 700, 1, 5000]);
        expect(parser.pending).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("reads a stream that arrives octet by octet", () => {
    const parser = new StreamParser();
    const out = [...sized(3), ...sized(4)].flatMap((octet) => parser.push(Buffer.from([octet])));
    expect(out.map((item) => request(item).body.toString())).toEqual(["bbb", "bbbb"]);
  });

  it("a double CRLF is a ping, a single one is nothing", () => {
    const parser = new StreamParser();
    expect(parser.push(Buffer.from("\r\n\r\n"))).toEqual(["ping"]);
    expect(parser.push(Buffer.from("\r\n"))).toEqual([]);
    expect(parser.push(Buffer.from("\r\n\r\n\r\n\r\n"))).toEqual(["ping", "ping"]);
    expect(parser.push(Buffer.concat([Buffer.from("\r\n"), sized(0)]))).toHaveLength(1);
  });

  it("a delivered body is not overwritten by later input", () => {
    const parser = new StreamParser();
    const [first] = parser.push(sized(10));
    for (let i = 0; i < 20; i++) parser.push(sized(3000, { Subject: "c".repeat(500) }));
    expect(request(first).body.toString()).toBe("b".repeat(10));
  });

  it("without Content-Length the body is empty", () => {
    const parser = new StreamParser();
    expect(parser.push(Buffer.concat([wire(invite()), sized(2)]))).toHaveLength(2);
  });

  it("dblreq of RFC 4475 is two messages on a stream; the octets after the second are not a third", () => {
    const error = faultOf(() => new StreamParser().push(tortureMessage("dblreq")));
    expect(error.before.filter((item) => item !== "ping").map((item) => request(item).method)).toEqual([
      "REGISTER",
      "INVITE",
    ]);
  });

  it.each([
    ["ncl", 400],
    ["mcl01", 400],
  ])("%s ends the connection, after an answer of %i", (name, status) => {
    const error = faultOf(() => new StreamParser().push(tortureMessage(name)));
    expect([error.status, error.request?.headers.has("via")]).toEqual([status, true]);
  });

  it("clerr waits for the rest of its body", () => {
    const parser = new StreamParser();
    expect(parser.push(tortureMessage("clerr"))).toEqual([]);
    expect(parser.pending).toBe(tortureMessage("clerr").length);
  });

  it("delivers what was complete before the fault, and is dead afterwards", () => {
    const parser = new StreamParser();
    const error = faultOf(() => parser.push(Buffer.concat([sized(2), Buffer.from("junk\r\n\r\n")])));
    expect(error.before).toHaveLength(1);
    expect(() => parser.push(sized(0))).toThrow(SipParseError);
  });

  it("refuses a body over the limit before it arrives, with 513", () => {
    const lines = invite({ "Content-Length": String(MAX_MESSAGE_OCTETS) });
    expect(faultOf(() => new StreamParser().push(wire(lines))).status).toBe(513);
  });

  it("refuses headers that never end", () => {
    const parser = new StreamParser();
    const endless = (): void => {
      for (let i = 0; i < 100; i++) parser.push(Buffer.alloc(1000, "a"));
    };
    expect(faultOf(endless)).toMatchObject({ status: null, request: null });
    expect(parser.pending).toBe(0);
  });

  it("refuses bare LF lines: where a message ends would be a matter of opinion", () => {
    const octets = Buffer.from(`${invite().join("\r\n")}\r\n\nINVITE sip:evil@b SIP/2.0\r\n\r\n`);
    expect(faultOf(() => new StreamParser().push(octets)).status).toBe(400);
  });

  it("a stream of serialised messages yields the same messages", () => {
    const parser = new StreamParser();
    const [first] = parser.push(sized(7));
    const [again] = parser.push(serialize(request(first)));
    expect(request(again).headers.entries()).toEqual(request(first).headers.entries());
  });
});
