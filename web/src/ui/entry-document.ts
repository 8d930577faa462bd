import type { EntryDocument, EntryField } from "../api/entries.ts";

/** A value as a field of a form shows it; lists have one entry a line. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The document that a form says. What is not a field of the form stays; what is as without it, and was left out, stays so. */
export function documentOf(before: EntryDocument, fields: readonly EntryField[], form: FormData): EntryDocument {
  const document: Record<string, unknown> = { ...before };
  for (const field of fields) {
    const value = valueIn(form, field);
    const isDefault = value === undefined || JSON.stringify(value) === JSON.stringify(field.fallback);
    if (isDefault) delete document[field.name];
    else document[field.name] = value;
  }
  return document;
}

/** Undefined: left empty. What is no number is sent as it is: the platform says what is allowed. */
function valueIn(form: FormData, { name, kind, isRequired }: EntryField): unknown {
  if (kind === "switch") return form.has(name);
  const given = form.getAll(name).map(String);
  if (kind === "list") {
    const list = given.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== "");
    return list.length === 0 && !isRequired ? undefined : list;
  }
  const text = (given[0] ?? "").trim();
  if (text === "") return undefined;
  return kind === "number" && Number.isFinite(Number(text)) ? Number(text) : text;
}
