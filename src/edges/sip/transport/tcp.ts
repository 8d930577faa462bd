import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Timer } from "../../../base/clock.ts";
import type { TransportFlow, Transport, TransportFactory, TransportSetup } from "./types.ts";

/** Connections per listener; each costs a descriptor and about 20 KiB. More are refused: a flood must not starve calls. */
const MOST_CONNECTIONS = 4_096;
/** Connections from one address: a proxy needs a few, a flood wants them all. */
const MOST_PER_ADDRESS = 256;
/** Connections of sources that are not accepted. Requests in a dialog may come from them, but a flood must not take all places. */
const MOST_STRANGERS = 64;
const MOST_STRANGERS_PER_ADDRESS = 4;
/** ms that a stranger has for a message that belongs to a call. */
const STRANGER_MS = 10_000;
/** ms between two log lines about refused connections: a flood must not fill the log. */
const REFUSAL_LOG_MS = 60_000;
/** ms. Longer than half a session timer (15 min) and any keep-alive; after this the far side must be gone. */
const IDLE_MS = 1_200_000;
/** Octets unsent on one connection; a peer that does not read must not fill our memory. */
const MOST_UNSENT = 1 << 20;

/** Makes TCP listeners, which also open connections. */
export const tcpTransport: TransportFactory = (setup) => new TcpTransport(setup);

class TcpTransport implements Transport {
  readonly protocol = "tcp";
  readonly #setup: TransportSetup;
  /** By remote address and port, incoming or outgoing: incoming connections are used for our requests too. */
  readonly #flows = new Map<string, TcpFlow>();
  readonly #known = new Places(MOST_CONNECTIONS, MOST_PER_ADDRESS);
  readonly #strangers = new Places(MOST_STRANGERS, MOST_STRANGERS_PER_ADDRESS);
  #local: { readonly host: string; readonly port: number };
  #server: Server | null = null;
  #refused = 0;
  #refusalLoggedAt = Number.NEGATIVE_INFINITY;

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
    // The kernel chooses our address only for a wildcard listener.
    const { host } = this.#setup;
    const bind = host === "0.0.0.0" || host === "::" ? {} : { localAddress: host };
    const socket = createConnection({ host: address, port, noDelay: true, keepAlive: true, ...bind });
    return this.#adopt(socket, { address, port }, this.#known, connectTimeoutMs);
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) {
      socket.destroy();
      return;
    }
    const { events } = this.#setup;
    const places = events.admitsConnection?.({ address, port }) === false ? this.#strangers : this.#known;
    if (places.isFull(address)) this.#refuse(socket, address, port);
    else this.#adopt(socket, { address, port }, places, null);
  }

  #refuse(socket: Socket, address: string, port: number): void {
    socket.on("error", () => socket.destroy());
    socket.destroy();
    this.#refused++;
    this.#setup.events.onConnectionRefused?.({ address, port });
    const now = this.#setup.clock.elapsed();
    if (now - this.#refusalLoggedAt < REFUSAL_LOG_MS) return;
    this.#refusalLoggedAt = now;
    const { refused, connections } = { refused: this.#refused, connections: this.connections };
    this.#setup.log.warn({ refused, connections, pii: { address } }, "refused SIP TCP connections: too many");
    this.#refused = 0;
  }

  #adopt(
    socket: Socket,
    remote: { readonly address: string; readonly port: number },
    places: Places,
    connectTimeoutMs: number | null,
  ): TcpFlow {
    const flow = new TcpFlow(socket, () => this.#local, remote, places);
    if (places === this.#strangers) this.#limitStranger(flow);
    const key = keyOf(remote.address, remote.port);
    this.#flows.set(key, flow);
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
      if (flow.stranger && !flow.dismissed) this.#setup.events.onConnectionRefused?.(remote);
      flow.leave();
      if (this.#flows.get(key) === flow) this.#flows.delete(key);
      this.#setup.events.onFlowFailed(flow, reason);
    });
    return flow;
  }

  /** Closes it after its time unless one of its messages belongs to a call or transaction of ours. */
  #limitStranger(flow: TcpFlow): void {
    const timer = this.#setup.clock.after(STRANGER_MS, () => flow.close());
    flow.onKept = () => {
      timer.cancel();
      flow.moveTo(this.#known);
    };
  }

  #limitConnecting(socket: Socket, timeoutMs: number): Timer {
    const timer = this.#setup.clock.after(timeoutMs, () => socket.destroy(new Error("connect timeout")));
    socket.once("connect", () => timer.cancel());
    return timer;
  }
}

/** Connections of one kind, counted by address. */
class Places {
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #perAddress = new Map<string, number>();
  #taken = 0;

  constructor(most: number, mostPerAddress: number) {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
  }

  isFull(address: string): boolean {
    return this.#taken >= this.#most || (this.#perAddress.get(address) ?? 0) >= this.#mostPerAddress;
  }

  take(address: string): void {
    this.#taken++;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
  }

  free(address: string): void {
    this.#taken--;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

class TcpFlow implements TransportFlow {
  readonly protocol = "tcp";
  readonly reliable = true;
  readonly remote: { readonly address: string; readonly port: number };
  dismissed = false;
  /** Set while it is a stranger's. */
  onKept: (() => void) | null = null;
  readonly #socket: Socket;
  readonly #local: () => { readonly host: string; readonly port: number };
  #places: Places;

  constructor(
    socket: Socket,
    local: () => { readonly host: string; readonly port: number },
    remote: { readonly address: string; readonly port: number },
    places: Places,
  ) {
    this.#socket = socket;
    this.#local = local;
    this.remote = remote;
    this.#places = places;
    places.take(remote.address);
  }

  get stranger(): boolean {
    return this.onKept !== null;
  }

  /** Its refusal has been reported: the end of the connection is not reported as another. */
  dismiss(): void {
    this.dismissed = true;
    this.close();
  }

  keep(): void {
    const run = this.onKept;
    this.onKept = null;
    run?.();
  }

  /** Gives up its place among strangers for one among known sources. */
  moveTo(places: Places): void {
    this.leave();
    this.#places = places;
    places.take(this.remote.address);
  }

  /** The connection has closed. */
  leave(): void {
    this.#places.free(this.remote.address);
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
