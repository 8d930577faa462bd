import { networkInterfaces } from "node:os";
import { isIPv6 } from "node:net";

/**
 * The address of a listener for others: its own, unless it listens on all addresses; then this machine's first address
 * that is not loopback (or loopback if there is no other).
 */
export function reachableHost(listenHost: string): string {
  if (listenHost !== "0.0.0.0" && listenHost !== "::") return listenHost;
  const family = isIPv6(listenHost) ? "IPv6" : "IPv4";
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const outside = all.find((entry) => entry.family === family && !entry.internal);
  return outside?.address ?? (family === "IPv6" ? "::1" : "127.0.0.1");
}
