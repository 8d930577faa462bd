import { z } from "zod";
import { workspaceSchema } from "../../src/server/exchange/workspace-schema.ts";

/** The parts of a JSON schema that the page shows. */
interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

const INTRODUCTION = `# The workspace file

\`plugboard serve --workspace FILE\` reads it when it starts (\`PLUGBOARD_WORKSPACE\`, \`plugboard.yaml\`): accounts, their trunks,
numbers and people, and the flows. It is YAML or JSON. \`\${NAME}\` anywhere in it is replaced from the environment; a name
that is not set there is an error. A key that is not listed here is an error too, with the line and the nearest key.

\`examples/workspace.yaml\` is a complete one; [flows.md](flows.md) describes flows.

This page is made from the schema that reads the file: after changing the schema run
\`npx vitest run --project unit src/server/exchange/workspace-page.test.ts -u\`.
`;

/** `docs/workspace.md`, from the schema that reads the file. Throws where a key has no description. */
export function workspacePage(): string {
  const schema = z.toJSONSchema(workspaceSchema, { io: "input", unrepresentable: "any" }) as Schema;
  return [INTRODUCTION, ...sections("", schema)].join("\n");
}

/** A table for each object, the outer one first. `path` is written as in problems: `accounts[].trunks[]`. */
function sections(path: string, schema: Schema): string[] {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return [];
  const rows = properties.map(([key, value]) => row(key, value, schema.required?.includes(key) === true, path));
  const heading = path === "" ? "## The whole file" : `## \`${path}\``;
  const table = ["| key | value | default | meaning |", "|---|---|---|---|", ...rows];
  const inner = properties.flatMap(([key, value]) =>
    objectsIn(value).flatMap(({ suffix, object }) =>
      sections(`${path === "" ? "" : `${path}.`}${key}${suffix}`, object),
    ),
  );
  return [heading, "", ...table, "", ...inner];
}

function row(key: string, schema: Schema, required: boolean, path: string): string {
  const { description } = schema;
  if (description === undefined && !path.endsWith("groups[]"))
    throw new Error(`${path === "" ? key : `${path}.${key}`} has no description`);
  const fallback = required ? "mandatory" : defaultOf(schema);
  return `| \`${key}\` | ${cell(valueOf(schema))} | ${fallback} | ${cell(description ?? GROUP_KEYS[key] ?? "")} |`;
}

/** Descriptions of a group's keys: they belong to the contract, whose schema has no descriptions. */
const GROUP_KEYS: Readonly<Record<string, string>> = {
  name: "Name of the group; flows refer to it.",
  users: "Names of its users.",
  order: "The users in dialling order; left out: the order of `users`.",
};

function defaultOf(schema: Schema): string {
  return schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
}

function valueOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(valueOf))].join(" or ");
  if (schema.enum !== undefined) return schema.enum.map((each) => `\`${String(each)}\``).join(" ");
  if (typeof schema.type === "object") return schema.type.map((type) => valueOf({ ...schema, type })).join(" or ");
  switch (schema.type ?? "") {
    case "array":
      return `list of ${schema.items === undefined ? "anything" : valueOf(schema.items)}`;
    case "integer":
    case "number":
      return `${schema.type === "integer" ? "whole number" : "number"}${rangeOf(schema)}`;
    case "null":
      return "`null`";
    case "object":
      return "object";
    case "boolean":
      return "`true` `false`";
    default:
      return schema.minLength !== undefined && schema.minLength > 1 ? `text of ${schema.minLength} or more` : "text";
  }
}

function rangeOf({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return "";
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? ` from ${minimum}`
    : ` from ${minimum} to ${maximum}`;
}

function objectsIn(schema: Schema, suffix = ""): { readonly suffix: string; readonly object: Schema }[] {
  if (schema.properties !== undefined) return [{ suffix, object: schema }];
  if (schema.items !== undefined) return objectsIn(schema.items, `${suffix}[]`);
  return schema.anyOf?.flatMap((each) => objectsIn(each, suffix)) ?? [];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
