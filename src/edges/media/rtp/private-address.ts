import { BlockList, isIPv6 } from "node:net";

const privateNetworks = new BlockList();
/** RFC 1918, RFC 6598 (carrier NAT), RFC 3927 (link-local). */
for (const [network, prefix] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
] as const)
  privateNetworks.addSubnet(network, prefix, "ipv4");
/** RFC 4193 (unique local) and RFC 4291 (link-local). */
privateNetworks.addSubnet("fc00::", 7, "ipv6");
privateNetworks.addSubnet("fe80::", 10, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** An address that only its own network can reach; a NAT may be in between. Loopback does not count. */
export function isPrivateAddress(address: string): boolean {
  return privateNetworks.check(address, familyOf(address));
}

/** The machine itself. */
export function isLoopback(address: string): boolean {
  return loopback.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
