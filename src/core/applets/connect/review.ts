import type { GroupSizes } from "../../call/setup.ts";
import { plainAccount } from "../../contract/account.ts";
import { validateConnectBody } from "../../contract/answer.ts";
import { type Finding, inParameters } from "../../contract/finding.ts";
import type { ValidationMode } from "../../contract/fields.ts";
import { unknownGroup } from "./dial-whom.ts";
import type { ConnectDocument } from "./schema.ts";

/** Any account will do: findings that depend on the account are left out below. */
const SOME_ACCOUNT = plainAccount();

/** Which numbers may be dialled, and from which ExoPhone, depends on the account. */
const DEPENDS_ON_ACCOUNT = /^destination\.numbers\[|^outgoing_phone_number/;

/** Findings about the answer that is written into the flow, and about a group that the account does not have. */
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
