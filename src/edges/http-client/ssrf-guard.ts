import { BlockList, isIP } from "node:net";

/**
 * Address blocks that no customer's URL may lead to (IANA special-purpose registries: RFC 6890 and later additions):
 * this machine, private networks, link-local with its cloud metadata, shared, documentation, multicast, reserved, and
 * the tunnels that carry an IPv4 address inside.
 */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const PRIVATE_IPV6: readonly (readonly [string, number])[] = [
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const private4 = blockList(PRIVATE_IPV4, "ipv4");
const private6 = blockList(PRIVATE_IPV6, "ipv6");
/** Prefixes whose last 32 bits are the IPv4 address that packets really go to: mapped (RFC 4291) and NAT64 (RFC 6052). */
const carriers = blockList(
  [
    ["::ffff:0:0", 96],
    ["64:ff9b::", 96],
  ],
  "ipv6",
);

/**
 * Whether an address leads into our own network. Takes any spelling of an IP address that `URL` gives as a host
 * (IPv6 with or without brackets); anything that is not an address counts as private, so that no unusual form slips through.
 */
export function isPrivateAddress(address: string): boolean {
  const bare = bareAddress(address);
  switch (isIP(bare)) {
    case 4:
      return private4.check(bare, "ipv4");
    case 6: {
      if (!carriers.check(bare, "ipv6")) return private6.check(bare, "ipv6");
      const inner = lastIPv4(bare);
      return inner === null || private4.check(inner, "ipv4");
    }
    default:
      return true;
  }
}

/**
 * Ports of other services, which a request could be tricked into talking to: the Fetch standard's list of bad ports
 * (fetch.spec.whatwg.org, port blocking). SIP's 5060 and 5061 are among them.
 */
const FOREIGN_PORTS: ReadonlySet<string> = new Set(
  (
    "0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 " +
    "123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 " +
    "990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080"
  ).split(" "),
);

/** One sentence about what is wrong with the URL's host or port; null if the URL alone shows nothing wrong. */
export function inwardBecause(url: URL): string | null {
  const literal = literalOf(url.hostname);
  if (literal !== null && isPrivateAddress(literal))
    return "The URL leads to an address inside the platform's own network.";
  return url.port !== "" && FOREIGN_PORTS.has(url.port)
    ? `Port ${url.port} belongs to a service other than HTTP.`
    : null;
}

/** The IP address of a URL's host, without brackets; null if the host is a name. */
export function literalOf(hostname: string): string | null {
  const bare = bareAddress(hostname);
  return isIP(bare) === 0 ? null : bare;
}

/** Without brackets, and without a zone (`fe80::1%eth0`), which says nothing about where it leads. */
function bareAddress(address: string): string {
  const inside = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  const zone = inside.indexOf("%");
  return zone < 0 ? inside : inside.slice(0, zone);
}

/** The last 32 bits of an IPv6 address in dotted form. `URL` turns every spelling into groups of hex. */
function lastIPv4(address: string): string | null {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(":");
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group === "" ? "0" : group, 16));
  if (high === undefined || low === undefined || Number.isNaN(high) || Number.isNaN(low)) return null;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

function blockList(blocks: readonly (readonly [string, number])[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of blocks) list.addSubnet(net, prefix, family);
  return list;
}
