import type { Wire } from "../contract/account.ts";
import type { CallSetup } from "./setup.ts";

/** What earlier versions stored in place of `wire` (REQ-33): a setting for `Created` alone. */
interface EarlierAccount {
  readonly createdFormat?: Wire;
}

/** A setup from its stored row, whichever version wrote it. Throws `SyntaxError` when the row is not JSON. */
export function readStoredSetup(json: string): CallSetup {
  const setup = JSON.parse(json) as CallSetup;
  const { createdFormat, ...account }: CallSetup["account"] & EarlierAccount = setup.account;
  return createdFormat === undefined ? setup : { ...setup, account: { ...account, wire: createdFormat } };
}
