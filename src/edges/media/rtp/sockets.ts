import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";

/** Called for each datagram. `packet` is only valid during the call. */
export type Receive = (packet: Uint8Array, address: string, port: number) => void;

/** One bound UDP port. */
export interface UdpSocket {
  readonly port: number;
  /** Sends `packet[0..length)`; errors are counted, not thrown. A connected socket always sends to its peer. */
  send(packet: Uint8Array, length: number, port: number, address: string): void;
  /** From now on the kernel passes only packets from this peer (and sending costs a fifth less). False if it refused. */
  connect(port: number, address: string): boolean;
  /** Only for a socket that was opened on a specific port: Linux takes any other port away with the connection. */
  disconnect(): void;
  close(): void;
}

/**
 * Everything that media needs from the network: little enough to be replaced by a native addon that batches system calls.
 */
export interface SocketLayer {
  /** Binds `port` (0: any). "in_use": another socket holds it; "failed": the system provides no socket (descriptors, address). */
  open(port: number, receive: Receive): UdpSocket | "in_use" | "failed";
  /** Everything of this tick has been handed to `send`. */
  flush(): void;
}

/** Sockets of node:dgram on one local address. */
export class DgramLayer implements SocketLayer {
  errors = 0;
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
  }

  open(port: number, receive: Receive): UdpSocket | "in_use" | "failed" {
    const family = isIPv6(this.#address) ? 6 : 4;
    // Every address here is literal: answering at once saves each packet a turn of the event loop.
    const lookup = (host: string, _: unknown, done: (error: null, address: string, family: number) => void): void =>
      done(null, host, family);
    const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", lookup });
    let failure: string | null = null;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? "unknown";
      this.errors++;
    });
    socket.bind({ port, address: this.#address, exclusive: true });
    // With a lookup that answers at once, so does bind.
    if (failure !== null) {
      socket.close();
      return failure === "EADDRINUSE" ? "in_use" : "failed";
    }
    socket.on("message", (packet, from) => receive(packet, from.address, from.port));
    return new DgramSocket(socket, () => this.errors++);
  }

  flush(): void {
    // dgram hands every packet to the kernel at once.
  }
}

class DgramSocket implements UdpSocket {
  readonly port: number;
  readonly #socket: Socket;
  readonly #failed: () => void;
  #connected = false;
  #closed = false;

  constructor(socket: Socket, failed: () => void) {
    this.#socket = socket;
    this.#failed = failed;
    this.port = socket.address().port;
  }

  send(packet: Uint8Array, length: number, port: number, address: string): void {
    if (this.#closed) return;
    if (this.#connected) this.#socket.send(packet, 0, length);
    else if (port > 0 && port < 65_536) this.#socket.send(packet, 0, length, port, address);
    else this.#failed();
  }

  connect(port: number, address: string): boolean {
    this.disconnect();
    try {
      this.#socket.connect(port, address);
      this.#socket.remoteAddress();
      this.#connected = true;
    } catch {
      // No route, or an address of another family: the leg continues and checks every packet itself.
      this.#connected = false;
    }
    return this.#connected;
  }

  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#socket.disconnect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
