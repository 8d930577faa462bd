import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { ConfiguredDraft, ConfiguredRow } from "../../edges/store/configuration-table.ts";
import { FORMAT } from "../../edges/store/format.ts";
import type { Resource, ResourceDocument, WantedResource } from "./resources.ts";
import { RESOURCE_KINDS } from "./resources.ts";

/** The body of a row. */
interface StoredBody {
  readonly document: ResourceDocument;
  readonly source?: ResourceDocument;
  readonly managedBy?: string;
}

/** The row of a resource. */
export function rowOf(resource: WantedResource, position: number, flowVersion: number | null): ConfiguredDraft {
  const { account, kind, name, document, source, managedBy } = resource;
  const body: StoredBody = { document, ...(source && { source }), ...(managedBy !== null && { managedBy }) };
  return { account, kind, name, position, flowVersion, body: JSON.stringify(body) };
}

/** Reads a row stored by any version; the error is one sentence that quotes nothing from it. */
export function resourceOf(row: ConfiguredRow): Result<Resource, string> {
  const { account, name, position, revision, flowVersion, changedAt, changedBy, version } = row;
  const where = `${row.kind} "${name}" of account ${account}`;
  const kind = RESOURCE_KINDS.find((each) => each === row.kind);
  if (version > FORMAT || kind === undefined) return err(`${where} was written by a newer version (format ${version})`);
  const body = bodyOf(row.body ?? "");
  if (body === null) return err(`${where} can't be read`);
  const { document, source = null, managedBy = null } = body;
  return ok({
    account,
    kind,
    name,
    position,
    revision,
    flowVersion,
    changedAt,
    changedBy,
    document,
    source,
    managedBy,
  });
}

function bodyOf(json: string): StoredBody | null {
  const body = objectOf(json);
  return body !== null && typeof body["document"] === "object" && body["document"] !== null
    ? (body as unknown as StoredBody)
    : null;
}

/** A stored document; null: it can't be read. */
export function objectOf(json: string): ResourceDocument | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as ResourceDocument) : null;
  } catch {
    return null; // still sealed (with another secret), or damaged
  }
}
