import type { GroupSizes } from "../../call/setup.ts";
import { plainAccount } from "../../contract/account.ts";
import { validateConnectBody } from "../../contract/answer.ts";
import { type Finding, inParameters } from "../../contract/finding.ts";
import type { ValidationMode } from "../../contract/fields.ts";
import { unknownGroup } from "./dial-whom.ts";
import type { ConnectDocument } from "./schema.ts";

/** No account in particular: what depends on one is left out below. */
const SOME_ACCOUNT = plainAccount();

/** Who may be dialled, and from which ExoPhone, is the account's business. */
const DEPENDS_ON_ACCOUNT = /^destination\.numbers\[|^outgoing_phone_number/;

/** What the contract says of the answer that is written into the flow, and of a group that the account does not have. */
export function reviewConnect(
  document: ConnectDocument,
  mode: ValidationMode,
  groups: GroupSizes | null = null,
): readonly Finding[] {
  const { url, dial_whom: whom, parameters = {} } = document;
  if (url !== undefined) return [];
  const body = whom === undefined ? parameters : { ...parameters, destination: { numbers: [] } };
  const { findings } = validateConnectBody(body, SOME_ACCOUNT, null, mode);
  const fixed = findings.filter(({ path }) => !DEPENDS_ON_ACCOUNT.test(path));
  return [...unknownGroups(whom?.group, groups), ...fixed.map(inParameters)];
}

function unknownGroups(group: string | undefined, groups: GroupSizes | null): readonly Finding[] {
  if (group === undefined || groups === null || Object.hasOwn(groups, group)) return [];
  return [unknownGroup(group, Object.keys(groups))];
}
