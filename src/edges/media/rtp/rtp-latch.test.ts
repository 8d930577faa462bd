import { expect, it } from "vitest";
import { RtpLatch } from "./rtp-latch.ts";

const SSRC = 7;

function latchedTo(port: number): RtpLatch {
  const latch = new RtpLatch();
  latch.expect("10.0.0.1", 4000);
  latch.admit("10.0.0.9", port, SSRC, 100, 0);
  return latch;
}

it("before the first packet media goes where the description says", () => {
  const latch = new RtpLatch();
  latch.expect("10.0.0.1", 4000);
  expect(latch).toMatchObject({ address: "10.0.0.1", port: 4000, latched: false });
});

it("locks on to the first source, which is then also where media goes", () => {
  expect(latchedTo(4100)).toMatchObject({ address: "10.0.0.9", port: 4100, latched: true });
});

it("a later stray source changes nothing", () => {
  const latch = latchedTo(4100);
  expect(latch.admit("10.0.0.66", 6666, 99, 1, 20)).toBe(false);
  expect(latch.admit("10.0.0.9", 4101, SSRC, 101, 40)).toBe(false);
  expect(latch.admit("10.0.0.9", 4100, SSRC, 101, 60)).toBe(true);
  expect(latch).toMatchObject({ address: "10.0.0.9", port: 4100 });
});

it("a stray that was first gives way to the described source within two seconds, not later", () => {
  expect(latchedTo(4100).admit("10.0.0.1", 4000, 8, 1, 1900)).toBe(true);
  expect(latchedTo(4100).admit("10.0.0.1", 4000, 8, 1, 2100)).toBe(false);
});

it("the same stream may go on from elsewhere after three seconds of silence (a NAT's new binding)", () => {
  expect(latchedTo(4100).admit("10.0.0.9", 5555, SSRC, 260, 3200)).toBe(true);
  expect(latchedTo(4100).admit("10.0.0.9", 5555, SSRC, 101, 2900)).toBe(false);
});

it("another stream may not, however long it was silent", () => {
  const latch = latchedTo(4100);
  expect(latch.admit("10.0.0.66", 6666, 99, 260, 60_000)).toBe(false);
  expect(latch.admit("10.0.0.66", 6666, SSRC, 40_000, 60_000)).toBe(false);
});

it("a description of another place opens the latch, the same description does not", () => {
  const latch = latchedTo(4100);
  expect(latch.expect("10.0.0.1", 4000)).toBe(false);
  expect(latch.latched).toBe(true);
  expect(latch.expect("10.0.0.2", 4000)).toBe(true);
  expect(latch).toMatchObject({ address: "10.0.0.2", port: 4000, latched: false });
});

it("is firm at once for the described source, after two seconds for another", () => {
  const described = new RtpLatch();
  described.expect("10.0.0.1", 4000);
  expect(described.firm(0)).toBe(false);
  described.admit("10.0.0.1", 4000, SSRC, 1, 0);
  expect(described.firm(0)).toBe(true);
  expect(latchedTo(4100).firm(2000)).toBe(false);
  expect(latchedTo(4100).firm(2001)).toBe(true);
});
