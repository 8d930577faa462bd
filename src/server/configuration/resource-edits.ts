import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { isSameJson } from "../../core/flow/diff.ts";
import { showMistake } from "./built-workspace.ts";
import type { Configuration, ConfigurationProblem, ConfigurationState, EditOf } from "./configuration.ts";
import { leavesOf, mapLeaves, placeOf } from "./document-leaves.ts";
import { fileOf } from "./export-workspace.ts";
import { titleOf } from "./resource-changes.ts";
import type { ListedKind, Resource, ResourceDocument, ResourceKey, WantedResource } from "./resources.ts";
import { isPlainName, keyOf, LISTS } from "./resources.ts";
import { REFERENCE, unmasked } from "./secrets.ts";

/** Which state of a resource a writer means to replace. */
export interface WriteCondition {
  /** A revision, or `*` for any existing one; null: not given. */
  readonly ifMatch: number | "*" | null;
  /** The resource must not exist yet. */
  readonly isNew: boolean;
}

/** Why a write is refused: a resource or draft changes only from the state its writer has seen. Null: it may be written. */
export function conditionProblem(
  title: string,
  revision: number | null,
  { ifMatch, isNew }: WriteCondition,
): ConfigurationProblem | null {
  if (revision === null) {
    if (ifMatch === null) return null;
    return { kind: "not_newest", message: `there is no ${title} any more: leave out If-Match to create a new one` };
  }
  if (isNew)
    return { kind: "not_newest", message: `there is already ${title}: read it, and send its ETag in If-Match` };
  if (ifMatch === null)
    return {
      kind: "no_condition",
      message: `${title} already exists: send the ETag of what you have read in If-Match`,
    };
  if (ifMatch === "*" || ifMatch === revision) return null;
  const message = `${title} was changed by someone else since you read it (ETag "${revision}" now): read it again`;
  return { kind: "not_newest", message };
}

/** Sets an entry in one of an account's lists to this document; masked secrets in it stay as they are. */
export function putEntry(
  key: ResourceKey & { kind: ListedKind },
  body: ResourceDocument,
  condition: WriteCondition,
): EditOf {
  return async (state) => {
    const before = state.resources.get(keyOf(key));
    const problem =
      unknownAccount(state, key.account) ?? conditionProblem(titleOf(key), before?.revision ?? null, condition);
    if (problem !== null) return err(problem);
    const { name: field } = LISTS[key.kind];
    const named = { [field]: key.name, ...body };
    if (!isPlainName(key.name))
      return invalid(key, "its name must be at most 200 characters without control characters");
    if (named[field] !== key.name)
      return invalid(key, `${field} must be ${JSON.stringify(key.name)}, as in the address`);
    return putOne(key, before, named);
  };
}

function putOne(key: ResourceKey, before: Resource | undefined, given: ResourceDocument) {
  const restored = restoredDocument(key, before === undefined ? [] : [before.document], given);
  return restored.ok ? ok({ put: [wantedFrom(key, before, restored.value)], remove: [] }) : restored;
}

/** A document that comes back as it was shown, with its secrets filled in again. */
export function restoredDocument(
  key: ResourceKey,
  stored: readonly ResourceDocument[],
  given: ResourceDocument,
): Result<ResourceDocument, ConfigurationProblem> {
  const { document, mistakes } = unmasked(key.kind, given, stored);
  if (mistakes.length === 0) return ok(document);
  const where = (path: readonly PropertyKey[]): string =>
    [key.kind, JSON.stringify(key.name), ...path].map(String).join(" ");
  const found = mistakes.map(({ path, message }) => ({ account: key.account, where: where(path), message }));
  return err({ kind: "invalid", mistakes: found });
}

/** A resource with another document; its file's wording is kept as far as it still applies. */
export function wantedFrom(key: ResourceKey, before: Resource | undefined, document: ResourceDocument): WantedResource {
  const { account, kind, name } = key;
  const managedBy = before?.managedBy ?? null;
  return { account, kind, name, position: null, document, source: carriedSource(before, document), managedBy };
}

/** Unchanged values keep their references to the environment, and a flow its file. Null: written as the document. */
function carriedSource(before: Resource | undefined, document: ResourceDocument): ResourceDocument | null {
  if (before?.source == null || fileOf(before) !== null) return before?.source ?? null;
  const [references, old] = [leavesOf(before.source), leavesOf(before.document)];
  const source = mapLeaves(document, (leaf, path) => {
    const written = references.get(placeOf(path));
    const isReference = typeof written === "string" && REFERENCE.test(written);
    return isReference && old.get(placeOf(path)) === leaf ? written : leaf;
  });
  return isSameJson(source, document) ? null : (source as ResourceDocument);
}

export function removeResource(key: ResourceKey, condition: WriteCondition): EditOf {
  return async (state) => {
    const before = state.resources.get(keyOf(key));
    if (before === undefined) return err({ kind: "not_found", message: `there is no ${titleOf(key)}` });
    const problem = conditionProblem(titleOf(key), before.revision, condition);
    return problem === null ? ok({ put: [], remove: [key] }) : err(problem);
  };
}

function invalid(key: ResourceKey, message: string): Result<never, ConfigurationProblem> {
  return err({
    kind: "invalid",
    mistakes: [{ account: key.account, where: `${key.kind} ${JSON.stringify(key.name)}`, message }],
  });
}

export function unknownAccount(state: ConfigurationState, account: string): ConfigurationProblem | null {
  const isKnown = state.resources.has(keyOf({ account, kind: "account", name: "" }));
  return isKnown ? null : { kind: "not_found", message: `there is no account ${account}` };
}

/** The changeable settings of a number; absent ones stay as they are. `flow` null: its calls get 480. */
export interface NumberSettings {
  readonly flow?: string | null;
  readonly name?: string;
}

/**
 * Points a number at a flow, or renames it, from the next call on. `number` is E.164 and one of the account's. The error is
 * one sentence.
 */
export async function changeNumber(
  configuration: Configuration,
  by: string,
  { account, number }: { readonly account: string; readonly number: string },
  settings: NumberSettings,
): Promise<Result<void, string>> {
  const key = { account, kind: "exophone", name: number } as const;
  const changed = await configuration.change(by, async (state) => {
    const before = state.resources.get(keyOf(key));
    if (before === undefined) return err({ kind: "not_found", message: `account ${account} has no number ${number}` });
    return ok({ put: [wantedFrom(key, before, { ...before.document, ...settings })], remove: [] });
  });
  return changed.ok ? ok(undefined) : err(problemText(changed.error));
}

/** A whole problem as text. */
export function problemText(problem: ConfigurationProblem): string {
  if (problem.kind === "findings") return problem.findings.map(({ path, message }) => `${path}: ${message}`).join("\n");
  return problem.kind === "invalid" ? problem.mistakes.map(showMistake).join("\n") : problem.message;
}
