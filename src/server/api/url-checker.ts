import type { Result } from "../../base/result.ts";
import type { AccountConfig } from "../exchange/account-config.ts";

/** What a URL may be for, as in `plugboard check --as`. */
export const CHECKED_AS = ["connect", "dial-whom", "gather", "passthru", "greeting", "event"] as const;

/** A customer's URL to check, and how to check it. */
export interface UrlCheckOrder {
  readonly config: AccountConfig;
  readonly url: string;
  readonly fallback: string | null;
  readonly as: (typeof CHECKED_AS)[number];
  readonly validation: "strict" | "lenient";
  readonly runs: number;
}

/** Why a URL was not checked. */
export interface UrlCheckRefusal {
  /** `wrong`: the order is invalid; `busy`: another check of the account is running; `slow`: the check was abandoned. */
  readonly kind: "wrong" | "busy" | "slow";
  /** One sentence. */
  readonly message: string;
}

/** Checks a URL as `plugboard check` does, through the guard of outgoing requests. The report is what `--json` prints. */
export type UrlChecker = (order: UrlCheckOrder) => Promise<Result<object, UrlCheckRefusal>>;
