import { queryOptions } from "@tanstack/react-query";
import type { SignedIn } from "./client.ts";
import { platformApi, PlugboardError } from "./client.ts";

/** Who is signed in; null: nobody. Set by sign-in, and to null by the first request that is answered 401. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => currentMember(signal),
  staleTime: Infinity,
  gcTime: Infinity,
});

/** The accounts that the person may see. */
export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: async ({ signal }) => (await platformApi.session.accounts({}, { signal })).accounts,
  staleTime: 60_000,
});

async function currentMember(signal: AbortSignal): Promise<SignedIn | null> {
  try {
    return await platformApi.session.get({}, { signal });
  } catch (error) {
    if (isSignedOut(error)) return null;
    throw error;
  }
}

/** Whether a request failed because the session has ended. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof PlugboardError && error.status === 401;
}

/** A path of this application to return to after sign-in; never an address elsewhere. */
export function ownPath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : "/";
}
