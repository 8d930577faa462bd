import type { Account } from "./account.ts";
import type { Destination } from "./destination.ts";
import type { Finding } from "./finding.ts";

/** What one entry of a destination list means. Null: it cannot be dialled, and a finding says why. */
export interface ReadDestination {
  readonly destination: Destination | null;
  readonly findings: readonly Finding[];
}

/** One entry of a destination list (RES-24, RES-4, RES-25). `path` is where it stands, for the findings. */
export declare function readDestination(text: string, account: Account, path?: string): ReadDestination;

/** E.164 in the account's form (REQ-32). Anything else (`sip:user`, `anonymous`) is returned as it is. */
export declare function formatNumber(e164OrRaw: string, account: Pick<Account, "numberFormat">): string;

/** A destination as requests name it (REQ-32): a number in the account's form, or `sip:user`. */
export declare function formatDestination(destination: Destination, account: Pick<Account, "numberFormat">): string;
