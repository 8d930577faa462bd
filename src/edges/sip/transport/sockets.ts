import { tcpTransport } from "./tcp.ts";
import type { TransportFactory } from "./types.ts";
import { udpTransport } from "./udp.ts";

/** Listeners on this machine's sockets. */
export const socketTransport: TransportFactory = (setup) =>
  setup.protocol === "udp" ? udpTransport(setup) : tcpTransport(setup);
