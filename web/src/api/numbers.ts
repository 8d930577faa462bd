import { queryOptions } from "@tanstack/react-query";
import { keyOf } from "./account.ts";
import type { Models, PlugboardApi } from "./client.ts";

/** A number of the account, as configured (docs/workspace.md). */
export interface AccountNumber {
  readonly number: string;
  readonly name: string;
  readonly flow: string | null;
  readonly trunk: string | null;
  readonly region: string | null;
  readonly etag: string;
  readonly changedAt: string;
  readonly changedBy: string;
}

export function numbersQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "exophones"),
    queryFn: async ({ signal }) => (await api.exophones.list({}, { signal })).exophones.map(numberOf),
  });
}

function numberOf({ name: number, document, etag, changed_at, changed_by }: Models["ConfiguredEntry"]): AccountNumber {
  const text = (key: string): string | null => {
    const value = document[key];
    return typeof value === "string" && value !== "" ? value : null;
  };
  return {
    number,
    name: text("name") ?? "",
    flow: text("flow"),
    trunk: text("trunk"),
    region: text("region"),
    etag,
    changedAt: changed_at,
    changedBy: changed_by,
  };
}
