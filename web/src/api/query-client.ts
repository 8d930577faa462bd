import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { PlugboardError } from "./client.ts";
import { isSignedOut, sessionQuery } from "./session.ts";

/** Most tries of a request that failed on its way; what the platform refuses is not tried again. */
const MOST_TRIES = 2;
/** ms for which an answer is used again without asking; the event feed says earlier when it changed. */
const FRESH_MS = 10_000;

/** Holds what the API answered. `onSignedOut` is called when a request shows that the session has ended. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown): void => {
    if (!isSignedOut(error) || client.getQueryData(sessionQuery.queryKey) === null) return;
    client.setQueryData(sessionQuery.queryKey, null);
    onSignedOut();
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError: (error) => onError(error) }),
    defaultOptions: {
      // The platform may be on this machine or in this house: a browser without the internet reaches it all the same.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        staleTime: FRESH_MS,
        retry: (failures, error) => failures < MOST_TRIES && !isRefusal(error),
      },
    },
  });
  return client;
}

function isRefusal(error: unknown): boolean {
  return error instanceof PlugboardError && error.status < 500 && error.status !== 429;
}
