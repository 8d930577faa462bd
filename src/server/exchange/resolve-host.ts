import { lookup } from "node:dns/promises";

/** Every address of a host name, from the machine's resolver. Rejects if there is none. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
