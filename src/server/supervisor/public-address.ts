import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { networkInterfaces } from "node:os";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { ServeConfig } from "./config.ts";

/** The queries to this machine and its name servers. */
export interface HostNetwork {
  interfaces(): readonly Pick<NetworkInterfaceInfo, "address" | "family" | "internal">[];
  /** The first address of a name in IP version 4 or 6 (0: either); rejects if it has none. */
  lookup(host: string, family: 0 | 4 | 6): Promise<string>;
}

export const hostNetwork: HostNetwork = {
  interfaces: () => Object.values(networkInterfaces()).flatMap((entries) => entries ?? []),
  lookup: async (host, family) => (await lookup(host, { family })).address,
};

/**
 * The settings with a public address that peers can send to. SDP and Contact carry it, so it must be an IP address, and not
 * the "any" address. A name is looked up once, here. The error is one sentence.
 */
export async function withPublicAddress(
  config: ServeConfig,
  network: HostNetwork = hostNetwork,
): Promise<Result<ServeConfig, string>> {
  const { publicAddress, sip } = config;
  if (publicAddress !== null) {
    const found = await addressOf("PLUGBOARD_PUBLIC_ADDRESS", publicAddress, familyOf(sip.host), network);
    return found.ok ? ok({ ...config, publicAddress: found.value }) : found;
  }
  if (isAny(sip.host)) {
    const found = onlyAddress(sip.host, sip.port, network);
    return found.ok ? ok({ ...config, publicAddress: found.value }) : found;
  }
  if (isIP(sip.host) !== 0) return ok(config);
  const found = await addressOf("PLUGBOARD_SIP", sip.host, 0, network);
  return found.ok ? ok({ ...config, publicAddress: found.value }) : found;
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** A listener on `::` takes both versions. */
function familyOf(sipHost: string): 0 | 4 | 6 {
  if (sipHost === "::") return 0;
  const version = isIP(sipHost);
  return version === 4 || version === 6 ? version : 0;
}

async function addressOf(
  setting: string,
  text: string,
  family: 0 | 4 | 6,
  network: HostNetwork,
): Promise<Result<string, string>> {
  const version = isIP(text);
  if (isAny(text))
    return err(`${setting} is ${text}, which cannot be sent to: it must be an address that trunks can reach`);
  if (version !== 0 && (family === 0 || version === family)) return ok(text);
  const wanted = family === 0 ? "address" : `IPv${family} address`;
  if (version !== 0)
    return err(`${setting} is ${text}, but PLUGBOARD_SIP listens on IPv${family}: it must be an IPv${family} address`);
  try {
    return ok(await network.lookup(text, family));
  } catch {
    return err(`${setting} is "${text}", a name for which no ${wanted} was found: give the address itself`);
  }
}

/** This machine's address if it has only one; of several, only the operator knows which one trunks can reach. */
function onlyAddress(any: string, port: number, network: HostNetwork): Result<string, string> {
  const family = isIPv6(any) ? "IPv6" : "IPv4";
  const outside = network
    .interfaces()
    .filter((entry) => entry.family === family && !entry.internal && !/^fe80:/i.test(entry.address))
    .map(({ address }) => address);
  const [first, ...others] = [...new Set(outside)];
  if (first === undefined) return ok(family === "IPv6" ? "::1" : "127.0.0.1");
  if (others.length === 0) return ok(first);
  const host = family === "IPv6" ? `[${any}]` : any;
  return err(
    `PLUGBOARD_SIP is ${host}:${port} and this machine has several addresses (${[first, ...others].join(", ")}): ` +
      "say in PLUGBOARD_PUBLIC_ADDRESS which one trunks can reach",
  );
}
