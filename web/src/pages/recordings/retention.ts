import { queryOptions } from "@tanstack/react-query";
import { keyOf } from "../../api/account.ts";
import { platformApi } from "../../api/client.ts";

/** Days where the account says nothing; as docs/workspace.md. */
const DEFAULT_DAYS = 90;

interface WorkspaceAccount {
  readonly sid: string;
  readonly retention?: { readonly recordings_days?: number };
}

/** For how many days the account keeps recordings. */
export function retentionQuery(account: string) {
  return queryOptions({
    queryKey: keyOf(account, "recordings", "retention"),
    queryFn: async ({ signal }) => {
      const { workspace } = await platformApi.workspace.export({ account }, { signal });
      const own = (workspace.accounts as readonly WorkspaceAccount[]).find(({ sid }) => sid === account);
      return own?.retention?.recordings_days ?? DEFAULT_DAYS;
    },
  });
}
