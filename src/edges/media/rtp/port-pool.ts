import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import type { Receive, SocketLayer, UdpSocket } from "./sockets.ts";

/** Freed ports are in quarantine this long: packets on their way to the last call must not reach the next. */
export const QUARANTINE_MS = 5000;
/** A port that another process holds is tried again after this long. */
const FOREIGN_RETRY_MS = 60_000;
/** One `open` tries this many ports: a range full of foreign sockets must not hold up the tick. */
const MAX_TRIES = 32;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Opens even ports in random order (a predictable port invites injected audio); the odd one above is for RTCP. */
export class PortPool {
  readonly #sockets: SocketLayer;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #free: number[] = [];
  /** Sorted by `until`. */
  #quarantined: { port: number; until: number }[] = [];
  #foreign: { port: number; until: number }[] = [];

  constructor(sockets: SocketLayer, range: PortRange, clock: Clock, random: Random) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#random = random;
    for (let port = range.first + (range.first & 1); port + 1 <= range.last; port += 2) this.#free.push(port);
  }

  get freeCount(): number {
    this.#release();
    return this.#free.length;
  }

  get quarantinedCount(): number {
    this.#release();
    return this.#quarantined.length + this.#foreign.length;
  }

  /** A socket on a free port. "no_free_port": none is left · "no_socket": the system provides none. */
  open(receive: Receive): UdpSocket | "no_free_port" | "no_socket" {
    this.#release();
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const port = this.#takeRandom();
      if (port === null) return "no_free_port";
      const socket = this.#sockets.open(port, receive);
      if (socket === "failed") {
        this.#free.push(port);
        return "no_socket";
      }
      if (socket !== "in_use") return socket;
      this.#foreign.push({ port, until: this.#clock.now() + FOREIGN_RETRY_MS });
    }
    return "no_free_port";
  }

  /** The RTCP socket next to an open one; null if another process holds that port. */
  openRtcp(rtpPort: number, receive: Receive): UdpSocket | null {
    const socket = this.#sockets.open(rtpPort + 1, receive);
    return typeof socket === "string" ? null : socket;
  }

  close(socket: UdpSocket): void {
    socket.close();
    this.#quarantined.push({ port: socket.port, until: this.#clock.now() + QUARANTINE_MS });
  }

  #takeRandom(): number | null {
    const last = this.#free.pop();
    if (last === undefined) return null;
    const at = Math.floor(this.#random.next() * (this.#free.length + 1));
    const chosen = this.#free[at];
    if (chosen === undefined) return last;
    this.#free[at] = last;
    return chosen;
  }

  #release(): void {
    const now = this.#clock.now();
    this.#quarantined = this.#stillQuarantined(this.#quarantined, now);
    this.#foreign = this.#stillQuarantined(this.#foreign, now);
  }

  #stillQuarantined<T extends { port: number; until: number }>(quarantined: T[], now: number): T[] {
    const count = quarantined.findIndex(({ until }) => until > now);
    const done = count === -1 ? quarantined.length : count;
    if (done === 0) return quarantined;
    for (const { port } of quarantined.slice(0, done)) this.#free.push(port);
    return quarantined.slice(done);
  }
}
