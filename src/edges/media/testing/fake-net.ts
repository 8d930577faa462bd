import type { Clock } from "../../../base/clock.ts";
import type { Receive, SocketLayer, UdpSocket } from "../rtp/sockets.ts";

/** Requests for port 0 get ports from here upward. */
const FIRST_ANY_PORT = 50_000;

/** What happens to one packet in transit: the delays after which copies of it arrive. `[]` loses it, two duplicate it. */
export type MediaImpairments = (packet: Uint8Array, from: number, to: number) => readonly number[];

/**
 * A network inside the process, in the time of `clock`: for tests. Every port is on one host unless `hosts` puts it on
 * another. Connected sockets filter by source, as the kernel does.
 */
export class FakeNet implements SocketLayer {
  readonly address = "127.0.0.1";
  /** Everything arrives after a millisecond unless a test sets other impairments. */
  impairments: MediaImpairments = () => [1];
  /** Ports that another process holds. */
  readonly foreign = new Set<number>();
  /** The host of a port, if it is not `address`. Packets to another address don't arrive. */
  readonly hosts = new Map<number, string>();
  readonly #clock: Clock;
  readonly #sockets = new Map<number, FakeSocket>();
  #nextAny = FIRST_ANY_PORT;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get openPorts(): number[] {
    return [...this.#sockets.keys()].sort((a, b) => a - b);
  }

  open(port: number, receive: Receive): UdpSocket | "in_use" | "failed" {
    const chosen = port === 0 ? (this.#nextAny += 2) : port;
    if (this.foreign.has(chosen) || this.#sockets.has(chosen)) return "in_use";
    const socket = new FakeSocket(chosen, receive, this);
    this.#sockets.set(chosen, socket);
    return socket;
  }

  flush(): void {
    // Packets are sent at once.
  }

  hostOf(port: number): string {
    return this.hosts.get(port) ?? this.address;
  }

  /** Is this port's source filter set, and to which port? */
  peerOf(port: number): number | null {
    return this.#sockets.get(port)?.peer?.port ?? null;
  }

  carry(packet: Uint8Array, from: number, to: Peer): void {
    if (to.address !== this.hostOf(to.port)) return;
    const source = { address: this.hostOf(from), port: from };
    for (const delay of this.impairments(packet, from, to.port))
      this.#clock.after(delay, () => this.#sockets.get(to.port)?.deliver(packet, source));
  }

  forget(port: number): void {
    this.#sockets.delete(port);
  }
}

interface Peer {
  readonly address: string;
  readonly port: number;
}

class FakeSocket implements UdpSocket {
  readonly port: number;
  peer: Peer | null = null;
  readonly #receive: Receive;
  readonly #net: FakeNet;

  constructor(port: number, receive: Receive, net: FakeNet) {
    this.port = port;
    this.#receive = receive;
    this.#net = net;
  }

  deliver(packet: Uint8Array, { address, port }: Peer): void {
    const passes = this.peer === null || (this.peer.port === port && this.peer.address === address);
    if (passes) this.#receive(packet, address, port);
  }

  send(packet: Uint8Array, length: number, port: number, address: string): void {
    this.#net.carry(packet.slice(0, length), this.port, this.peer ?? { address, port });
  }

  connect(port: number, address: string): boolean {
    this.peer = { address, port };
    return true;
  }

  disconnect(): void {
    this.peer = null;
  }

  close(): void {
    this.#net.forget(this.port);
  }
}
