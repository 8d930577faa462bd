import { describe, error, warning, type Finding } from "./finding.ts";
import { join, MAX_KEY_CHARACTERS, suggestKey, type KnownKeys } from "./suggest-key.ts";

/** RES-5: what a wrong optional field does. `strict`: the whole answer is invalid. `lenient`: it is clamped or dropped. */
export type ValidationMode = "strict" | "lenient";

/** One validation in progress: the findings so far, in the order of the contract's table. */
export interface ValidationContext {
  readonly mode: ValidationMode;
  readonly findings: Finding[];
}

export type { KnownKeys } from "./suggest-key.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The path of a value, and the rule that names its limits. */
export interface Field {
  readonly rule: string;
  readonly path: string;
}

export interface IntegerField extends Field {
  readonly min: number;
  readonly max: number;
  readonly defaultValue: number;
}

export const INVALID = "the answer is invalid";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether nothing found so far forbids using the answer. */
export function isUsable(context: ValidationContext): boolean {
  return context.findings.every((finding) => finding.level === "warning");
}

/** A mandatory field is missing or of the wrong type: no mode can do without it. */
export function reportError(context: ValidationContext, field: Field, value: unknown, allowed: string): void {
  const parts = { rule: field.rule, path: field.path, found: describe(value), allowed, consequence: INVALID };
  context.findings.push(error(parts));
}

/** RES-5: an optional field is wrong. Strict: the answer is invalid. Lenient: `consequence` says what happens instead. */
export function reportByMode(
  context: ValidationContext,
  rule: string,
  path: string,
  found: string,
  allowed: string,
  consequence: string,
): void {
  const strict = context.mode === "strict";
  const parts = { rule, path, found, allowed, consequence: strict ? INVALID : consequence };
  context.findings.push(strict ? error(parts) : warning(parts));
}

/**
 * An optional field of the object at `path`. RES-28: `null` counts as a missing field, with a warning, because many serialisers write it
 * for unset fields.
 */
export function readOptional(context: ValidationContext, path: string, object: JsonObject, key: string): unknown {
  const value = object[key];
  if (value !== null) return value;
  const parts = { rule: "RES-28", path: join(path, key), found: "null", allowed: "a value, or no such key" };
  context.findings.push(warning({ ...parts, consequence: "it is treated as left out" }));
  return undefined;
}

/** A boolean, coerced from "true" and "false" (RES-6). */
export function readBoolean(context: ValidationContext, field: Field, value: unknown, defaultValue: boolean): boolean {
  if (value === undefined) return defaultValue;
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") {
    coerced(context, field, value, "true or false without quotes", value);
    return value === "true";
  }
  const allowed = `true or false (${field.rule})`;
  reportByMode(context, "RES-5", field.path, describe(value), allowed, `${defaultValue} is used instead`);
  return defaultValue;
}

/** One of a few words. */
export function readWord<W extends string>(
  context: ValidationContext,
  field: Field,
  value: unknown,
  words: readonly W[],
  defaultValue: W,
): W {
  if (value === undefined) return defaultValue;
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  const allowed = `${words.join(" or ")} (${field.rule})`;
  reportByMode(context, "RES-5", field.path, describe(value), allowed, `${defaultValue} is used instead`);
  return defaultValue;
}

/**
 * A whole number, coerced from one in a string (RES-6). Lenient (RES-5) rounds down, lowers what is above the range to the maximum, and
 * takes the default for what is below it (0 does not mean one second) or is not a number at all.
 */
export function readInteger(context: ValidationContext, field: IntegerField, value: unknown): number {
  if (value === undefined) return field.defaultValue;
  const { min, max } = field;
  const integer = coerceInteger(context, field, value);
  if (Number.isInteger(integer) && integer >= min && integer <= max) return integer;
  const consequence = clampInteger(field, integer);
  const allowed = `a whole number from ${min} to ${max} (${field.rule})`;
  reportByMode(context, "RES-5", field.path, describe(value), allowed, `${consequence} is used instead`);
  return consequence;
}

/** A number holds fifteen digits exactly; no field needs that many. */
const WHOLE_NUMBER = /^[+-]?[0-9]{1,15}$/;

/** NaN: it is neither a number nor one in a string. */
function coerceInteger(context: ValidationContext, field: Field, value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !WHOLE_NUMBER.test(value)) return Number.NaN;
  coerced(context, field, value, "a number without quotes", String(Number(value)));
  return Number(value);
}

function clampInteger({ min, max, defaultValue }: IntegerField, value: number): number {
  const floor = Math.floor(value);
  return floor >= min ? Math.min(floor, max) : defaultValue;
}

/** RES-6. */
function coerced(context: ValidationContext, field: Field, value: unknown, allowed: string, meaning: string): void {
  const consequence = `it is read as ${meaning}`;
  context.findings.push(warning({ rule: "RES-6", path: field.path, found: describe(value), allowed, consequence }));
}

/** Unknown keys reported one by one per object; a mistyped answer has a few, a foreign one may have thousands. */
const MAX_UNKNOWN_KEYS = 20;

/** RES-7: names each unknown key of the object at `path`, with the known key that was probably meant. */
export function checkKeys<P extends string>(
  context: ValidationContext,
  shape: Readonly<Record<P, readonly string[]>>,
  path: P,
  object: JsonObject,
): void {
  const known = shape[path];
  let unknown = 0;
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    unknown++;
    if (unknown <= MAX_UNKNOWN_KEYS) context.findings.push(unknownKey(shape, path, key));
  }
  if (unknown > MAX_UNKNOWN_KEYS) context.findings.push(moreUnknownKeys(path, known, unknown - MAX_UNKNOWN_KEYS));
}

function unknownKey(shape: KnownKeys, path: string, key: string): Finding {
  const near = suggestKey(shape, path, key);
  const allowed = near ?? (shape[path] ?? []).join(", ");
  const hint = near === null ? `the known keys are ${allowed}` : `the nearest known key is ${near}`;
  return warning({
    rule: "RES-7",
    path: join(path, shorten(key)),
    found: "an unknown key",
    allowed,
    consequence: "it is ignored",
    problem: `is an unknown key; ${hint}`,
  });
}

function moreUnknownKeys(path: string, known: readonly string[], count: number): Finding {
  const found = `${count} more unknown keys`;
  const allowed = known.join(", ");
  const consequence = "they are ignored";
  return warning({ rule: "RES-7", path, found, allowed, consequence, problem: `holds ${found}` });
}

function shorten(key: string): string {
  return key.length <= MAX_KEY_CHARACTERS ? key : `${key.slice(0, MAX_KEY_CHARACTERS)}…`;
}
