import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { isSameJson } from "../../core/flow/diff.ts";
import type { DocumentMistake } from "../../core/flow/yaml-document.ts";
import type { WorkspaceInput, WorkspaceText } from "../exchange/workspace.ts";

/** The kinds of things that are configured separately, each with its own revision. */
export const RESOURCE_KINDS = ["account", "trunk", "exophone", "user", "group", "flow"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** A JSON object as its author wrote it, without defaults filled in. */
export type ResourceDocument = Readonly<Record<string, unknown>>;

/** `name`: an ExoPhone's number or a flow's id; empty for the account itself. */
export interface ResourceKey {
  readonly account: string;
  readonly kind: ResourceKind;
  readonly name: string;
}

/** A resource as a change wants it to be. */
export interface WantedResource extends ResourceKey {
  /** Null: after the others of its kind. */
  readonly position: number | null;
  readonly document: ResourceDocument;
  /** As in its file: `${NAME}` where the environment was filled in, `{ file }` for a flow in a file. Null: as `document`. */
  readonly source: ResourceDocument | null;
  /** For an account: the workspace file that it comes from; null: none. */
  readonly managedBy: string | null;
  /** A published version that the flow goes back to; absent: a change of a flow makes a new version. */
  readonly toVersion?: number;
}

/** A resource as it is configured. */
export interface Resource extends ResourceKey {
  readonly position: number;
  readonly document: ResourceDocument;
  readonly source: ResourceDocument | null;
  readonly managedBy: string | null;
  /** The revision of the whole configuration when this last changed; its ETag. */
  readonly revision: number;
  readonly flowVersion: number | null;
  readonly changedAt: number;
  readonly changedBy: string;
}

/** The lists of an account whose entries are resources, and the field that names an entry. */
export const LISTS = {
  trunk: { list: "trunks", name: "name" },
  exophone: { list: "exophones", name: "number" },
  user: { list: "users", name: "name" },
  group: { list: "groups", name: "name" },
} as const;
export type ListedKind = keyof typeof LISTS;
export const LISTED_KINDS = ["trunk", "exophone", "user", "group"] as const satisfies readonly ListedKind[];

export function keyOf({ account, kind, name }: ResourceKey): string {
  return JSON.stringify([account, kind, name]);
}

/** Splits a workspace already checked by `workspaceSchema` into resources, in its order. */
export function splitWorkspace(input: WorkspaceInput): Result<readonly WantedResource[], readonly DocumentMistake[]> {
  const { document, source } = input;
  const accounts = document.accounts.map(asDocument);
  const sids = accounts.map(({ sid }) => String(sid));
  const mistakes: DocumentMistake[] = [];
  const split = accounts.flatMap((account, i) =>
    splitAccount(account, asObject(parallel(source, "accounts", i, document))),
  );
  const flows = document.flows.map((entry, i) => {
    const flow = asDocument(entry);
    const owner = typeof flow["account"] === "string" ? flow["account"] : sids.length === 1 ? sids[0] : undefined;
    if (owner === undefined || !sids.includes(owner)) mistakes.push(foreignFlow(i, owner, sids));
    return wanted(owner ?? "", "flow", String(flow["flow"]), flow, asObject(parallel(source, "flows", i, document)));
  });
  const all = [...split, ...flows];
  mistakes.push(...namedTwice(all));
  mistakes.push(...all.flatMap(({ kind, name }) => (isPlainName(name) ? [] : [badName(kind, name)])));
  return mistakes.length === 0 ? ok(all) : err(mistakes);
}

function namedTwice(all: readonly WantedResource[]): DocumentMistake[] {
  const seen = new Set<string>();
  return all.flatMap((each) => {
    const isNew = !seen.has(keyOf(each));
    seen.add(keyOf(each));
    const { account, kind, name } = each;
    return isNew
      ? []
      : [{ path: [], message: `${kind} "${name === "" ? account : name}" is given twice in account ${account}` }];
  });
}

function foreignFlow(i: number, owner: string | undefined, sids: readonly string[]): DocumentMistake {
  const message = `the flow belongs to account "${owner ?? ""}", which is not in this workspace (accounts: ${sids.join(", ")})`;
  return { path: ["flows", i], message };
}

/** Names become keys of the database and parts of paths. */
const MAX_NAME_CHARACTERS = 200;

/** Whether a name can be stored and put into a URL: no control characters, no lone surrogates. */
export function isPlainName(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS && name.isWellFormed() && !/\p{Cc}/u.test(name);
}

function badName(kind: ResourceKind, name: string): DocumentMistake {
  const message = `the name of a ${kind} must be at most ${MAX_NAME_CHARACTERS} characters without control characters`;
  return { path: [kind, name.slice(0, MAX_NAME_CHARACTERS)], message };
}

/** The same place in the text as written; null: the text does not have the form of the document made from it. */
function parallel(
  source: WorkspaceText | null,
  list: keyof WorkspaceText,
  i: number,
  document: WorkspaceText,
): unknown {
  return source?.[list].length === document[list].length ? source[list][i] : null;
}

function splitAccount(account: ResourceDocument, source: ResourceDocument | null): WantedResource[] {
  const sid = String(account["sid"]);
  const own = wanted(sid, "account", "", withoutLists(account), source && withoutLists(source));
  const listed = LISTED_KINDS.flatMap((kind) => {
    const { list, name } = LISTS[kind];
    const [entries, sources] = [listOf(account[list]), listOf(source?.[list])];
    return entries.map((entry, i) => {
      const written = sources.length === entries.length ? asObject(sources[i]) : null;
      return wanted(sid, kind, String(entry[name]), entry, written);
    });
  });
  return [own, ...listed];
}

function wanted(
  account: string,
  kind: ResourceKind,
  name: string,
  document: ResourceDocument,
  source: ResourceDocument | null,
): WantedResource {
  const written = source === null || isSameJson(source, document) ? null : source;
  return { account, kind, name, position: null, document, source: written, managedBy: null };
}

function withoutLists(account: ResourceDocument): ResourceDocument {
  const lists: readonly string[] = LISTED_KINDS.map((kind) => LISTS[kind].list);
  return Object.fromEntries(Object.entries(account).filter(([key]) => !lists.includes(key)));
}

function listOf(value: unknown): readonly ResourceDocument[] {
  return Array.isArray(value) ? value.map(asDocument) : [];
}

function asObject(value: unknown): ResourceDocument | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as ResourceDocument) : null;
}

function asDocument(value: unknown): ResourceDocument {
  return asObject(value) ?? {};
}

/** One account with its lists, as in a workspace file; empty lists are left out. */
export function joinAccount(
  account: string,
  resources: readonly Resource[],
  shown: (resource: Resource) => unknown = ({ document }) => document,
): ResourceDocument | null {
  const own = resources.find((each) => each.account === account && each.kind === "account");
  if (own === undefined) return null;
  const lists = LISTED_KINDS.flatMap((kind) => {
    const entries = inOrder(resources.filter((each) => each.account === account && each.kind === kind));
    return entries.length === 0 ? [] : [[LISTS[kind].list, entries.map(shown)] as const];
  });
  return { ...asDocument(shown(own)), ...Object.fromEntries(lists) };
}

/** Sorted by position, then by name, so that every node has the same order. */
export function inOrder<T extends Pick<Resource, "position" | "name">>(resources: readonly T[]): readonly T[] {
  return resources.toSorted((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1));
}
