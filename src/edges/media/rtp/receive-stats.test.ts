import { expect, it } from "vitest";
import { RtpReceiveStats } from "./receive-stats.ts";
import { emptyRtpHeader } from "./rtp.ts";

/** Feeds packets 20 ms apart with these sequence numbers; the timestamp follows the sequence. */
function receive(sequences: readonly number[], into = new RtpReceiveStats(), ssrc = 7): RtpReceiveStats {
  sequences.forEach((sequence, i) =>
    into.packet({ ...emptyRtpHeader(), sequence: sequence & 0xffff, timestamp: sequence * 160, ssrc }, i * 20),
  );
  return into;
}

it("counts what is missing between the first and the highest sequence number (RFC 3550 A.3)", () => {
  const reception = receive([10, 11, 13, 14, 17]);
  expect(reception.lost).toBe(3);
  expect(reception.extendedHighest).toBe(17);
  expect(reception.received).toBe(5);
});

it("counts late packets as received", () => {
  expect(receive([10, 12, 11, 13]).lost).toBe(0);
});

it("never reports a negative loss when packets are duplicated", () => {
  expect(receive([10, 11, 11, 11, 12]).lost).toBe(0);
});

it("continues counting when the sequence number wraps", () => {
  const reception = receive([65534, 65535, 65536, 65537]);
  expect(reception.extendedHighest).toBe(65537);
  expect(reception.lost).toBe(0);
});

it("starts over with another SSRC, keeping what was lost before", () => {
  const reception = receive([10, 12]);
  receive([500, 501, 503], reception, 8);
  expect(reception.lost).toBe(2);
  expect(reception.ssrc).toBe(8);
});

it("reports when a stream begins", () => {
  const reception = new RtpReceiveStats();
  const packet = (sequence: number, ssrc: number): boolean =>
    reception.packet({ ...emptyRtpHeader(), sequence, ssrc }, 0);
  expect([packet(1, 7), packet(2, 7), packet(3, 8), packet(30_000, 8)]).toEqual([true, false, true, true]);
});

it("yields the loss since the last report in 256ths", () => {
  const reception = receive([0, 1, 2, 4]);
  expect(reception.takeFractionLost()).toBe(Math.floor(256 / 5));
  receive([5, 6, 7, 8], reception);
  expect(reception.takeFractionLost()).toBe(0);
});

it("measures no jitter on an even stream and 1/16 of a first displacement (RFC 3550 A.8)", () => {
  expect(receive([1, 2, 3, 4]).jitter).toBe(0);
  const reception = new RtpReceiveStats();
  const at = (sequence: number, ms: number): boolean =>
    reception.packet({ ...emptyRtpHeader(), sequence, timestamp: sequence * 160 }, ms);
  at(1, 20);
  at(2, 60);
  expect(reception.jitter).toBe(10);
});
