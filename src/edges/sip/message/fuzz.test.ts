import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serialize } from "./build.ts";
import { SipParseError } from "./error.ts";
import {
  callId,
  contacts,
  cseq,
  from,
  maxForwards,
  recordRoutes,
  routes,
  type SipMessage,
  to,
  topVia,
} from "./message.ts";
import { parseDatagram } from "./parse.ts";
import { StreamParser } from "./stream.ts";
import { tortureMessage, tortureNames } from "./testing/torture.ts";
import { validateRequest, validateResponse } from "./validate.ts";

/** Octets that mean something to a SIP parser, and some that mean nothing to anyone. */
const OCTETS = Array.from("\r\n\t ;,:<>\"\\=@/?*%[]()'sipSIP20v\0\u007f")
  .map((char) => char.charCodeAt(0))
  .concat([0x80, 0xc3, 0xe9, 0xf0, 0x9f, 0xff]);

type Edit = { readonly at: number; readonly take: number; readonly put: readonly number[] };

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(4000),
  take: fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(400) }),
  put: fc.array(fc.constantFrom(...OCTETS), { maxLength: 4 }),
});

const mutated: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom(...tortureNames()), fc.array(edit, { maxLength: 4 }))
  .map(([name, edits]) => edits.reduce(applied, tortureMessage(name)));

function applied(octets: Buffer, { at, take, put }: Edit): Buffer {
  const start = octets.length === 0 ? 0 : at % octets.length;
  return Buffer.concat([octets.subarray(0, start), Buffer.from(put), octets.subarray(start + take)]);
}

function parsed(octets: Buffer): SipMessage | null {
  try {
    return parseDatagram(octets);
  } catch (error) {
    expect(error).toBeInstanceOf(SipParseError);
    return null;
  }
}

/** Everything visible of a message, in octets, except Content-Length, which is recomputed. */
function view(message: SipMessage): unknown {
  const start = message.kind === "request" ? [message.method, message.uriText] : [message.status, message.reason];
  const headers = message.headers.entries().filter(([name]) => !/^(l|content-length)$/i.test(name));
  const text = JSON.stringify([start, message.version, headers]);
  return [Buffer.from(text, message.headers.charset).toString("latin1"), message.body.toString("hex")];
}

function faultOf(message: SipMessage): unknown {
  return message.kind === "request" ? validateRequest(message) : validateResponse(message);
}

describe("mutated torture messages", () => {
  it("throw nothing but SipParseError, and what is read survives writing and reading", () => {
    fc.assert(
      fc.property(mutated, (octets) => {
        const message = parsed(octets);
        if (message === null) return;
        expect(view(parseDatagram(serialize(message)))).toEqual(view(message));
      }),
      { numRuns: 2000 },
    );
  });

  it("whatever passes validation can be read by every typed accessor, before and after writing", () => {
    fc.assert(
      fc.property(mutated, (octets) => {
        const message = parsed(octets);
        if (message === null || faultOf(message) !== null) return;
        for (const again of [message, parseDatagram(serialize(message))]) {
          for (const read of [topVia, from, to, callId, cseq, contacts, maxForwards, routes, recordRoutes])
            if (read !== maxForwards || again.kind === "request") expect(() => read(again)).not.toThrow();
          expect(faultOf(again)).toBeNull();
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("validation itself never throws", () => {
    fc.assert(
      fc.property(mutated, (octets) => {
        const message = parsed(octets);
        if (message !== null) expect(() => faultOf(message)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it("a stream of them ends in messages or in a SipParseError, and reads the same in one piece as in two", () => {
    const read = (chunks: readonly Buffer[]): unknown => {
      const parser = new StreamParser();
      try {
        return chunks.flatMap((chunk) => parser.push(chunk)).map((item) => (item === "ping" ? item : view(item)));
      } catch (error) {
        expect(error).toBeInstanceOf(SipParseError);
        return error instanceof SipParseError ? error.message : "";
      }
    };
    fc.assert(
      fc.property(mutated, mutated, fc.nat(), (a, b, at) => {
        const stream = Buffer.concat([a, b]);
        const cut = at % (stream.length + 1);
        const whole = read([stream]);
        const halves = read([stream.subarray(0, cut), stream.subarray(cut)]);
        // A keep-alive that is cut in two is two single CRLFs, which mean nothing.
        const plain = (seen: unknown): unknown => (Array.isArray(seen) ? seen.filter((item) => item !== "ping") : seen);
        expect(plain(halves)).toEqual(plain(whole));
      }),
      { numRuns: 500 },
    );
  });
});
