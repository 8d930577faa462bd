import { queryOptions } from "@tanstack/react-query";
import type { TraceEntry } from "../../../../src/core/call/trace.ts";
import { keyOf } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";

/** A call as the page works with it: the entries of the trace with the keys of their types. */
export type WholeCall = Omit<Models["Call"], "trace"> & { readonly trace: readonly TraceEntry[] };

export function callQuery(api: PlugboardApi, account: string, callSid: string) {
  return queryOptions({
    queryKey: keyOf(account, "call", callSid),
    queryFn: async ({ signal }) => (await api.calls.get({ callSid }, { signal })) as unknown as WholeCall,
  });
}

export function whyQuery(api: PlugboardApi, account: string, callSid: string) {
  return queryOptions({
    queryKey: keyOf(account, "call", callSid, "why"),
    queryFn: ({ signal }) => api.calls.why({ callSid }, { signal }),
  });
}

/** What can be done with the call now; only live calls have any. */
export function actionsQuery(api: PlugboardApi, account: string, callSid: string) {
  return queryOptions({
    queryKey: keyOf(account, "call", callSid, "actions"),
    queryFn: async ({ signal }) => (await api.calls.actions({ callSid }, { signal })).actions,
  });
}
