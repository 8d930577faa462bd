import { LineCounter, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { keysAt, unknownKey } from "./schema-keys.ts";

/** One mistake in a file that a person wrote. `message` is one sentence: what was wrong and what is allowed. */
export interface SourceProblem {
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Dotted path of the field, `accounts[0].trunks[1].address`; empty for the whole document. */
  readonly path: string;
  readonly message: string;
}

/** `file:line: path: message`, as compilers print it. */
export function showProblem(problem: SourceProblem): string {
  const where = problem.path === "" ? "" : `${problem.path}: `;
  return `${problem.file}:${problem.line}: ${where}${problem.message}`;
}

type Path = readonly PropertyKey[];

/** A YAML (or JSON) text that knows the line of each value. */
export class YamlDocument {
  readonly file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  private constructor(file: string, document: Document, lines: LineCounter) {
    this.file = file;
    this.#document = document;
    this.#lines = lines;
  }

  static parse(text: string, file: string): Result<YamlDocument, readonly SourceProblem[]> {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    if (document.errors.length === 0 && hasFewAliases(document)) return ok(new YamlDocument(file, document, lines));
    if (document.errors.length === 0)
      return err([{ file, line: 1, path: "", message: "uses too many YAML aliases: write the values out" }]);
    return err(
      document.errors.map((error) => ({
        file,
        line: lines.linePos(error.pos[0]).line,
        path: "",
        message: `not valid YAML: ${error.message.replaceAll("\n", " ")}`,
      })),
    );
  }

  /** The document as plain values. */
  value(): unknown {
    return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  /** The problem at `path`, on the line of the deepest part of it that exists. */
  problem(path: Path, message: string): SourceProblem {
    return { file: this.file, line: this.#lineOf(path), path: showPath(path), message };
  }

  #lineOf(path: Path): number {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const part of path) {
      const inside: { offset: number; node: unknown } | null = descend(node, part);
      if (inside === null) break;
      ({ offset, node } = inside);
    }
    return this.#lines.linePos(offset).line || 1;
  }
}

function hasFewAliases(document: Document): boolean {
  try {
    document.toJS({ maxAliasCount: MAX_ALIASES });
    return true;
  } catch {
    return false; // too many aliases: nothing else can fail in a document without errors
  }
}

/** Guards against a document whose aliases multiply ("billion laughs"). */
const MAX_ALIASES = 100;

function descend(node: unknown, part: PropertyKey): { offset: number; node: unknown } | null {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
    if (pair === undefined || !isScalar(pair.key)) return null;
    return { offset: pair.key.range?.[0] ?? 0, node: pair.value };
  }
  if (isSeq(node)) {
    const item: unknown = node.items[Number(part)];
    if (!isRanged(item)) return null;
    return { offset: item.range[0], node: item };
  }
  return null;
}

function isRanged(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

function showPath(path: Path): string {
  let out = "";
  for (const part of path) {
    if (typeof part === "number") out += `[${part}]`;
    else out += out === "" ? String(part) : `.${String(part)}`;
  }
  return out;
}

/** One mistake in a document that has no lines: where, and one sentence. */
export interface DocumentMistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Validates a document; every finding is one sentence that names what is allowed. */
export function checkDocument<T>(document: YamlDocument, schema: z.ZodType<T>): Result<T, readonly SourceProblem[]> {
  const checked = checkValue(document.value(), schema);
  return checked.ok ? checked : err(checked.error.map(({ path, message }) => document.problem(path, message)));
}

/** {@link checkDocument} for a value that did not come from a file. */
export function checkValue<T>(value: unknown, schema: z.ZodType<T>): Result<T, readonly DocumentMistake[]> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.flatMap((issue) => issueMessage(schema, issue)));
}

function issueMessage(schema: z.ZodType, issue: z.core.$ZodIssue): DocumentMistake[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(key, allowed) }));
  }
  if (issue.code === "invalid_union" && issue.errors[0] !== undefined) {
    const deepest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    return deepest.flatMap((inner) => issueMessage(schema, { ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [{ path: issue.path, message: issue.message }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}
