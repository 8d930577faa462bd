import type { z } from "zod";
import { unreachable } from "../../../base/never.ts";

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;
type Code = Issue["code"];

/** Longer input is cut: an answer quotes what was sent, but does not send all of it back. */
const MAX_QUOTED = 100;

/** A part of a request that its schema does not allow. The message is one sentence. */
export class InvalidInput extends Error {
  readonly statusCode = 400;
  /** The field, such as `limit` or `legs[0].number`. */
  readonly field: string;
  /** The violated keyword of the field's schema in the document (`enum`, `pattern`, `required`), or rule of the contract. */
  readonly rule: string;

  constructor(error: z.ZodError, part: string) {
    const [issue] = error.issues;
    super(issue === undefined ? "the request is not valid" : sentenceOf(issue, part));
    this.field = issue === undefined ? "" : fieldOf(issue);
    this.rule = issue === undefined ? "" : ruleOf(issue);
  }

  /** The end of a sentence that begins "… must be"; schemas may supply their own. For zod's `error` option. */
  static phraseOf(this: void, issue: RawIssue): string {
    return phraseOf(issue);
  }
}

function sentenceOf(issue: Issue, part: string): string {
  const field = fieldOf(issue);
  if (issue.code === "unrecognized_keys") return issue.message;
  if (issue.input === undefined) return `${field === "" ? "the body" : field} is missing, it must be ${issue.message}`;
  if (Array.isArray(issue.input) && part === "querystring") return `${field} is given more than once`;
  const found = JSON.stringify(issue.input).slice(0, MAX_QUOTED);
  return `${field === "" ? "the body" : field} is ${found}, it must be ${issue.message}`;
}

function fieldOf(issue: Issue): string {
  if (issue.code === "unrecognized_keys") return issue.keys[0] ?? "";
  const path = issue.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return path.replace(/^\./, "");
}

function phraseOf(issue: RawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? `of the type ${issue.expected}`;
    case "invalid_value":
      return issue.values.length === 1 ? JSON.stringify(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "too_small":
      return `at least ${issue.minimum}${UNITS[issue.origin] ?? ""}`;
    case "too_big":
      return `at most ${issue.maximum}${UNITS[issue.origin] ?? ""}`;
    case "unrecognized_keys":
      return `there is no field "${issue.keys[0] ?? ""}"`;
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return "of the form that the documentation shows";
    default:
      return unreachable(issue);
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

const UNITS: Readonly<Record<string, string>> = { string: " characters long", array: " entries long" };

/** The keyword of JSON Schema, or a rule of the contract that a schema's own check names in its `params`. */
function ruleOf(issue: Issue): string {
  if (issue.code === "custom" && typeof issue.params?.["rule"] === "string") return issue.params["rule"];
  if (issue.code === "invalid_type" && issue.input === undefined) return "required";
  const limit = "origin" in issue ? LIMITS[issue.origin] : undefined;
  if (issue.code === "too_small") return limit?.[0] ?? "minimum";
  if (issue.code === "too_big") return limit?.[1] ?? "maximum";
  return KEYWORDS[issue.code];
}

const LIMITS: Readonly<Record<string, readonly [string, string]>> = {
  string: ["minLength", "maxLength"],
  array: ["minItems", "maxItems"],
};

const KEYWORDS: Readonly<Record<Exclude<Code, "too_small" | "too_big">, string>> = {
  invalid_type: "type",
  invalid_value: "enum",
  invalid_format: "pattern",
  unrecognized_keys: "additionalProperties",
  invalid_union: "anyOf",
  not_multiple_of: "multipleOf",
  invalid_key: "propertyNames",
  invalid_element: "items",
  custom: "format",
};
