import { BlockList, isIP } from "node:net";

/** An IP address or a range of addresses; a single address has the longest prefix. */
export interface Subnet {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; null for anything else. */
export function parseSubnet(text: string): Subnet | null {
  const [address = "", prefixText, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return null;
  const widest = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return null;
  const prefix = prefixText === undefined ? widest : Number(prefixText);
  if (prefix > widest) return null;
  return { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Whether the two lists have an address in common. */
export function overlap(some: readonly Subnet[], others: readonly Subnet[]): boolean {
  return some.some((a) => others.some((b) => contains(a, b) || contains(b, a)));
}

function contains(outer: Subnet, inner: Subnet): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  return blockListOf([outer]).check(inner.address, inner.family);
}

export function blockListOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of subnets) list.addSubnet(address, prefix, family);
  return list;
}
