import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { WorkspaceInput } from "../exchange/workspace.ts";
import { isSameJson } from "../../core/flow/diff.ts";
import type { ConfigurationMistake } from "./built-workspace.ts";
import { unmasked } from "./secrets.ts";
import type { Configuration, ConfigurationProblem, ConfigurationState, EditOf } from "./configuration.ts";
import { problemText } from "./resource-edits.ts";
import type { ResourceChange } from "./resource-changes.ts";
import type { Resource, WantedResource } from "./resources.ts";
import { keyOf, splitWorkspace } from "./resources.ts";
import { replaceAccounts } from "./wanted-workspace.ts";

/** The author of changes made by the workspace file of `serve`. */
const FILE_ACTOR = "workspace file";

/** Replaces the accounts of a workspace in one change; others stay, or are removed if `removesAccount` says so. */
export function replaceEdit(input: WorkspaceInput, options: Parameters<typeof replaceAccounts>[2]): EditOf {
  return async (state) => {
    const wanted = splitWorkspace(input);
    if (!wanted.ok) return invalid(wanted.error.map(({ path, message }) => mistakeAt("", path, message)));
    const restored = wanted.value.map((each) => withSecrets(each, state.resources.get(keyOf(each))));
    const mistakes = restored.flatMap((each) => each.mistakes);
    if (mistakes.length > 0) return invalid(mistakes);
    const resources = restored.map(({ resource }) => resource);
    return ok(replaceAccounts([...state.resources.values()], resources, options));
  };
}

function invalid(mistakes: readonly ConfigurationMistake[]): Result<never, ConfigurationProblem> {
  return err({ kind: "invalid", mistakes });
}

function mistakeAt(account: string, path: readonly PropertyKey[], message: string): ConfigurationMistake {
  return { account, where: path.map(String).join(" "), message };
}

/** Fills in stored secrets: an exported file comes back with masks in their place. */
function withSecrets(
  wanted: WantedResource,
  before: Resource | undefined,
): { readonly resource: WantedResource; readonly mistakes: readonly ConfigurationMistake[] } {
  const { account, kind, name } = wanted;
  const stored = before === undefined ? [] : [before.document];
  const { document, mistakes } = unmasked(kind, wanted.document, stored);
  const written = wanted.source === null ? null : unmasked(kind, wanted.source, stored).document;
  const source = written === null || isSameJson(written, document) ? null : written;
  const named = mistakes.map(({ path, message }) => mistakeAt(account, [kind, JSON.stringify(name), ...path], message));
  return { resource: { ...wanted, document, source }, mistakes: named };
}

/**
 * Applies the workspace file that `serve` was started with: replaces the accounts in it, removes those that this node's file
 * no longer has, and keeps all others. Changes made by other means that it overwrites are named in the log. The error has
 * one sentence for each problem.
 */
export async function applyWorkspaceFile(
  configuration: Configuration,
  input: WorkspaceInput,
  node: string,
  log: Log,
): Promise<Result<null, string>> {
  const managedBy = `file ${node}`;
  const options = { managedBy, removesAccount: (each: { managedBy: string | null }) => each.managedBy === managedBy };
  let before: ConfigurationState = configuration.state;
  const edit = replaceEdit(input, options);
  const applied = await configuration.change(FILE_ACTOR, (state) => edit((before = state)));
  if (!applied.ok) return err(problemText(applied.error));
  for (const change of applied.value.changes) {
    const by = change.last?.by ?? (await removedBy(configuration, before, change));
    if (by !== null && by !== FILE_ACTOR)
      log.warn(
        { by, account: change.account },
        `drift: the workspace file replaces a change: ${change.details.join(" ")}`,
      );
  }
  return ok(null);
}

/** Who removed from an existing account what the file now adds; null: nobody. */
async function removedBy(
  configuration: Configuration,
  before: ConfigurationState,
  { account, kind, name, change }: ResourceChange,
): Promise<string | null> {
  const isKnown = before.resources.has(keyOf({ account, kind: "account", name: "" }));
  if (change !== "added" || !isKnown) return null;
  const lines = await configuration.table.changes(account, null);
  const earlier = lines.filter((line) => line.kind === kind && line.name === name && line.revision <= before.revision);
  return earlier[0]?.change === "removed" ? earlier[0].changedBy : null;
}
