import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync, visitorKeys } from "oxc-parser";

/** A node of the syntax tree, with what the tests about our own source need. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** One of our files. `path` is relative to the project, with forward slashes. */
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
/** What is skipped if git can't be asked (in a packed copy, or another user's checkout). */
const notOurs = new Set(["node_modules", "dist", "data", "coverage", "reports", "tmp", ".git", ".stryker-tmp"]);
const ours = filesOfGit() ?? filesOfFolder("");

/**
 * All of our files under `place` (a folder of the project; "" is all of it) whose names end in one of `endings`. Files that
 * git ignores are not ours: reports, builds, a data folder.
 */
export function filesUnder(place: string, endings: readonly string[]): SourceFile[] {
  const prefix = place === "" ? "" : `${place}/`;
  return ours
    .filter((path) => path.startsWith(prefix) && endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Files known to git, and new ones that it does not ignore; null if it can't tell. */
function filesOfGit(): readonly string[] | null {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0 || stdout === "") return null;
  const paths = stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
  return [...new Set(paths)].toSorted();
}

function filesOfFolder(place: string): readonly string[] {
  return readdirSync(join(root, place), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(place, entry.name);
      if (entry.isDirectory()) return filesOfFolder(path);
      return entry.isFile() ? [relative(root, join(root, path)).replaceAll("\\", "/")] : [];
    });
}

export function isTest(file: SourceFile): boolean {
  return file.path.endsWith(".test.ts");
}

/** The 1-based line of an offset, as in an editor. */
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
