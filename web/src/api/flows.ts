import { queryOptions } from "@tanstack/react-query";
import { keyOf } from "./account.ts";
import type { PlugboardApi } from "./client.ts";

/** Every flow of the account, with what is published and whether there is a draft. */
export function flowsQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "flows"),
    queryFn: async ({ signal }) => (await api.flows.list({}, { signal })).flows,
  });
}
