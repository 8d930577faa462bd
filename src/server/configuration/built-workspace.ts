import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { DocumentMistake } from "../../core/flow/yaml-document.ts";
import { checkValue } from "../../core/flow/yaml-document.ts";
import type { AccountConfig } from "../exchange/account-config.ts";
import { accountConfig } from "../exchange/account-config.ts";
import { referenceMistakes } from "../exchange/workspace-references.ts";
import type { WorkspaceAccount } from "../exchange/workspace-schema.ts";
import { accountSchema } from "../exchange/workspace-schema.ts";
import type { Workspace } from "../exchange/workspace.ts";
import type { Resource } from "./resources.ts";
import { inOrder, joinAccount, LISTED_KINDS, LISTS } from "./resources.ts";

/** A mistake in the configuration: `message` completes `where`. */
export interface ConfigurationMistake {
  readonly account: string;
  /** `trunks "main" address`; empty: the account as a whole. */
  readonly where: string;
  readonly message: string;
}

interface BuiltAccount {
  readonly resources: readonly Resource[];
  readonly document: WorkspaceAccount;
  readonly config: AccountConfig;
  readonly flows: ReadonlyMap<string, Flow>;
}

/** Resources as the exchange uses them, with their mistakes. */
export interface BuiltWorkspace {
  /** The workspace without the accounts that themselves have a mistake. */
  readonly workspace: Workspace;
  readonly mistakes: readonly ConfigurationMistake[];
  readonly accounts: ReadonlyMap<string, BuiltAccount>;
}

export const EMPTY_WORKSPACE: BuiltWorkspace = {
  workspace: { accounts: [], flows: new Map() },
  mistakes: [],
  accounts: new Map(),
};

/**
 * The whole configuration as the exchange uses it. Whatever has not changed since `before` is the same object, and keeps its
 * setups, prompts and counters. An account with a mistake stays as it was in `before`, so that other accounts don't suffer.
 */
export function buildWorkspace(resources: readonly Resource[], before: BuiltWorkspace): BuiltWorkspace {
  const mistakes: ConfigurationMistake[] = [];
  const accounts = new Map<string, BuiltAccount>();
  for (const { account } of inOrder(resources.filter(({ kind }) => kind === "account"))) {
    const own = resources.filter((each) => each.account === account);
    const [known, built] = [before.accounts.get(account), buildAccount(account, own, before.accounts.get(account))];
    if (built.ok) accounts.set(account, built.value);
    else mistakes.push(...built.error);
    if (!built.ok && known !== undefined) accounts.set(account, known);
  }
  const all = [...accounts.values()];
  const flows = new Map(all.flatMap((each) => [...each.flows]));
  mistakes.push(...crossMistakes(all, flows));
  return { workspace: { accounts: all.map(({ config }) => config), flows }, mistakes, accounts };
}

function buildAccount(
  account: string,
  resources: readonly Resource[],
  before: BuiltAccount | undefined,
): Result<BuiltAccount, readonly ConfigurationMistake[]> {
  if (before !== undefined && isUnchanged(resources, before.resources)) return ok(before);
  const whole = joinAccount(account, resources) ?? {};
  const document = checkValue(whole, accountSchema);
  const flows = resources.filter(({ kind }) => kind === "flow").map((flow) => buildFlow(flow, before));
  const faulty = flows.flatMap((flow) => (flow.ok ? [] : flow.error));
  if (!document.ok || faulty.length > 0) {
    const own = document.ok ? [] : document.error.map((mistake) => mistakeIn(account, whole, mistake));
    return err([...own, ...faulty]);
  }
  const built = new Map(
    flows.flatMap((flow) => (flow.ok ? [[`${account}/${flow.value.id}`, flow.value] as const] : [])),
  );
  return ok({ resources, document: document.value, config: accountConfig(document.value), flows: built });
}

function isUnchanged(now: readonly Resource[], before: readonly Resource[]): boolean {
  const known = new Set(before);
  return now.length === before.length && now.every((each) => known.has(each));
}

function buildFlow(
  resource: Resource,
  before: BuiltAccount | undefined,
): Result<Flow, readonly ConfigurationMistake[]> {
  const { account, name } = resource;
  const known = before?.resources.includes(resource) === true ? before.flows.get(`${account}/${name}`) : undefined;
  if (known !== undefined) return ok(known);
  const flow = parseFlow(resource.document);
  if (!flow.ok)
    return err(
      flow.error.map(({ path, message }) => ({ account, where: [`flow "${name}"`, ...path].join(" "), message })),
    );
  if (flow.value.id === name) return ok(flow.value);
  return err([{ account, where: `flow "${name}"`, message: `has the id "${flow.value.id}"` }]);
}

/** Checks across accounts: names that must exist, numbers that must be distinguishable. */
function crossMistakes(built: readonly BuiltAccount[], flows: ReadonlyMap<string, Flow>): ConfigurationMistake[] {
  const documents = built.map(({ document }) => document);
  return referenceMistakes(documents, flows).map(({ path: [, index, ...path], message }) => {
    const document = documents[Number(index)];
    return mistakeIn(document?.sid ?? "", document ?? {}, { path, message });
  });
}

/** A mistake with list entries given by name: `trunks "main" address`. */
function mistakeIn(account: string, document: object, { path, message }: DocumentMistake): ConfigurationMistake {
  const [list, index, ...rest] = path;
  const entries = (document as Record<string, unknown>)[String(list)];
  const kind = LISTED_KINDS.find((each) => LISTS[each].list === list);
  if (kind === undefined || !Array.isArray(entries)) return { account, where: path.map(String).join(" "), message };
  const entry = entries[Number(index)] as Record<string, unknown> | undefined;
  const named = `${kind} ${JSON.stringify(entry?.[LISTS[kind].name] ?? index)}`;
  return { account, where: [named, ...rest.map(String)].join(" "), message };
}

export function showMistake({ account, where, message }: ConfigurationMistake): string {
  return where === "" ? `account ${account}: ${message}` : `account ${account}, ${where}: ${message}`;
}
