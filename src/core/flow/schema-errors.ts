import type { z } from "zod";
import { keysAt, unknownKey } from "./schema-keys.ts";
import { unreachable } from "../../base/never.ts";
import { describe } from "../contract/finding.ts";

/** One reason why a document is not a valid flow. `message` is one sentence: what was found, what is allowed. */
export interface FlowProblem {
  /** Where in the document: `["applets", "sales", "exits", "nobody_answered"]`; empty: the whole document. */
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly allowed: string;
  readonly message: string;
  /** The rule of the contract that it breaks; null: it concerns the form of the document. */
  readonly rule: string | null;
}

type Path = readonly (string | number)[];

export function problem(path: Path, found: string, allowed: string, rule: string | null = null): FlowProblem {
  return { path, found, allowed, message: `is ${found}; allowed is ${allowed}`, rule };
}

/** The findings of a schema about `root`, which is at `prefix` of the whole document, one sentence each. */
export function issueMessages(schema: z.ZodType, root: unknown, error: z.ZodError, prefix: Path): FlowProblem[] {
  return error.issues.flatMap((issue) => issueMessage(schema, root, issue, prefix));
}

function issueMessage(schema: z.ZodType, root: unknown, issue: z.core.$ZodIssue, prefix: Path): FlowProblem[] {
  const at = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const path = [...prefix, ...at];
  if (issue.code === "unrecognized_keys") {
    const keys = keysAt(schema, at);
    const allowed = keys.length === 0 ? "no other key" : `one of ${keys.join(", ")}`;
    return issue.keys.map((key) => ({
      path: [...path, key],
      found: key,
      allowed,
      message: unknownKey(key, keys),
      rule: null,
    }));
  }
  const found = describe(valueAt(root, at));
  const allowed = allowedBy(issue);
  // A schema's own message explains the problem better than the value would.
  if (issue.code === "custom") return [{ path, found, allowed, message: issue.message, rule: null }];
  return [problem(path, found, allowed)];
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  record: "an object",
  int: "a whole number",
};

/** What is allowed there, in words. */
function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? `a ${issue.expected}`;
    case "invalid_value":
      return issue.values.map(String).join(" or ");
    case "too_small":
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_union":
      return [...new Set(issue.errors.flatMap((each) => each.map(allowedBy)))].join(", or ");
    case "invalid_key":
      return issue.issues.map(allowedBy).join(", ");
    case "custom":
    case "invalid_format":
    case "invalid_element":
    case "not_multiple_of":
    case "unrecognized_keys":
      return issue.message;
    default:
      return unreachable(issue);
  }
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " entries" : "";
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
