import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { QueueProbe } from "./queue-probe.ts";

let socket: Socket;
let clock: VirtualClock;
let probe: QueueProbe;

beforeEach(async () => {
  socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  clock = new VirtualClock(1_000);
  probe = new QueueProbe(clock, seededRandom(1), socket, "0.0.0.0");
});

afterEach(() => {
  probe.stop();
  socket.close();
});

/** The next datagram in the socket's queue. */
function next(): Promise<Buffer> {
  return new Promise((resolve) => socket.once("message", resolve));
}

/** One probe that is read `delayMs` after it was sent. */
async function probed(delayMs: number): Promise<void> {
  const arrived = next();
  clock.advance(250);
  const sent = await arrived;
  clock.advance(delayMs);
  expect(probe.take(sent)).toBe(true);
}

it("measures how long datagrams wait in the queue, once they keep having to", async () => {
  expect(probe.delayMs).toBe(0);
  await probed(750);
  expect(probe.delayMs).toBe(0);
  await probed(500);
  expect(probe.delayMs).toBe(500);
  await probed(0);
  expect(probe.delayMs).toBe(0);
});

it("does not wait for the second probe when one waits for more than a second", async () => {
  clock.advance(250);
  clock.advance(1_000);
  expect(probe.delayMs).toBe(0);
  clock.advance(1);
  expect(probe.delayMs).toBe(1_001);
});

it("sends another when one was lost, counts from the first, and is not misled by one that arrives late after all", async () => {
  clock.advance(250);
  const first = await next();
  const second = next();
  clock.advance(2_000);
  expect(probe.take(first)).toBe(true);
  expect(probe.delayMs).toBe(2_000);
  expect(probe.take(await second)).toBe(true);
  expect(probe.delayMs).toBe(0);
});

it("ignores what others send", async () => {
  clock.advance(250);
  const ours = await next();
  const forged = Buffer.from(ours);
  forged[0] = (forged[0] ?? 0) ^ 1;
  expect([forged, ours.subarray(1), Buffer.from("OPTIONS sip:a SIP/2.0")].map((one) => probe.take(one))).toEqual([
    false,
    false,
    false,
  ]);
  clock.advance(1_400);
  expect(probe.delayMs).toBe(1_400);
});

it("M8: setting the wall clock does not look like a delay", async () => {
  clock.advance(250);
  clock.setWallClock(3_600_000);
  expect(probe.delayMs).toBe(0);
});
