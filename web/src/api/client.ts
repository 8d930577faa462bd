import type { Models, PlugboardApi } from "../../../src/client/client.ts";
import { createPlugboard } from "../../../src/client/client.ts";

export type { Models, PlugboardApi } from "../../../src/client/client.ts";
export { PlugboardError } from "../../../src/client/client.ts";

/** Who is signed in. */
export type SignedIn = Models["Member"];
export type Scope = SignedIn["scopes"][number];

const clients = new Map<string, PlugboardApi>();

/** The platform's API for one account, as the person who is signed in. */
export function apiOf(account: string): PlugboardApi {
  const known = clients.get(account) ?? createPlugboard({ url: location.origin, account });
  clients.set(account, known);
  return known;
}

/** For operations of no account: the session, the platform's members. */
export const platformApi = apiOf("");
