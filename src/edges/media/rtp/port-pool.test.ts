import { beforeEach, expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { PortPool, QUARANTINE_MS } from "./port-pool.ts";
import type { UdpSocket } from "./sockets.ts";
import { FakeNet } from "../testing/fake-net.ts";

let clock = new VirtualClock();
let net = new FakeNet(clock);

beforeEach(() => {
  clock = new VirtualClock();
  net = new FakeNet(clock);
});

function pool(first: number, last: number, seed = 1): PortPool {
  return new PortPool(net, { first, last }, clock, seededRandom(seed));
}

function openAll(ports: PortPool): UdpSocket[] {
  const sockets: UdpSocket[] = [];
  for (;;) {
    const socket = ports.open(() => {});
    if (typeof socket === "string") return sockets;
    sockets.push(socket);
  }
}

function sorted(sockets: readonly UdpSocket[]): number[] {
  return sockets.map((socket) => socket.port).toSorted((a, b) => a - b);
}

it("opens every even port whose odd neighbour is in the range, once", () => {
  const sockets = openAll(pool(10_001, 10_010));
  expect(sorted(sockets)).toEqual([10_002, 10_004, 10_006, 10_008]);
});

it("opens them in an order that can't be guessed", () => {
  const order = (seed: number): number[] =>
    openAll(pool(10_000 + seed * 100, 10_039 + seed * 100, seed)).map((s) => s.port);
  const [first, second] = [order(1), order(2).map((port) => port - 100)];
  expect(first).not.toEqual(first.toSorted((a, b) => a - b));
  expect(first).not.toEqual(second);
});

it("takes the next port when another process holds one, and tries that one again after a minute", () => {
  net.foreign.add(10_000).add(10_004);
  const ports = pool(10_000, 10_007);
  const sockets = openAll(ports);
  expect(sorted(sockets)).toEqual([10_002, 10_006]);
  net.foreign.clear();
  clock.advance(60_000);
  expect(openAll(ports)).toHaveLength(2);
});

it("keeps a port in quarantine for five seconds after use", () => {
  const ports = pool(10_000, 10_001);
  const [socket] = openAll(ports);
  if (socket === undefined) throw new Error("no socket");
  ports.close(socket);
  expect(ports).toMatchObject({ freeCount: 0, quarantinedCount: 1 });
  clock.advance(QUARANTINE_MS - 1);
  expect(ports.open(() => {})).toBe("no_free_port");
  clock.advance(1);
  expect(ports.open(() => {})).toMatchObject({ port: 10_000 });
});

it("frees every port, no matter how often it was used", () => {
  const ports = pool(10_000, 10_019);
  for (let round = 0; round < 50; round++) {
    for (const socket of openAll(ports)) ports.close(socket);
    clock.advance(QUARANTINE_MS);
  }
  expect(ports).toMatchObject({ freeCount: 10, quarantinedCount: 0 });
});

it("stops after 32 foreign ports in a row instead of searching the whole range", () => {
  for (let port = 10_000; port < 10_200; port += 2) net.foreign.add(port);
  const ports = pool(10_000, 10_199);
  expect(ports.open(() => {})).toBe("no_free_port");
  expect(ports.freeCount).toBe(100 - 32);
});
