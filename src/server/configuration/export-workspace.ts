import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { leavesOf } from "./document-leaves.ts";
import type { Resource, ResourceDocument } from "./resources.ts";
import { inOrder, joinAccount } from "./resources.ts";
import { masked, REFERENCE } from "./secrets.ts";

/** A workspace as its author wrote it; `files`: the flows in separate files, by file name. */
export interface ExportedWorkspace {
  readonly workspace: { readonly accounts: readonly unknown[]; readonly flows: readonly unknown[] };
  readonly files: Readonly<Record<string, unknown>>;
}

/**
 * The configuration as a workspace file: `${NAME}` where the original file had it, a mask for every other secret. `accounts`:
 * only these; null: all. The error says what can't be written in a file.
 */
export function exportWorkspace(
  resources: readonly Resource[],
  accounts: readonly string[] | null,
): Result<ExportedWorkspace, string> {
  const chosen = resources.filter(({ account }) => accounts?.includes(account) ?? true);
  const [whole, flows] = [
    chosen.filter(({ kind }) => kind === "account"),
    chosen.filter(({ kind }) => kind === "flow"),
  ];
  const unwritable = chosen.find((each) => hasUnwritableText(each));
  if (unwritable !== undefined)
    return err(
      `${unwritable.kind} "${unwritable.name}" holds text like \${NAME}, which a workspace file would replace from the environment`,
    );
  const files = Object.fromEntries(
    flows.flatMap((flow) => (fileOf(flow) === null ? [] : [[fileOf(flow), masked("flow", flow.document)] as const])),
  );
  const written = inOrder(whole).map(({ account }) => joinAccount(account, chosen, asWritten));
  return ok({ workspace: { accounts: written, flows: inOrder(flows).map(asWritten) }, files });
}

function asWritten({ kind, document, source }: Resource): ResourceDocument {
  return masked(kind, source ?? document, source !== null);
}

/** The separate file that a flow was read from; null: it is part of the workspace file. */
export function fileOf({ kind, source }: Pick<Resource, "kind" | "source">): string | null {
  const file = kind === "flow" ? source?.["file"] : undefined;
  return typeof file === "string" ? file : null;
}

/** Only values from a file have references; elsewhere `${NAME}` is plain text. */
function hasUnwritableText(resource: Resource): boolean {
  if (fileOf(resource) !== null) return false;
  const references = leavesOf(resource.source ?? {});
  return [...leavesOf(resource.document)].some(
    ([place, leaf]) => typeof leaf === "string" && REFERENCE.test(leaf) && !isReference(references.get(place)),
  );
}

function isReference(written: unknown): boolean {
  return typeof written === "string" && REFERENCE.test(written);
}
