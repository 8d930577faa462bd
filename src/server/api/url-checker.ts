import type { Result } from "../../base/result.ts";
import type { AccountConfig } from "../exchange/account-config.ts";

/** What a URL may be for, as `plugboard check --as` has it. */
export const CHECKED_AS = ["connect", "dial-whom", "gather", "passthru", "greeting", "event"] as const;

/** A URL of a customer that is to be checked, and how. */
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
  /** `wrong`: the order; `busy`: another check of the account is running; `slow`: it was given up. */
  readonly kind: "wrong" | "busy" | "slow";
  /** One sentence. */
  readonly message: string;
}

/** Checks a URL as `plugboard check` does, through the guard of outgoing requests. The report is what `--json` prints. */
export type UrlChecker = (order: UrlCheckOrder) => Promise<Result<object, UrlCheckRefusal>>;
