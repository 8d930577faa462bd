import { isIP, isIPv6 } from "node:net";
import type { Timer } from "../../base/clock.ts";
import type { Services } from "./services.ts";

/** ms. Caller and callee wait for this in silence; a name server answers much faster. */
const LOOKUP_MS = 1000;
/** Limit on host names: a session description with more names than a call has media lines is not genuine. */
const MAX_NAMES = 4;

type Lookup = Pick<Services, "clock" | "resolveHost" | "mediaAddress">;

/**
 * The session description with the host names in its `c=` lines (RFC 8866 section 5.7) replaced by addresses. A name stays
 * as it is if its look-up fails or takes too long. Returns the text at once if there are no names.
 */
export function resolveHosts(sdp: string, services: Lookup): string | Promise<string> {
  const names = hostNames(sdp);
  if (names.length === 0) return sdp;
  return Promise.all(names.map(async (name) => [name, await addressOf(name, services)] as const)).then((found) =>
    replaceHosts(sdp, new Map(found)),
  );
}

/** The description with that address in place of each host name, to check whether anything else is wrong with it. */
export function withAddress(sdp: string, address: string): string {
  return replaceHosts(sdp, new Map(hostNames(sdp).map((name) => [name, address])));
}

/** Whether there are names to look up. */
export function namesHosts(sdp: string): boolean {
  return hostNames(sdp).length > 0;
}

const CONNECTION = /^(c=IN IP[46] )([^\s/]+)(.*)$/gim;
/** Anything but an IPv4 address: a cheap test before the exact one, as most descriptions have no names. */
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

/** An address that our media can send to; null: none, or not in time. */
async function addressOf(name: string, { clock, resolveHost, mediaAddress }: Lookup): Promise<string | null> {
  let timer: Timer | null = null;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = clock.after(LOOKUP_MS, () => resolve([]));
  });
  const found = await Promise.race([resolveHost(name).catch(() => []), late]);
  (timer as Timer | null)?.cancel();
  return found.find((address) => isIPv6(address) === isIPv6(mediaAddress)) ?? null;
}
