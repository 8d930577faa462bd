import { isIP, isIPv6 } from "node:net";
import type { Timer } from "../../base/clock.ts";
import type { Services } from "./services.ts";

/** ms. Callee and caller wait in silence for this; a name server answers in far less. */
const LOOKUP_MS = 1000;
/** A session description with more names than a call has media lines is not meant to be looked up. */
const MAX_NAMES = 4;

type Lookup = Pick<Services, "clock" | "resolveHost" | "mediaAddress">;

/**
 * A session description whose `c=` lines hold addresses: host names (RFC 8866 section 5.7) are looked up, and stay as they
 * are when that fails or takes too long. Answers at once when there are none.
 */
export function resolveHosts(sdp: string, services: Lookup): string | Promise<string> {
  const names = hostNames(sdp);
  if (names.length === 0) return sdp;
  return Promise.all(names.map(async (name) => [name, await addressOf(name, services)] as const)).then((found) =>
    replaceHosts(sdp, new Map(found)),
  );
}

/** The description with that address in place of each host name: to see whether anything else is wrong with it. */
export function withAddress(sdp: string, address: string): string {
  return replaceHosts(sdp, new Map(hostNames(sdp).map((name) => [name, address])));
}

/** Whether there are names to look up. */
export function namesHosts(sdp: string): boolean {
  return hostNames(sdp).length > 0;
}

const CONNECTION = /^(c=IN IP[46] )([^\s/]+)(.*)$/gim;
/** Something else than an IPv4 address: the cheap test before the exact one, since most descriptions have none. */
const OTHER_THAN_IPV4 = /^c=IN IP[46] [\d.]*[^\s/\d.]/im;

function hostNames(sdp: string): readonly string[] {
  if (!OTHER_THAN_IPV4.test(sdp)) return [];
  const names = [...sdp.matchAll(CONNECTION)].map((match) => match[2] ?? "").filter((host) => isIP(host) === 0);
  return [...new Set(names)].slice(0, MAX_NAMES);
}

function replaceHosts(sdp: string, addresses: ReadonlyMap<string, string | null>): string {
  return sdp.replace(CONNECTION, (line, _kind: string, host: string, rest: string) => {
    const address = addresses.get(host) ?? null;
    return address === null ? line : `c=IN IP${isIPv6(address) ? 6 : 4} ${address}${rest}`;
  });
}

/** An address that our own media can send to; null: none, or not in time. */
async function addressOf(name: string, { clock, resolveHost, mediaAddress }: Lookup): Promise<string | null> {
  let timer: Timer | null = null;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = clock.after(LOOKUP_MS, () => resolve([]));
  });
  const found = await Promise.race([resolveHost(name).catch(() => []), late]);
  (timer as Timer | null)?.cancel();
  return found.find((address) => isIPv6(address) === isIPv6(mediaAddress)) ?? null;
}
