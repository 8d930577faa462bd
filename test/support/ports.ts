import { createSocket } from "node:dgram";
import type { Server } from "node:net";
import { createServer } from "node:net";

/**
 * The tests' ports, below those that the system assigns to programs that ask for any port (32,768 and up), so that none is
 * taken between our check and the listener's start. Each test process has its own range, guarded by a port that it holds
 * while it lives, so that two runs side by side don't take each other's ports.
 *
 *   9,900 + n: guard | 10,000 + 200 n: SIP, HTTP, guards of peers | 14,000 + 900 n: RTP        n = 0 … 19
 */
const RANGES = 20;
const FIRST_GUARD = 9_900;
const FIRST_PORT = 10_000;
const PORTS = 200;
const FIRST_RTP = 14_000;
const RTP_PORTS = 900;

interface PortRange {
  readonly guard: Server;
  readonly index: number;
  port: number;
  rtp: number;
}

let range: Promise<PortRange> | null = null;

/** A port that is free for UDP and for TCP. The next port is left alone: baresip listens there for TLS. */
export async function freePort(): Promise<number> {
  const own = await (range ??= takeRange());
  const first = FIRST_PORT + own.index * PORTS;
  for (let tried = 0; tried < PORTS; tried += 2) {
    const port = own.port;
    own.port = port + 2 < first + PORTS ? port + 2 : first;
    if ((await udpIsFree(port)) && (await tcpIsFree(port))) return port;
  }
  throw new Error(`none of the ports ${first} to ${first + PORTS - 1} is free`);
}

/** `count` consecutive ports for RTP, as a range; after the end of this process's range it starts over. */
export async function rtpRange(count: number): Promise<string> {
  const own = await (range ??= takeRange());
  const first = FIRST_RTP + own.index * RTP_PORTS;
  if (own.rtp + count > first + RTP_PORTS) own.rtp = first;
  const from = own.rtp;
  own.rtp += count;
  return `${from}-${from + count - 1}`;
}

async function takeRange(): Promise<PortRange> {
  for (let tried = 0; tried < RANGES; tried++) {
    const index = (process.pid + tried) % RANGES;
    const guard = await listen(FIRST_GUARD + index);
    if (guard === null) continue;
    // It ends with the process, and does not keep it alive.
    guard.unref();
    return { guard, index, port: FIRST_PORT + index * PORTS, rtp: FIRST_RTP + index * RTP_PORTS };
  }
  throw new Error(`${RANGES} test processes are already running: wait for one to end`);
}

function listen(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function tcpIsFree(port: number): Promise<boolean> {
  const probe = await listen(port);
  if (probe === null) return false;
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createSocket("udp4");
    probe.once("error", () => resolve(false));
    probe.bind(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
