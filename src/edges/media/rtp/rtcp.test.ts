import { assert, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { buildReport, ntpMiddle, parseRtcp, type Report } from "./rtcp.ts";

const BLOCK = {
  ssrc: 0x01020304,
  fractionLost: 64,
  lost: 5,
  extendedHighest: 0x00010007,
  jitter: 33,
  lastReport: 0xabcdef01,
  delay: 65_536,
};
/** 2000-01-01T00:00:00.5Z, 3,155,673,600 s after 1900. */
const NOW_MS = 946_684_800_500;
const REPORT: Report = {
  ssrc: 0x0a0b0c0d,
  cname: "abc",
  nowMs: NOW_MS,
  sender: { timestamp: 160, packets: 2, octets: 320 },
  block: BLOCK,
  bye: false,
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

it("writes a sender report as RFC 3550 section 6.4.1 shows it, then the CNAME", () => {
  const head = ["81c8000c", "0a0b0c0d"].join("");
  const senderInfo = ["bc17c200", "80000000", "000000a0", "00000002", "00000140"].join("");
  const block = ["01020304", "40000005", "00010007", "00000021", "abcdef01", "00010000"].join("");
  const description = ["81ca0003", "0a0b0c0d", "0103616263000000"].join("");
  expect(hex(buildReport(REPORT))).toBe(head + senderInfo + block + description);
});

it("writes a receiver report when nothing was sent, and a BYE at the end", () => {
  const packet = hex(buildReport({ ...REPORT, sender: null, block: null, bye: true }));
  expect(packet.slice(0, 16)).toBe("80c900010a0b0c0d");
  expect(packet.slice(-16)).toBe("81cb00010a0b0c0d");
});

it("ends the CNAME with at least one zero, even when it fills its words", () => {
  const packet = buildReport({ ...REPORT, sender: null, block: null, cname: "ab" });
  expect(hex(packet).slice(16)).toBe(["81ca0003", "0a0b0c0d", "0102616200000000"].join(""));
});

it("reads its own reports back", () => {
  expect(parseRtcp(buildReport({ ...REPORT, bye: true }))).toEqual({
    senderReport: { ssrc: REPORT.ssrc, ntpMiddle: ntpMiddle(NOW_MS) },
    blocks: [BLOCK],
    bye: true,
  });
});

it("reads a negative count of lost packets", () => {
  const packet = buildReport({ ...REPORT, sender: null });
  packet.set([0xff, 0xff, 0xfe], 13);
  expect(parseRtcp(packet)?.blocks[0]?.lost).toBe(-2);
});

it("refuses what is not a compound packet: another type first, a length beyond the end, another version", () => {
  const good = buildReport(REPORT);
  expect(parseRtcp(good.subarray(52))).toBeNull();
  expect(parseRtcp(good.subarray(0, good.length - 4))).toBeNull();
  expect(parseRtcp(Uint8Array.of(0x40, 201, 0, 0))).toBeNull();
  expect(parseRtcp(new Uint8Array(0))).toBeNull();
});

it("skips packets of other types", () => {
  const application = Uint8Array.from([0x80, 204, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
  const packet = new Uint8Array([...buildReport(REPORT), ...application]);
  expect(parseRtcp(packet)?.blocks).toHaveLength(1);
});

it("never throws, whatever the input", () => {
  assert(
    property(uint8Array({ maxLength: 80 }), (packet) => {
      packet[0] = 0x81;
      packet[1] = 201;
      expect(() => parseRtcp(packet)).not.toThrow();
    }),
  );
});
