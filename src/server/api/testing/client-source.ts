import type { JsonSchema } from "../openapi/json-schema.ts";
import type { OpenApiDocument, Operation } from "../openapi/openapi-types.ts";

const HEAD = `// Made from /api/openapi.json: \`npx vitest -u src/client\` writes it again.
`;

/** An operation of the client, with its place in the document. */
interface Listed {
  readonly group: string;
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The text of `src/client/operations.ts`: the types and the table of every operation, without the XML twins. Not formatted. */
export function clientSource(document: OpenApiDocument): string {
  const operations = listOf(document);
  const models = Object.entries(document.components.schemas).map(([name, schema]) => member(name, schema, true));
  const groups = Map.groupBy(operations, ({ group }) => group);
  const api = [...groups].map(([group, members]) => `readonly ${group}: {\n${members.map(signatureOf).join("\n")}\n};`);
  const table = operations.map((listed) => `"${listed.group}.${listed.name}": ${JSON.stringify(entryOf(listed))},`);
  return [
    HEAD,
    `/** The models of requests and answers, by name. */\nexport interface Models {\n${models.join("\n")}\n}\n`,
    `/** Options of one request. */\nexport interface CallOptions { readonly signal?: AbortSignal }\n`,
    `/** Every operation of the API. \`account\` defaults to the client's own. */`,
    `export interface PlugboardApi {\n${api.join("\n")}\n}\n`,
    `/** How each operation is sent, and what it answers. */`,
    `export const OPERATIONS = {\n${table.join("\n")}\n} as const;\n`,
  ].join("\n");
}

function listOf({ paths }: OpenApiDocument): readonly Listed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const [group = "", name = ""] = operation.operationId.split(".");
      return name === "" || name.endsWith("Xml")
        ? []
        : [{ group, name, method: method.toUpperCase(), path, operation }];
    }),
  );
}

function entryOf({ method, path, operation }: Listed): object {
  const placed = (place: string) => (operation.parameters ?? []).filter((each) => each.in === place);
  const headers = Object.fromEntries(placed("header").map(({ name }) => [name, fieldOf(name)]));
  return { method, path, query: placed("query").map(({ name }) => name), headers, answer: answerOf(operation).form };
}

/** The name of a header as a field: `If-Match` becomes `ifMatch`. */
function fieldOf(name: string): string {
  return name.toLowerCase().replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function signatureOf({ name, operation }: Listed): string {
  const members = inputOf(operation);
  const isOptional = members.every((each) => /^[^:]*\?:/.test(each.replace(/^\/\*\*.*?\*\/\s*/s, "")));
  const input = `input${isOptional ? "?" : ""}: {\n${members.join("\n")}\n}`;
  const about =
    operation.description === undefined ? operation.summary : `${operation.summary}. ${operation.description}`;
  return `/** ${about} */\n${name}(${input}, options?: CallOptions): Promise<${answerOf(operation).type}>;`;
}

function inputOf({ parameters = [], requestBody }: Operation): readonly string[] {
  const fields = parameters.map(({ name, in: place, required, schema, description }) => {
    const described = description === undefined ? schema : { ...schema, description };
    return member(place === "header" ? fieldOf(name) : name, described, required && name !== "account");
  });
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  return body === undefined ? fields : [...fields, member("body", body, requestBody?.required === true)];
}

interface Answer {
  readonly form: "json" | "text" | "response" | "none";
  readonly type: string;
}

/** JSON if the operation has it; a file is left for the caller to read. */
function answerOf({ responses }: Operation): Answer {
  const [, response] = Object.entries(responses).find(([status]) => status.startsWith("2")) ?? [];
  const json = response?.content?.["application/json"]?.schema;
  if (json !== undefined) return { form: "json", type: typeOf(json) };
  if (response?.content === undefined) return { form: "none", type: "void" };
  const isText = Object.keys(response.content)[0]?.startsWith("text/") === true;
  return isText ? { form: "text", type: "string" } : { form: "response", type: "Response" };
}

function member(name: string, schema: JsonSchema, isRequired: boolean): string {
  const { description } = schema;
  const about = typeof description === "string" ? `/** ${description} */\n` : "";
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
  return `${about}readonly ${key}${isRequired ? "" : "?"}: ${typeOf(schema)};`;
}

function typeOf(schema: JsonSchema): string {
  const { $ref, enum: words, const: only, anyOf, type } = schema;
  if (typeof $ref === "string") return `Models["${$ref.split("/").at(-1) ?? ""}"]`;
  if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(anyOf)) return (anyOf as JsonSchema[]).map(typeOf).join(" | ");
  if (Array.isArray(type)) return type.map((each: unknown) => typeOf({ ...schema, type: each })).join(" | ");
  if (type === "array") return arrayType(schema);
  if (type === "object") return objectType(schema);
  return SIMPLE[String(type)] ?? "unknown";
}

const SIMPLE: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

function arrayType({ items, prefixItems }: JsonSchema): string {
  if (Array.isArray(prefixItems)) return `readonly [${(prefixItems as JsonSchema[]).map(typeOf).join(", ")}]`;
  return `readonly (${typeOf((items ?? {}) as JsonSchema)})[]`;
}

function objectType({ properties, required = [], additionalProperties }: JsonSchema): string {
  const names = required as readonly string[];
  const fields = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
  const members = fields.map(([name, schema]) => member(name, schema, names.includes(name)));
  const isOpen = typeof additionalProperties === "object" && additionalProperties !== null;
  const rest = isOpen ? typeOf(additionalProperties as JsonSchema) : "unknown";
  const open =
    additionalProperties === false ? [] : [`readonly [name: string]: ${members.length === 0 ? rest : "unknown"};`];
  return `{\n${[...members, ...open].join("\n")}\n}`;
}
