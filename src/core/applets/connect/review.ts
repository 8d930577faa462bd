import type { Account } from "../../contract/account.ts";
import { validateConnectBody } from "../../contract/answer.ts";
import type { Finding } from "../../contract/finding.ts";
import type { ValidationMode } from "../../contract/fields.ts";
import type { ConnectDocument } from "./schema.ts";

/** No account in particular: what depends on one is left out below. */
const SOME_ACCOUNT: Account = {
  sid: "",
  tenantId: "",
  country: "IN",
  timezone: "Asia/Kolkata",
  numberFormat: "national",
  wire: "documented",
  dialEvents: [],
  language: "en",
  sipHosts: [],
  dialPrefixes: [],
  exophones: [],
  users: [],
  groups: {},
};

/** Who may be dialled, and from which ExoPhone, is the account's business. */
const DEPENDS_ON_ACCOUNT = /^destination\.numbers\[|^outgoing_phone_number/;

/** What the contract says of the answer that stands in the flow, whatever the account. */
export function reviewConnect(document: ConnectDocument, mode: ValidationMode): readonly Finding[] {
  const { url, dial_whom: whom, parameters = {} } = document;
  if (url !== undefined) return [];
  const body = whom === undefined ? parameters : { ...parameters, destination: { numbers: [] } };
  const { findings } = validateConnectBody(body, SOME_ACCOUNT, null, mode);
  return findings.filter(({ path }) => !DEPENDS_ON_ACCOUNT.test(path));
}
