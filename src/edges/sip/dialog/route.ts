import { BlockList, isIPv6 } from "node:net";
import type { SipTargetAddress } from "../transport/resolve.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { SipProtocol } from "./types.ts";
import type { StackContext } from "./stack-context.ts";
import type { Dialog } from "./dialog.ts";
import { type Hop, hopOf } from "./hop.ts";

/** ms to connect for a request in a dialog whose connection is closed. */
const CONNECT_MS = 5_000;

/** Addresses that mean nothing outside their own network (RFC 1918, 6598, 3927, 4193). */
const privateNetworks = new BlockList();
privateNetworks.addSubnet("10.0.0.0", 8);
privateNetworks.addSubnet("172.16.0.0", 12);
privateNetworks.addSubnet("192.168.0.0", 16);
privateNetworks.addSubnet("100.64.0.0", 10);
privateNetworks.addSubnet("169.254.0.0", 16);
privateNetworks.addSubnet("127.0.0.0", 8);
privateNetworks.addSubnet("fc00::", 7, "ipv6");
privateNetworks.addSubnet("fe80::", 10, "ipv6");
privateNetworks.addAddress("::1", "ipv6");

function isPrivate(address: string): boolean {
  return privateNetworks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/**
 * Calls `use` with the flow for a request in the dialog: to the topmost Route, else to the remote target, over the
 * transport that this URI names, else the dialog's. At once for IP literals; after DNS for names, in the order asked.
 * The dialog's own flow is used if a NAT makes the target unreachable, if the target is at the other end of an open
 * connection, and if nothing better can be found.
 */
export function withFlow(stack: StackContext, dialog: Dialog, use: (flow: TransportFlow) => void): void {
  if (dialog.pinned || (dialog.flow.usable && stack.isBehindNat(dialog.flow))) {
    use(dialog.flow);
    return;
  }
  const { nextHop } = dialog;
  if (dialog.hop?.text !== nextHop) dialog.hop = hopOf(nextHop, dialog.flow.protocol);
  const { hop } = dialog;
  const { target, literal } = hop;
  if (target === null) use(dialog.flow);
  else if (literal !== null) use(chooseFlow(stack, dialog, target.protocol, literal));
  else {
    // One look-up per dialog: later requests wait for the same promise, and so keep their order.
    hop.address ??= ask(stack, target);
    const found = (address: SipTargetAddress | null): void =>
      use(address === null ? dialog.flow : chooseFlow(stack, dialog, target.protocol, address));
    hop.address.then(found).catch((error: unknown) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      stack.log.error({ reason }, "a SIP request in a dialog could not be sent");
    });
  }
}

async function ask(stack: StackContext, target: NonNullable<Hop["target"]>): Promise<SipTargetAddress | null> {
  try {
    return (await stack.resolve(target.host, target.port, target.protocol))[0] ?? null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    stack.log.warn({ reason, pii: { host: target.host } }, "the target of a SIP dialog has no address; using its flow");
    return null;
  }
}

function chooseFlow(
  stack: StackContext,
  dialog: Dialog,
  protocol: SipProtocol,
  target: SipTargetAddress,
): TransportFlow {
  const { flow } = dialog;
  if (flow.usable && protocol === flow.protocol && isPrivate(target.address) && !isPrivate(flow.remote.address))
    return flow;
  if (flow.usable && flow.reliable && protocol === flow.protocol && target.address === flow.remote.address) return flow;
  return stack.transport.flowTo(protocol, target.address, target.port, CONNECT_MS, flow.local) ?? flow;
}
