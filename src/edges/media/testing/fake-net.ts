import type { Clock } from "../../../base/clock.ts";
import type { Receive, SocketLayer, UdpSocket } from "../rtp/sockets.ts";

/** Any port of the fake network may be had, in this order, when 0 is asked for. */
const FIRST_ANY_PORT = 50_000;

/** What becomes of one packet on its way: the delays after which copies of it arrive. `[]` loses it, two double it. */
export type MediaImpairments = (packet: Uint8Array, from: number, to: number) => readonly number[];

/**
 * A network of one host inside the process, in the time of `clock`: for tests. Connected sockets filter by source, as
 * the kernel does.
 */
export class FakeNet implements SocketLayer {
  readonly address = "127.0.0.1";
  /** Everything arrives after a millisecond unless a test sets other impairments. */
  impairments: MediaImpairments = () => [1];
  /** Ports held by somebody else. */
  readonly foreign = new Set<number>();
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
    // Packets leave as they are sent.
  }

  /** Is this port's source filter set, and to which port? */
  peerOf(port: number): number | null {
    return this.#sockets.get(port)?.peer ?? null;
  }

  carry(packet: Uint8Array, from: number, to: number): void {
    for (const delay of this.impairments(packet, from, to))
      this.#clock.after(delay, () => this.#sockets.get(to)?.deliver(packet, this.address, from));
  }

  forget(port: number): void {
    this.#sockets.delete(port);
  }
}

class FakeSocket implements UdpSocket {
  readonly port: number;
  peer: number | null = null;
  readonly #receive: Receive;
  readonly #net: FakeNet;

  constructor(port: number, receive: Receive, net: FakeNet) {
    this.port = port;
    this.#receive = receive;
    this.#net = net;
  }

  deliver(packet: Uint8Array, address: string, from: number): void {
    if (this.peer === null || this.peer === from) this.#receive(packet, address, from);
  }

  send(packet: Uint8Array, length: number, port: number): void {
    this.#net.carry(packet.slice(0, length), this.port, this.peer ?? port);
  }

  connect(port: number): boolean {
    this.peer = port;
    return true;
  }

  disconnect(): void {
    this.peer = null;
  }

  close(): void {
    this.#net.forget(this.port);
  }
}
