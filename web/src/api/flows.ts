import { queryOptions } from "@tanstack/react-query";
import { keyOf } from "./account.ts";
import type { Models, PlugboardApi } from "./client.ts";
import type { Tagged } from "./etag.ts";
import { withEtag } from "./etag.ts";

/** A flow in the list: what is published, and whether there is a draft. */
export type ListedFlow = Models["FlowList"]["flows"][number];

/** Every flow of the account, with what is published and whether there is a draft. */
export function flowsQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "flows"),
    queryFn: async ({ signal }) => (await api.flows.list({}, { signal })).flows,
  });
}

/** The document of a flow as the platform has it. */
export type StoredFlow = Tagged<Models["Document"]>;

/** The draft of a flow. */
export function loadDraft(account: string, flow: string): Promise<StoredFlow> {
  return withEtag(account, (api) => api.flows.draft({ flow }));
}

/** The published version of a flow. */
export function loadPublished(account: string, flow: string): Promise<StoredFlow> {
  return withEtag(account, (api) => api.flows.get({ flow }));
}

/**
 * Saves a draft. `etag`: that of the draft it replaces; null: there is none yet. Rejects with 412 or 428 if somebody
 * else saved one in between.
 */
export async function saveDraft(
  account: string,
  flow: string,
  body: Models["Document"],
  etag: string | null,
): Promise<Tagged<readonly Models["FlowFinding"][]>> {
  const condition = etag === null ? ({ ifNoneMatch: "*" } as const) : { ifMatch: etag };
  const saved = await withEtag(account, (api) => api.flows.saveDraft({ flow, body, ...condition }));
  return { value: saved.value.findings, etag: saved.etag };
}

/** The name people gave a flow; its id if there is none. */
export function flowTitle({ flow, published }: ListedFlow): string {
  const name = published?.name ?? "";
  return name === "" ? `Flow ${flow}` : name;
}
