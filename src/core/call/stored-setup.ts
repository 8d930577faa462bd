import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Account } from "../contract/account.ts";
import type { CallSetup, Flow } from "./setup.ts";
import { isObject, parseJson } from "./stored-json.ts";

/** The newest format that this version of Plugboard writes and reads. */
const NEWEST = 2;

/** What applied to accounts before each of these settings existed: a setup of an earlier version lacks it. */
const ACCOUNT_BEFORE: Omit<Account, "sid"> = {
  tenantId: "",
  country: "IN",
  timezone: "Asia/Kolkata",
  numberFormat: "national",
  // The form that requests had before the setting existed.
  wire: "observed",
  dialEvents: ["dial", "terminal"],
  language: "en-IN",
  sipHosts: [],
  dialPrefixes: [],
  exophones: [],
  users: [],
  groups: {},
};

/**
 * A call's setup from its row, whichever version wrote it. The error is one sentence about the setup, without quoting
 * it: it holds credentials.
 */
export function readStoredSetup({ version, json }: { version: number; json: string }): Result<CallSetup, string> {
  if (version > NEWEST) return err(`its setup was written by a newer version (format ${version})`);
  const parsed = parseJson(json);
  if (!parsed.ok) return err(`its setup ${parsed.error}`);
  const setup = parsed.value;
  if (!isObject(setup)) return err("its setup is not an object");
  const { account, flow, recordingsUrl, version: writtenBy } = setup;
  if (!isFlow(flow)) return err("its setup has no flow");
  if (!isObject(account) || typeof account["sid"] !== "string") return err("its setup names no account");
  if (typeof recordingsUrl !== "string" || typeof writtenBy !== "string") return err("its setup is incomplete");
  return ok({ ...setup, account: accountOf(account), flow, recordingsUrl, version: writtenBy });
}

/** Earlier versions had a setting only for `Created` (`createdFormat`) instead of `wire` (REQ-33). */
function accountOf(stored: Readonly<Record<string, unknown>>): Account {
  const { createdFormat, ...account } = stored;
  const wire = createdFormat === undefined ? {} : { wire: createdFormat };
  return { ...ACCOUNT_BEFORE, ...account, ...wire } as Account;
}

function isFlow(value: unknown): value is Flow {
  if (!isObject(value)) return false;
  const { id, name, start, validation, applets } = value;
  if (![id, name, start, validation].every((text) => typeof text === "string") || !isObject(applets)) return false;
  return Object.values(applets).every((applet) => isObject(applet) && typeof applet["type"] === "string");
}
