import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { QueueProbe } from "./queue-probe.ts";
import type { TransportFlow, Transport, TransportEvents, TransportFactory, TransportSetup } from "./types.ts";

/** Octets. A default buffer (208 KiB) kept 92 of 3,000 INVITEs that came while the event loop was busy; this kept all. */
const SOCKET_BUFFER = 4 << 20;
/** Above this a datagram cannot be sent at all: 65,535 minus the IP and UDP headers. */
const LARGEST_DATAGRAM = 65_507;

type LookupDone = (error: null, address: string, family: number) => void;

/** Addresses are already resolved here; Node's own lookup would cost a turn of the event loop per datagram. */
function literalLookup(address: string, _options: unknown, done: LookupDone): void {
  done(null, address, address.includes(":") ? 6 : 4);
}

/** Makes UDP listeners. */
export const udpTransport: TransportFactory = (setup) => new UdpTransport(setup);

class UdpTransport implements Transport {
  readonly protocol = "udp";
  readonly connections = 0;
  readonly #setup: TransportSetup;
  #local: { readonly host: string; readonly port: number };
  #socket: Socket | null = null;
  #probe: QueueProbe | null = null;
  #waiting: { readonly octets: Buffer; readonly flow: UdpFlow }[] = [];

  constructor(setup: TransportSetup) {
    this.#setup = setup;
    this.#local = { host: setup.host, port: setup.port };
  }

  get local(): { readonly host: string; readonly port: number } {
    return this.#local;
  }

  get events(): TransportEvents {
    return this.#setup.events;
  }

  get queueDelayMs(): number {
    return this.#probe?.delayMs ?? 0;
  }

  async open(): Promise<void> {
    const { host, port } = this.#setup;
    const type = isIPv6(host) ? "udp6" : "udp4";
    // IPv6 only, since addresses of the form ::ffff:192.0.2.1 match no list of admitted sources.
    const socket = createSocket({ type, lookup: literalLookup, ipv6Only: type === "udp6" });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address: host, port }, () => {
        socket.off("error", reject);
        resolve();
      });
    });
    this.#socket = socket;
    this.#local = { host, port: socket.address().port };
    this.#enlargeBuffers(socket);
    socket.on("error", (error) =>
      this.#setup.log.warn({ reason: error.message }, "the SIP UDP socket reported an error"),
    );
    const probe = new QueueProbe(this.#setup.clock, this.#setup.random, socket, host);
    this.#probe = probe;
    socket.on("message", (octets, from) => {
      if (probe.take(octets)) return;
      this.events.onOctets(new UdpFlow(this, { address: from.address, port: from.port }), octets);
    });
  }

  async close(): Promise<void> {
    this.flush();
    const socket = this.#socket;
    this.#socket = null;
    this.#probe?.stop();
    if (socket !== null) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  flowTo(address: string, port: number): TransportFlow {
    return new UdpFlow(this, { address, port });
  }

  /**
   * Sent at the end of this turn of the event loop, along with all others: the first datagram wakes the other side, and
   * the rest find it awake.
   */
  send(octets: Buffer, flow: UdpFlow): void {
    if (this.#waiting.push({ octets, flow }) === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const { octets, flow } of waiting) this.#sendNow(octets, flow);
  }

  #sendNow(octets: Buffer, flow: UdpFlow): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (octets.length > LARGEST_DATAGRAM) {
      this.#fail(flow, "message larger than a datagram");
      return;
    }
    socket.send(octets, flow.remote.port, flow.remote.address, (error) => {
      if (error !== null) this.#fail(flow, error.message);
    });
  }

  /** Reported later, never inside `send`: the sender is in the middle of a state change. */
  #fail(flow: UdpFlow, reason: string): void {
    this.#setup.clock.after(0, () => this.events.onFlowFailed(flow, reason));
  }

  /** The kernel silently grants less (and reports twice what it grants), so check afterwards. */
  #enlargeBuffers(socket: Socket): void {
    socket.setRecvBufferSize(SOCKET_BUFFER);
    socket.setSendBufferSize(SOCKET_BUFFER);
    const granted = socket.getRecvBufferSize();
    if (granted >= SOCKET_BUFFER) return;
    this.#setup.log.warn(
      { granted, wanted: SOCKET_BUFFER },
      "the kernel grants a small receive buffer: bursts will lose calls; raise net.core.rmem_max and net.core.wmem_max",
    );
  }
}

class UdpFlow implements TransportFlow {
  readonly protocol = "udp";
  readonly reliable = false;
  readonly usable = true;
  readonly remote: { readonly address: string; readonly port: number };
  readonly #transport: UdpTransport;

  constructor(transport: UdpTransport, remote: { readonly address: string; readonly port: number }) {
    this.#transport = transport;
    this.remote = remote;
  }

  get local(): { readonly host: string; readonly port: number } {
    return this.#transport.local;
  }

  send(octets: Buffer): void {
    this.#transport.send(octets, this);
  }

  close(): void {
    // Nothing to close: all flows share the socket.
  }
}
