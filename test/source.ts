import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync, visitorKeys } from "oxc-parser";

/** A node of the syntax tree, as far as the tests about our own source look at it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** One file of ours. `path` is relative to the project, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As written: `./leg.ts`, `node:fs`, `zod`. */
  readonly from: string;
  readonly typesOnly: boolean;
}

const root = join(import.meta.dirname, "..");
const notOurs = new Set(["node_modules", "dist", "data", "coverage", "tmp", ".git", ".stryker-tmp"]);

/** Every file under `place` (a folder of the project; "" is all of it) whose name ends in one of `endings`. */
export function filesUnder(place: string, endings: readonly string[]): SourceFile[] {
  return readdirSync(join(root, place), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(place, entry.name);
      if (entry.isDirectory()) return filesUnder(path, endings);
      if (!entry.isFile() || !endings.some((ending) => entry.name.endsWith(ending))) return [];
      const file = join(root, path);
      return [{ path: relative(root, file).replaceAll("\\", "/"), text: readFileSync(file, "utf8") }];
    });
}

export function isTest(file: SourceFile): boolean {
  return file.path.endsWith(".test.ts");
}

/** 1-based line of an offset: what an editor and a reader understand. */
export function lineOf(file: SourceFile, offset: number): number {
  return file.text.slice(0, offset).split("\n").length;
}

/** Every node of a file, parents before children. */
export function nodesOf(file: SourceFile): Node[] {
  const nodes: Node[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isNode(value)) return;
    nodes.push(value);
    for (const key of visitorKeys[value.type] ?? []) visit(value[key]);
  };
  visit(parsed(file).program);
  return nodes;
}

/** Static imports, re-exports, dynamic imports and `import("…")` types of a file. */
export function importsOf(file: SourceFile): Import[] {
  return nodesOf(file).flatMap((node) => {
    const source = node["source"];
    if (!isNode(source) || typeof source["value"] !== "string") return [];
    const typesOnly =
      node.type === "TSImportType" ||
      node["importKind"] === "type" ||
      node["exportKind"] === "type" ||
      onlyTypeSpecifiers(node);
    return [{ from: source["value"], typesOnly }];
  });
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function onlyTypeSpecifiers(node: Node): boolean {
  const specifiers = node["specifiers"];
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((one) => isNode(one) && (one["importKind"] === "type" || one["exportKind"] === "type"));
}

function parsed(file: SourceFile): { readonly program: unknown } {
  const { program, errors } = parseSync(file.path, file.text, { astType: "ts" });
  const first = errors[0];
  if (first !== undefined) throw new Error(`${file.path}: ${first.message}`);
  return { program };
}
