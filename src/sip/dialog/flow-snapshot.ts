import type { Flow } from "../transport/types.ts";
import type { FlowSnapshot } from "./api.ts";
import type { Core } from "./core.ts";

/** ms to connect for what an earlier process began. */
const CONNECT_MS = 5_000;

/** A flow as a plain value. */
export function flowSnapshot({ protocol, local, remote }: Flow): FlowSnapshot {
  return {
    protocol,
    localHost: local.host,
    localPort: local.port,
    remoteAddress: remote.address,
    remotePort: remote.port,
  };
}

/** The same way again, from the same listener where it is still there; null: no listener speaks that protocol. */
export function flowFrom(core: Core, snapshot: FlowSnapshot): Flow | null {
  const { protocol, localHost, localPort, remoteAddress, remotePort } = snapshot;
  const local = { host: localHost, port: localPort };
  return core.transport.flowTo(protocol, remoteAddress, remotePort, CONNECT_MS, local);
}
