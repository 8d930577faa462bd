import { diffDocuments, diffFlows, isSameJson } from "../../core/flow/diff.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import { checkValue } from "../../core/flow/yaml-document.ts";
import { RESOURCE_SCHEMAS } from "../exchange/workspace-schema.ts";
import type { Resource, ResourceDocument, ResourceKey, ResourceKind, WantedResource } from "./resources.ts";
import { changedSecrets, masked } from "./secrets.ts";

/** What changes in one resource, in words and without secrets. */
export interface ResourceChange extends ResourceKey {
  /** `reworded`: written differently with the same meaning; `rolled_back`: a flow goes back to an earlier version. */
  readonly change: "added" | "removed" | "changed" | "reworded" | "rolled_back";
  /** One sentence each. */
  readonly details: readonly string[];
  /** Who last changed it, and when (ms); null: it is new. */
  readonly last: { readonly by: string; readonly at: number } | null;
}

function lastOf(before: Resource): ResourceChange["last"] {
  return { by: before.changedBy, at: before.changedAt };
}

/** Null if it stays as it is. */
export function changeOf(before: Resource | undefined, after: WantedResource): ResourceChange | null {
  const { account, kind, name } = after;
  const named = { account, kind, name };
  const title = titleOf(named);
  if (before === undefined) return { ...named, change: "added", details: [`${title} is added.`], last: null };
  const key = { ...named, last: lastOf(before) };
  const details = differences(kind, before.document, after.document);
  if (after.toVersion !== undefined && after.toVersion !== before.flowVersion)
    return {
      ...key,
      change: "rolled_back",
      details: [`${title} goes back to version ${after.toVersion}.`, ...details],
    };
  if (details.length > 0) return { ...key, change: "changed", details };
  if (isSameJson(before.document, after.document) && isSameJson(before.source, after.source)) return null;
  return { ...key, change: "reworded", details: [`${title} is written differently, with the same meaning.`] };
}

export function removalOf(resource: Resource): ResourceChange {
  const { account, kind, name } = resource;
  const details = [`${titleOf(resource)} is removed.`];
  return { account, kind, name, change: "removed", details, last: lastOf(resource) };
}

/** `trunk "main" of account acme`. */
export function titleOf({ account, kind, name }: ResourceKey): string {
  return kind === "account" ? `account ${account}` : `${kind} "${name}" of account ${account}`;
}

/** The differences in meaning; empty: none. */
function differences(kind: ResourceKind, before: ResourceDocument, after: ResourceDocument): readonly string[] {
  const [old, now] = [masked(kind, before), masked(kind, after)];
  const changes = kind === "flow" ? flowDifferences(old, now) : diffDocuments(complete(kind, old), complete(kind, now));
  const secrets = changedSecrets(kind, before, after).map((place) => `${place} changes; it is secret.`);
  return [...changes.map(({ message }) => message), ...secrets];
}

function flowDifferences(before: ResourceDocument, after: ResourceDocument) {
  const [old, now] = [parseFlow(before), parseFlow(after)];
  return old.ok && now.ok ? diffFlows(old.value, now.value) : diffDocuments(before, after);
}

/** The document with its defaults, so that spelling one out is no difference; unchanged if it has mistakes. */
function complete(kind: Exclude<ResourceKind, "flow">, document: ResourceDocument): object {
  const schemas: Readonly<Record<string, (typeof RESOURCE_SCHEMAS)[typeof kind]>> = RESOURCE_SCHEMAS;
  const schema = schemas[kind];
  const checked = schema === undefined ? null : checkValue<object>(document, schema);
  return checked?.ok === true ? checked.value : document;
}
