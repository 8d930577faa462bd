import type { QueryKey } from "@tanstack/react-query";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { PlugboardApi, Scope } from "./client.ts";
import { apiOf } from "./client.ts";
import { sessionQuery } from "./session.ts";

const accountRoute = getRouteApi("/signed-in/a/$account");

/** The sid of the account that the page is about. */
export function useAccount(): string {
  return accountRoute.useParams({ select: ({ account }) => account });
}

/** The API for that account. */
export function useApi(): PlugboardApi {
  return apiOf(useAccount());
}

/** Whether the person who is signed in has the scope; what they can't do is not offered. */
export function useMay(scope: Scope): boolean {
  const { data: member } = useSuspenseQuery(sessionQuery);
  return member?.scopes.includes(scope) ?? false;
}

/** The key of a query about an account. Its first word after the account is what `feed-changes.ts` renews. */
export function keyOf(account: string, subject: Subject, ...rest: readonly unknown[]): QueryKey {
  return ["account", account, subject, ...rest];
}

/** What queries can be about. */
export type Subject =
  | "calls"
  | "call"
  | "live"
  | "flows"
  | "flow"
  | "exophones"
  | "trunks"
  | "users"
  | "groups"
  | "keys"
  | "members"
  | "outbox"
  | "exposure"
  | "recordings"
  | "audit"
  | "history"
  | "overview";
