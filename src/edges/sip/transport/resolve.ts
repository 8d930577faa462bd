import { Resolver as DnsResolver } from "node:dns/promises";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { SipProtocol } from "../dialog/types.ts";

/** An IP literal and a port to send to. */
export interface SipTargetAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * RFC 3263 for a protocol that is already chosen: the addresses to try, best first, at least one. Rejects with an
 * `Error` if there is none.
 */
export type Resolver = (
  host: string,
  port: number | null,
  protocol: SipProtocol,
) => Promise<readonly SipTargetAddress[]>;

export const DEFAULT_PORT = 5060;
/** Addresses of a name that are tried; more would only delay the moment when a dead trunk is noticed. */
const MOST_ADDRESSES = 8;
/** SRV targets whose addresses are looked up; a zone that lists hundreds must not cost that many queries. */
const MOST_TARGETS = 16;
/** ms. A dead name server must not hold an attempt longer than a trunk's own silence would. */
const DNS_TIMEOUT_MS = 2_000;

/** One SRV record (RFC 2782). */
export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** The two queries of RFC 3263. An empty list: no such record. */
export interface NameServer {
  services(name: string): Promise<readonly ServiceRecord[]>;
  addresses(host: string): Promise<readonly string[]>;
}

/** IP literals need no name server; null: it is a name. Brackets of IPv6 are removed. */
export function literalAddress(host: string, port: number | null): SipTargetAddress | null {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return isIP(bare) === 0 ? null : { address: bare, port: port ?? DEFAULT_PORT };
}

/** RFC 3263 4.2: if a port is given, addresses only; else SRV by priority and weight, and addresses if there is no SRV. */
export function makeResolver(names: NameServer, random: () => number): Resolver {
  return async (host, port, protocol) => {
    const literal = literalAddress(host, port);
    if (literal !== null) return [literal];
    const services = port === null ? await names.services(`_sip._${protocol}.${host}`) : [];
    const targets =
      services.length === 0 ? [{ name: host, port: port ?? DEFAULT_PORT }] : orderServices(services, random);
    return addressesOf(names, targets, host);
  };
}

/** Looks up all at once, so that a name that is slow to fail does not hold up the next; names that do not exist are skipped. */
async function addressesOf(
  names: NameServer,
  targets: readonly Pick<ServiceRecord, "name" | "port">[],
  host: string,
): Promise<readonly SipTargetAddress[]> {
  const asked = targets.slice(0, MOST_TARGETS).map(async ({ name, port }) => {
    const addresses = await names.addresses(name);
    return addresses.map((address) => ({ address, port }));
  });
  const found: SipTargetAddress[] = [];
  const faults: string[] = [];
  for (const answer of await Promise.allSettled(asked)) {
    if (answer.status === "fulfilled") found.push(...answer.value);
    else faults.push(answer.reason instanceof Error ? answer.reason.message : String(answer.reason));
  }
  if (found.length > 0) return found.slice(0, MOST_ADDRESSES);
  throw new Error([`no address found for ${host}`, ...faults.slice(0, 1)].join(": "));
}

/** RFC 2782: by priority; within one priority drawn by weight. */
export function orderServices(records: readonly ServiceRecord[], random: () => number): ServiceRecord[] {
  const left = records.filter((record) => record.name !== "" && record.name !== ".");
  left.sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: ServiceRecord[] = [];
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const group = left.filter((record) => record.priority === priority);
    const chosen = drawByWeight(group, random);
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}

function drawByWeight(group: readonly ServiceRecord[], random: () => number): ServiceRecord {
  const total = group.reduce((sum, record) => sum + record.weight, 0);
  let rest = random() * total;
  for (const record of group) {
    rest -= record.weight;
    if (rest < 0) return record;
  }
  const last = group.at(-1);
  if (last === undefined) throw new Error("an empty group of services");
  return last;
}

/** DNS of this machine: SRV by the name servers, addresses as the system resolves them (so `/etc/hosts` counts). */
export function systemNameServer(): NameServer {
  const dns = new DnsResolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  return {
    services: async (name) => {
      try {
        return await dns.resolveSrv(name);
      } catch {
        // No record and no name server mean the same here: the plain address is looked up next.
        return [];
      }
    },
    addresses: async (host) => (await lookup(host, { all: true })).map((entry) => entry.address),
  };
}
