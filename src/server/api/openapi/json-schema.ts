import { z } from "zod";

/** A JSON Schema 2020-12 schema, as used by OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Turns zod schemas into JSON Schema, and keeps named ones (`.meta({ id })`) apart, to be referred to. */
export class Schemas {
  readonly #named: Record<string, JsonSchema> = {};

  /** The named schemas, for `components.schemas`. */
  get named(): Readonly<Record<string, JsonSchema>> {
    return this.#named;
  }

  /** The schema of what may be sent. */
  input(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, "input");
  }

  /** The schema of an answer: handlers return what the zod schema takes as input. */
  output(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, "input", true);
  }

  /** The fields of an object schema. */
  fields(schema: z.ZodType): {
    readonly properties: Readonly<Record<string, JsonSchema>>;
    readonly required: readonly string[];
  } {
    const { properties = {}, required = [] } = this.input(schema);
    return { properties: properties as Record<string, JsonSchema>, required: required as string[] };
  }

  #convert(schema: z.ZodType, io: "input", isClosed = false): JsonSchema {
    const made = z.toJSONSchema(schema, { io, unrepresentable: "any", override: isClosed ? tidyAnswer : tidy });
    const { $schema: _dialect, $defs = {}, ...rest } = redirect(made) as Record<string, unknown>;
    for (const [name, named] of Object.entries($defs as Record<string, JsonSchema>))
      this.#named[name] = withoutId(named);
    const { id } = rest;
    if (typeof id !== "string") return rest;
    this.#named[id] = withoutId(rest);
    return { $ref: `#/components/schemas/${id}` };
  }
}

function withoutId({ id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>["override"]>;

/** Digits in a query are documented as the number they stand for, and a format only by its name. */
const tidy: Override = ({ jsonSchema }) => {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.type === "integer") {
    delete jsonSchema.pattern;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  }
};

/** Answers hold nothing undocumented. */
const tidyAnswer: Override = (context) => {
  tidy(context);
  const { jsonSchema } = context;
  if (jsonSchema.type === "object" && jsonSchema.properties !== undefined) jsonSchema.additionalProperties ??= false;
};

function redirect(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(redirect);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) =>
    key === "$ref" && typeof value === "string"
      ? [key, value.replace("#/$defs/", "#/components/schemas/")]
      : [key, redirect(value)],
  );
  return Object.fromEntries(entries) as unknown;
}
