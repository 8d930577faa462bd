import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import type { SipProtocol } from "../dialog/types.ts";
import type {
  TransportFlow,
  Transport,
  TransportEvents,
  TransportFactory,
  TransportSetup,
} from "../transport/types.ts";

/** How bad the network is; all chances in [0, 1]. Only datagrams are lost, duplicated and reordered. */
export interface Impairments {
  readonly loss: number;
  readonly duplicate: number;
  /** ms. Each datagram takes a random time from this range, so a wide one reorders them. */
  readonly delayMs: { readonly from: number; readonly to: number };
}

/** Every datagram arrives once, in order, after 10 ms. */
export const FAIR: Impairments = { loss: 0, duplicate: 0, delayMs: { from: 10, to: 10 } };

interface Address {
  readonly host: string;
  readonly port: number;
}

/** One datagram or piece of a stream on its way. */
export interface Packet {
  readonly protocol: SipProtocol;
  readonly from: Address;
  readonly to: Address;
  readonly octets: Buffer;
}

/** A stream is cut into pieces of at most this many octets, to test framing. */
const LONGEST_PIECE = 700;
const FIRST_EPHEMERAL_PORT = 40_000;

/** A network in memory and in virtual time, with seeded impairments: the `transportFactory` of tests. */
export class VirtualNetwork {
  readonly clock: Clock;
  readonly random: Random;
  impairments: Impairments;
  /** Sees everything that is sent; false: it is lost. For scripted races. */
  gate: (packet: Packet) => boolean = () => true;
  readonly #listeners = new Map<string, VirtualTransport>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(clock: Clock, random: Random, impairments: Impairments = FAIR) {
    this.clock = clock;
    this.random = random;
    this.impairments = impairments;
  }

  readonly factory: TransportFactory = (setup) => new VirtualTransport(this, setup);

  bind(transport: VirtualTransport, wanted: Address): Address {
    const port = wanted.port === 0 ? this.#nextPort++ : wanted.port;
    const key = keyOf(transport.protocol, { host: wanted.host, port });
    if (this.#listeners.has(key)) throw new Error(`address in use: ${key}`);
    this.#listeners.set(key, transport);
    return { host: wanted.host, port };
  }

  unbind(transport: VirtualTransport): void {
    this.#listeners.delete(keyOf(transport.protocol, transport.local));
  }

  sendDatagram(packet: Packet): void {
    if (!this.gate(packet) || this.random.next() < this.impairments.loss) return;
    const copies = this.random.next() < this.impairments.duplicate ? 2 : 1;
    const { from, to } = this.impairments.delayMs;
    for (let i = 0; i < copies; i++) {
      const delayMs = from + this.random.next() * (to - from);
      this.clock.after(delayMs, () => this.#listeners.get(keyOf("udp", packet.to))?.deliver(packet));
    }
  }

  /** Connects after one delay, or fails as a closed port does. */
  connect(client: VirtualTransport, to: Address, timeoutMs: number): VirtualConnection {
    const local = { host: client.local.host, port: this.#nextPort++ };
    const here = new VirtualConnection(this, client, client.local, to, local);
    const server = this.#listeners.get(keyOf("tcp", to));
    if (server === undefined)
      this.clock.after(Math.min(timeoutMs, this.delayMs), () => here.break("connection refused"));
    else {
      const there = new VirtualConnection(this, server, server.local, local, to);
      here.join(there);
      server.adopt(there);
    }
    return here;
  }

  /** Cuts every stream, as a restarted firewall does. */
  breakConnections(): void {
    for (const listener of this.#listeners.values()) listener.breakConnections();
  }

  /** Constant, since streams keep their order. */
  get delayMs(): number {
    return this.impairments.delayMs.from;
  }
}

class VirtualTransport implements Transport {
  readonly protocol: SipProtocol;
  readonly events: TransportEvents;
  readonly #network: VirtualNetwork;
  readonly #wanted: Address;
  #local: Address;
  readonly #connections = new Map<string, VirtualConnection>();

  constructor(network: VirtualNetwork, setup: TransportSetup) {
    this.#network = network;
    this.protocol = setup.protocol;
    this.events = setup.events;
    this.#wanted = { host: setup.host, port: setup.port };
    this.#local = this.#wanted;
  }

  get local(): Address {
    return this.#local;
  }

  get connections(): number {
    return this.#connections.size;
  }

  open(): Promise<void> {
    this.#local = this.#network.bind(this, this.#wanted);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#network.unbind(this);
    this.breakConnections();
    return Promise.resolve();
  }

  breakConnections(): void {
    for (const connection of this.#connections.values()) connection.break("closed");
  }

  flowTo(address: string, port: number, connectTimeoutMs: number): TransportFlow {
    if (this.protocol === "udp") return new VirtualFlow(this.#network, this.#local, { address, port });
    const known = this.#connections.get(`${address}:${port}`);
    if (known !== undefined) return known;
    const made = this.#network.connect(this, { host: address, port }, connectTimeoutMs);
    this.adopt(made);
    return made;
  }

  adopt(connection: VirtualConnection): void {
    this.#connections.set(`${connection.remote.address}:${connection.remote.port}`, connection);
  }

  forget(connection: VirtualConnection): void {
    this.#connections.delete(`${connection.remote.address}:${connection.remote.port}`);
  }

  deliver(packet: Packet): void {
    const flow = new VirtualFlow(this.#network, this.#local, { address: packet.from.host, port: packet.from.port });
    this.events.onOctets(flow, Buffer.from(packet.octets));
  }
}

class VirtualFlow implements TransportFlow {
  readonly protocol = "udp";
  readonly reliable = false;
  readonly usable = true;
  readonly local: Address;
  readonly remote: { readonly address: string; readonly port: number };
  readonly #network: VirtualNetwork;

  constructor(network: VirtualNetwork, local: Address, remote: { readonly address: string; readonly port: number }) {
    this.#network = network;
    this.local = local;
    this.remote = remote;
  }

  send(octets: Buffer): void {
    const to = { host: this.remote.address, port: this.remote.port };
    this.#network.sendDatagram({ protocol: "udp", from: this.local, to, octets });
  }

  close(): void {
    // A datagram flow has nothing to close.
  }
}

/** One end of a stream. */
class VirtualConnection implements TransportFlow {
  readonly protocol = "tcp";
  readonly reliable = true;
  readonly local: Address;
  readonly remote: { readonly address: string; readonly port: number };
  readonly #network: VirtualNetwork;
  readonly #transport: VirtualTransport;
  readonly #socket: Address;
  #peer: VirtualConnection | null = null;
  #broken = false;

  constructor(network: VirtualNetwork, transport: VirtualTransport, local: Address, remote: Address, socket: Address) {
    this.#network = network;
    this.#transport = transport;
    this.local = local;
    this.remote = { address: remote.host, port: remote.port };
    this.#socket = socket;
  }

  get usable(): boolean {
    return !this.#broken;
  }

  join(peer: VirtualConnection): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  send(octets: Buffer): void {
    const peer = this.#peer;
    const to = { host: this.remote.address, port: this.remote.port };
    if (peer === null || this.#broken || !this.#network.gate({ protocol: "tcp", from: this.#socket, to, octets }))
      return;
    for (let at = 0; at < octets.length;) {
      const length = 1 + Math.floor(this.#network.random.next() * LONGEST_PIECE);
      const piece = Buffer.from(octets.subarray(at, at + length));
      this.#network.clock.after(this.#network.delayMs, () => peer.#receive(piece));
      at += length;
    }
  }

  close(): void {
    this.break("closed");
  }

  /** Both ends notice, the other one later. */
  break(reason: string): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#transport.forget(this);
    this.#network.clock.after(0, () => this.#transport.events.onFlowFailed(this, reason));
    const peer = this.#peer;
    if (peer !== null) this.#network.clock.after(this.#network.delayMs, () => peer.break("closed by the other end"));
  }

  #receive(piece: Buffer): void {
    if (!this.#broken) this.#transport.events.onOctets(this, piece);
  }
}

function keyOf(protocol: SipProtocol, address: Address): string {
  return `${protocol} ${address.host}:${address.port}`;
}
