import { queryOptions } from "@tanstack/react-query";
import { keyOf } from "./account.ts";
import type { PlugboardApi } from "./client.ts";

/** The names of the account's groups. */
export function groupsQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "groups", "names"),
    queryFn: async ({ signal }) => (await api.groups.list({}, { signal })).groups.map(({ name }) => name),
  });
}
