import type { TransportFlow } from "../transport/types.ts";
import type { FlowSnapshot } from "./types.ts";
import type { StackContext } from "./stack-context.ts";

/** ms to connect for a dialog or INVITE of an earlier process. */
const CONNECT_MS = 5_000;

/** A flow as a plain value. */
export function flowSnapshot({ protocol, local, remote }: TransportFlow): FlowSnapshot {
  return {
    protocol,
    localHost: local.host,
    localPort: local.port,
    remoteAddress: remote.address,
    remotePort: remote.port,
  };
}

/** The same flow again, from the same listener if it still exists; null if no listener speaks that protocol. */
export function flowFrom(stack: StackContext, snapshot: FlowSnapshot): TransportFlow | null {
  const { protocol, localHost, localPort, remoteAddress, remotePort } = snapshot;
  const local = { host: localHost, port: localPort };
  return stack.transport.flowTo(protocol, remoteAddress, remotePort, CONNECT_MS, local);
}
