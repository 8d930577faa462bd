import type { Flow } from "../../core/call/setup.ts";
import type { DocumentMistake, SourceProblem, YamlDocument } from "../../core/flow/yaml-document.ts";
import { dialedForms } from "./number-forms.ts";
import type { Subnet } from "./subnet.ts";
import { overlap, parseSubnet } from "./subnet.ts";
import type { WorkspaceAccount, WorkspaceDocument } from "./workspace-schema.ts";

/** An ExoPhone of the file, with the networks its calls come from. */
interface OwnedNumber {
  readonly number: string;
  readonly account: string;
  readonly path: readonly PropertyKey[];
  readonly networks: readonly Subnet[];
}

/** What a schema can't check: names that must exist, numbers that must be distinguishable. */
export function referenceProblems(
  source: YamlDocument,
  document: WorkspaceDocument,
  flows: ReadonlyMap<string, Flow>,
): readonly SourceProblem[] {
  return referenceMistakes(document.accounts, flows).map(({ path, message }) => source.problem(path, message));
}

/** The same for accounts that are not in a file; paths begin with the account's index. */
export function referenceMistakes(
  accounts: readonly WorkspaceAccount[],
  flows: ReadonlyMap<string, Flow>,
): readonly DocumentMistake[] {
  return [
    ...accounts.flatMap((account, index) => accountMistakes(account, flows).map(at(["accounts", index]))),
    ...numberMistakes(ownedNumbers(accounts)),
  ];
}

function at(prefix: readonly PropertyKey[]): (mistake: DocumentMistake) => DocumentMistake {
  return ({ path, message }) => ({ path: [...prefix, ...path], message });
}

function accountMistakes(account: WorkspaceAccount, flows: ReadonlyMap<string, Flow>): DocumentMistake[] {
  return [
    ...trunkMistakes(account),
    ...exophoneMistakes(account, flows),
    ...sameNames("users", "a user", account.users),
    ...sameNames("groups", "a group", account.groups),
    ...groupMistakes(account),
  ];
}

function sameNames(list: string, what: string, named: readonly { readonly name: string }[]): DocumentMistake[] {
  return named.flatMap(({ name }, i) =>
    named.findIndex((other) => other.name === name) < i
      ? [mistake([list, i, "name"], `there is already ${what} "${name}" in this account`)]
      : [],
  );
}

function trunkMistakes({ trunks }: WorkspaceAccount): DocumentMistake[] {
  const addresses = trunks.flatMap((trunk, i) =>
    trunk.accept_from.flatMap((address, j) =>
      parseSubnet(address) === null
        ? [
            mistake(
              ["trunks", i, "accept_from", j],
              `"${address}" is not an IP address or a subnet such as 192.0.2.0/24`,
            ),
          ]
        : [],
    ),
  );
  return [...addresses, ...sameNames("trunks", "a trunk", trunks)];
}

function exophoneMistakes(account: WorkspaceAccount, flows: ReadonlyMap<string, Flow>): DocumentMistake[] {
  const trunks = account.trunks.map(({ name }) => name);
  const known = [...flows.keys()]
    .filter((key) => key.startsWith(`${account.sid}/`))
    .map((key) => key.slice(account.sid.length + 1));
  return account.exophones.flatMap(({ flow, trunk }, i) => [
    ...unknownName(["exophones", i, "flow"], "flow", flow, known),
    ...unknownName(["exophones", i, "trunk"], "trunk", trunk, trunks),
  ]);
}

function groupMistakes({ groups, users }: WorkspaceAccount): DocumentMistake[] {
  const known = users.map(({ name }) => name);
  return groups.flatMap((group, i) =>
    [...group.users, ...(group.order ?? [])].flatMap((user) =>
      unknownName(["groups", i, "users"], "user", user, known),
    ),
  );
}

function unknownName(
  path: readonly PropertyKey[],
  what: string,
  name: string | null,
  known: readonly string[],
): DocumentMistake[] {
  if (name === null || known.includes(name)) return [];
  return [mistake(path, `there is no ${what} "${name}" (known: ${known.length === 0 ? "none" : known.join(", ")})`)];
}

function mistake(path: readonly PropertyKey[], message: string): DocumentMistake {
  return { path, message };
}

function ownedNumbers(accounts: readonly WorkspaceAccount[]): OwnedNumber[] {
  return accounts.flatMap((account, index) =>
    account.exophones.map(({ number, trunk }, i) => ({
      number,
      account: account.sid,
      path: ["accounts", index, "exophones", i, "number"],
      networks: account.trunks
        .filter(({ name }) => trunk === null || name === trunk)
        .flatMap(({ accept_from: sources }) => sources.map(parseSubnet).filter((subnet) => subnet !== null)),
    })),
  );
}

/**
 * A number belongs to one account. Numbers of different countries may be written alike (+91 80 4710 0000 and
 * +1 804 710 0000 are both 8047100000 nationally); then only the source of a call can tell them apart.
 */
function numberMistakes(numbers: readonly OwnedNumber[]): DocumentMistake[] {
  const byForm = new Map<string, OwnedNumber[]>();
  const mistakes = new Map<OwnedNumber, DocumentMistake>();
  for (const owned of numbers)
    for (const form of dialedForms(owned.number)) {
      const others = byForm.get(form) ?? [];
      const found = others.map((other) => clashOf(owned, other, form)).find((clash) => clash !== null);
      if (found !== undefined && !mistakes.has(owned)) mistakes.set(owned, mistake(owned.path, found));
      byForm.set(form, [...others, owned]);
    }
  return [...mistakes.values()];
}

function clashOf(owned: OwnedNumber, other: OwnedNumber, form: string): string | null {
  if (owned.number === other.number) return `${owned.number} already belongs to account "${other.account}"`;
  if (!overlap(owned.networks, other.networks)) return null;
  return (
    `${owned.number} and ${other.number} of account "${other.account}" are both dialled as ${form} from the same addresses: ` +
    "give them trunks whose accept_from lists share no address"
  );
}
