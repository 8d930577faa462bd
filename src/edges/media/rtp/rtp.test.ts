import { assert, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { emptyRtpHeader, looksLikeRtcp, parseRtp, RTP_HEADER_BYTES, writeRtp } from "./rtp.ts";

function parse(...bytes: number[]): ReturnType<typeof emptyRtpHeader> | null {
  const header = emptyRtpHeader();
  return parseRtp(Uint8Array.from(bytes), header) ? header : null;
}

// Version 2, marker, payload type 8, sequence 0x1234, timestamp 0x89abcdef, SSRC 0xdeadbeef.
const HEAD = [0x80, 0x88, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, 0xde, 0xad, 0xbe, 0xef];

it("reads each field from where RFC 3550 section 5.1 shows it", () => {
  expect(parse(...HEAD, 1, 2, 3)).toEqual({
    payloadType: 8,
    marker: true,
    sequence: 0x1234,
    timestamp: 0x89abcdef,
    ssrc: 0xdeadbeef,
    start: 12,
    end: 15,
  });
});

it("writes the same bytes", () => {
  const packet = new Uint8Array(RTP_HEADER_BYTES);
  writeRtp(packet, 8, true, 0x1234, 0x89abcdef, 0xdeadbeef);
  expect([...packet]).toEqual(HEAD);
});

it("finds the payload after contributing sources and an extension, and before padding", () => {
  const [, ...rest] = HEAD;
  const csrc = [1, 1, 1, 1, 2, 2, 2, 2];
  const extension = [0xbe, 0xde, 0x00, 0x01, 9, 9, 9, 9];
  const packet = [0x80 | 0x20 | 0x10 | 2, ...rest, ...csrc, ...extension, 7, 7, 0, 2];
  expect(parse(...packet)).toMatchObject({ start: 28, end: 30 });
});

it("refuses what is too short, of another version, or claims more than it contains", () => {
  expect(parse(...HEAD.slice(0, 11))).toBeNull();
  expect(parse(0x40, ...HEAD.slice(1))).toBeNull();
  expect(parse(0x80 | 15, ...HEAD.slice(1))).toBeNull();
  expect(parse(0x80 | 0x20, ...HEAD.slice(1), 200)).toBeNull();
  expect(parse(0x80 | 0x10, ...HEAD.slice(1), 0, 0, 0xff, 0xff)).toBeNull();
});

it("never throws, and never points outside the packet, whatever the input", () => {
  assert(
    property(uint8Array({ maxLength: 64 }), (packet) => {
      const header = emptyRtpHeader();
      if (!parseRtp(packet, header)) return;
      expect(header.start).toBeGreaterThanOrEqual(RTP_HEADER_BYTES);
      expect(header.end).toBeLessThanOrEqual(packet.length);
      expect(header.start).toBeLessThanOrEqual(header.end);
    }),
  );
});

it("tells RTCP from RTP on one port by the packet type", () => {
  expect(looksLikeRtcp(Uint8Array.of(0x80, 200))).toBe(true);
  expect(looksLikeRtcp(Uint8Array.of(0x80, 0x80 | 0))).toBe(false);
  expect(looksLikeRtcp(Uint8Array.of(0x80, 0x80 | 8))).toBe(false);
  expect(looksLikeRtcp(Uint8Array.of(0x80, 101))).toBe(false);
});
