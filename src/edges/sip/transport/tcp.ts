import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Timer } from "../../../base/clock.ts";
import type { TransportFlow, Transport, TransportFactory, TransportSetup } from "./types.ts";

/** Connections per listener; each costs a descriptor and some 20 KiB. More are refused: a flood must not starve calls. */
const MOST_CONNECTIONS = 4_096;
/** Connections from one address: a proxy needs a few, a flood wants all. */
const MOST_PER_ADDRESS = 256;
/** ms. Longer than a session timer's half (15 min) and every keep-alive; after it nobody is there. */
const IDLE_MS = 1_200_000;
/** Octets unsent on one connection; a peer that reads nothing must not fill our memory. */
const MOST_UNSENT = 1 << 20;

/** Makes TCP listeners, which also make connections. */
export const tcpTransport: TransportFactory = (setup) => new TcpTransport(setup);

class TcpTransport implements Transport {
  readonly protocol = "tcp";
  readonly #setup: TransportSetup;
  /** By remote address and port, whoever made the connection: what came in serves for requests out as well. */
  readonly #flows = new Map<string, TcpFlow>();
  readonly #perAddress = new Map<string, number>();
  #local: { readonly host: string; readonly port: number };
  #server: Server | null = null;

  constructor(setup: TransportSetup) {
    this.#setup = setup;
    this.#local = { host: setup.host, port: setup.port };
  }

  get local(): { readonly host: string; readonly port: number } {
    return this.#local;
  }

  get connections(): number {
    return this.#flows.size;
  }

  async open(): Promise<void> {
    const { host, port, log } = this.#setup;
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, ipv6Only: host.includes(":") }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (error) => log.warn({ reason: error.message }, "the SIP TCP listener reported an error"));
    const bound = server.address();
    if (bound !== null && typeof bound === "object") this.#local = { host, port: bound.port };
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const flow of this.#flows.values()) flow.close();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  flowTo(address: string, port: number, connectTimeoutMs: number): TransportFlow {
    const known = this.#flows.get(keyOf(address, port));
    if (known?.usable === true) return known;
    // Only a wildcard listener leaves the choice of our own address to the kernel.
    const { host } = this.#setup;
    const bind = host === "0.0.0.0" || host === "::" ? {} : { localAddress: host };
    const socket = createConnection({ host: address, port, noDelay: true, keepAlive: true, ...bind });
    return this.#adopt(socket, address, port, connectTimeoutMs);
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    const full = this.#flows.size >= MOST_CONNECTIONS || (this.#perAddress.get(address ?? "") ?? 0) >= MOST_PER_ADDRESS;
    if (address === undefined || port === undefined || full) {
      this.#setup.log.warn(
        { connections: this.#flows.size, pii: { address } },
        "refused a SIP TCP connection: too many",
      );
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return;
    }
    this.#adopt(socket, address, port, null);
  }

  #adopt(socket: Socket, address: string, port: number, connectTimeoutMs: number | null): TcpFlow {
    const flow = new TcpFlow(socket, () => this.#local, { address, port });
    const key = keyOf(address, port);
    this.#flows.set(key, flow);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    let reason = "connection closed";
    const connecting = connectTimeoutMs === null ? null : this.#limitConnecting(socket, connectTimeoutMs);
    socket.setTimeout(IDLE_MS, () => socket.destroy(new Error("idle connection closed")));
    socket.on("data", (octets) => {
      this.#setup.events.onOctets(flow, octets);
    });
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      connecting?.cancel();
      this.#forget(key, flow);
      this.#setup.events.onFlowFailed(flow, reason);
    });
    return flow;
  }

  #limitConnecting(socket: Socket, timeoutMs: number): Timer {
    const timer = this.#setup.clock.after(timeoutMs, () => socket.destroy(new Error("connect timeout")));
    socket.once("connect", () => timer.cancel());
    return timer;
  }

  #forget(key: string, flow: TcpFlow): void {
    if (this.#flows.get(key) === flow) this.#flows.delete(key);
    const { address } = flow.remote;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

class TcpFlow implements TransportFlow {
  readonly protocol = "tcp";
  readonly reliable = true;
  readonly remote: { readonly address: string; readonly port: number };
  readonly #socket: Socket;
  readonly #local: () => { readonly host: string; readonly port: number };

  constructor(
    socket: Socket,
    local: () => { readonly host: string; readonly port: number },
    remote: { readonly address: string; readonly port: number },
  ) {
    this.#socket = socket;
    this.#local = local;
    this.remote = remote;
  }

  get local(): { readonly host: string; readonly port: number } {
    return this.#local();
  }

  get usable(): boolean {
    return !this.#socket.destroyed && !this.#socket.writableEnded;
  }

  send(octets: Buffer): void {
    if (!this.usable) return;
    this.#socket.write(octets);
    if (this.#socket.writableLength > MOST_UNSENT) this.#socket.destroy(new Error("the peer does not read"));
  }

  close(): void {
    this.#socket.destroy();
  }
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
