import type { AccountConfig } from "../../exchange/account-config.ts";
import type { ApiOptions } from "../api-options.ts";

/** The account that a request holds a key of. Throws if the account has been deleted meanwhile. */
export function configOf({ directory }: Pick<ApiOptions, "directory">, account: string): AccountConfig {
  const config = directory.account(account);
  if (config === undefined) throw Object.assign(new Error(`there is no account ${account}`), { statusCode: 404 });
  return config;
}
