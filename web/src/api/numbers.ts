import { queryOptions } from "@tanstack/react-query";
import type { PlugboardApi } from "./client.ts";
import type { Entry } from "./entries.ts";
import { entriesQuery } from "./entries.ts";

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
  /** As the API has it. */
  readonly entry: Entry;
}

export function numbersQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    ...entriesQuery(api, account, "exophones"),
    select: (entries) => entries.map(numberOf),
  });
}

function numberOf(entry: Entry): AccountNumber {
  const { name: number, document, etag, changed_at, changed_by } = entry;
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
    entry,
  };
}
