import type { Flow } from "../call/setup.ts";
import { describe } from "../contract/finding.ts";

/** One difference between two versions of a flow, in terms of the flow, not of its text. */
export interface FlowChange {
  readonly kind: "added" | "removed" | "changed";
  /** `["applets", "sales", "exits", "nobody_answered"]`; `["applets", "sales"]` is the whole applet. */
  readonly path: readonly string[];
  /** Null if it was added, as `after` is if it was removed. */
  readonly before: unknown;
  readonly after: unknown;
  /** One sentence. */
  readonly message: string;
}

/**
 * What changes for callers when `after` replaces `before`. The order of keys, spelled-out defaults and other
 * differences of the text alone do not count. A renamed applet is one removed and one added.
 */
export function diffFlows(before: Flow, after: Flow): readonly FlowChange[] {
  const { applets: old, ...oldRest } = before;
  const { applets, ...rest } = after;
  return [...diffDocuments(oldRest, rest), ...compare(["applets"], old, applets)];
}

/** {@link diffFlows} for documents of any kind. */
export function diffDocuments(before: object, after: object): readonly FlowChange[] {
  return compare([], before, after);
}

function compare(path: readonly string[], before: unknown, after: unknown): FlowChange[] {
  if (isRecord(before) && isRecord(after) && !isReplaced(before, after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => compare([...path, key], own(before, key), own(after, key)));
  }
  if (isSameJson(before, after)) return [];
  return [change(path, before, after)];
}

/** An applet of another type has nothing in common with the one it replaces, even if some keys are the same. */
function isReplaced(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): boolean {
  return typeof before["type"] === "string" && typeof after["type"] === "string" && before["type"] !== after["type"];
}

function change(path: readonly string[], before: unknown, after: unknown): FlowChange {
  const name = path.join(".");
  const common = { path, before: before ?? null, after: after ?? null };
  if (before === undefined) return { ...common, kind: "added", message: `${name} is added: ${show(after)}.` };
  if (after === undefined)
    return { ...common, kind: "removed", message: `${name} is removed: it was ${show(before)}.` };
  return { ...common, kind: "changed", message: `${name} changes from ${show(before)} to ${show(after)}.` };
}

/** Longest list or object that a message spells out. */
const MAX_SHOWN = 120;

function show(value: unknown): string {
  const text = typeof value === "object" && value !== null ? JSON.stringify(value) : "";
  if (text !== "" && text.length <= MAX_SHOWN && !(isRecord(value) && "type" in value)) return text;
  return isRecord(value) && typeof value["type"] === "string" ? `a ${value["type"]}` : describe(value);
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Equal as JSON values, regardless of the order of keys. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, i) => isSameJson(each, b[i]));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSameJson(a[key], b[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
