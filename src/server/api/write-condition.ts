import type { WriteCondition } from "../configuration/resource-edits.ts";

/** The ETag of something that last changed in this revision. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Reads the headers accepted by `conditionHeaders`. */
export function conditionOf(headers: {
  readonly "if-match"?: string | undefined;
  readonly "if-none-match"?: string | undefined;
}): WriteCondition {
  const given = headers["if-match"];
  const isNew = headers["if-none-match"] !== undefined;
  if (given === undefined || given === "*") return { ifMatch: given ?? null, isNew };
  return { ifMatch: Number(given.replaceAll(/\D/g, "")), isNew };
}
