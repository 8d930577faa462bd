import { z } from "zod";
import { nearest } from "../contract/suggest-key.ts";

/** The sentence for an unknown key: the key that was probably meant, if any, and all that are allowed. */
export function unknownKey(key: string, allowed: readonly string[]): string {
  const near = nearest(key, allowed);
  const hint = near === null ? "" : `, did you mean "${near}"?`;
  return `unknown key "${key}"${hint} (allowed: ${allowed.join(", ")})`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The keys that a schema knows at a path, in all its alternatives. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let places: JsonSchema[] = [z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as JsonSchema];
  for (const part of path) places = places.flatMap(alternatives).flatMap((place) => inside(place, part));
  return [...new Set(places.flatMap(alternatives).flatMap((place) => Object.keys(place.properties ?? {})))];
}

function alternatives(place: JsonSchema): JsonSchema[] {
  return [place, ...(place.anyOf ?? []), ...(place.oneOf ?? [])];
}

function inside(place: JsonSchema, part: PropertyKey): JsonSchema[] {
  if (typeof part === "number") return place.items === undefined ? [] : [place.items];
  const named = place.properties?.[String(part)];
  if (named !== undefined) return [named];
  return typeof place.additionalProperties === "object" ? [place.additionalProperties] : [];
}
