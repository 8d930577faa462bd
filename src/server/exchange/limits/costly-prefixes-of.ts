import type { AccountConfig } from "../account-config.ts";
import { COSTLY_PREFIXES, SOURCES } from "./costly-prefixes.ts";

/** A prefix that is expensive, as one account finds it. */
export interface AccountPrefix {
  readonly prefix: string;
  readonly name: string;
  /** Prefixes of `limits.open_prefixes` that open all of it, or a part; empty: it is closed. */
  readonly opened: readonly string[];
  /** Who says that it is expensive. */
  readonly source: string;
}

/** The prefixes that are closed as a whole until the account opens them. Places are not closed to accounts in them. */
export function costlyPrefixesOf({ limits }: Pick<AccountConfig, "limits">): AccountPrefix[] {
  return COSTLY_PREFIXES.map(({ prefix, name, source }) => ({
    prefix,
    name,
    opened: limits.openPrefixes.filter((open) => prefix.startsWith(open) || open.startsWith(prefix)),
    source: SOURCES[source],
  }));
}
