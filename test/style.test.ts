import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../src/version.ts";
import { filesUnder, isNode, isTest, lineOf, nodesOf } from "./source.ts";
import type { Node, SourceFile } from "./source.ts";

/** A function fits on a screen; see docs/decisions.md. */
const P90_LINES = 16;
const P99_LINES = 35;
const MOST_LINES = 70;

const code = filesUnder("src", [".ts"]).filter((file) => !isTest(file));
const scripts = filesUnder("scripts", [".mjs"]);
const everything = filesUnder("", [
  ".ts",
  ".tsx",
  ".mjs",
  ".json",
  ".yaml",
  ".yml",
  ".md",
  ".xml",
  ".html",
  ".css",
  ".run",
]);
const tests = everything.filter(isTest);

describe("functions", () => {
  const lengths = [...code, ...scripts].flatMap(functionsOf).toSorted((a, b) => a.lines - b.lines);
  const longest = lengths.toReversed().map(({ where, lines }) => `${lines} lines: ${where}`);

  it(`are at most ${MOST_LINES} lines long`, () => {
    expect(longest.filter((one) => Number.parseInt(one, 10) > MOST_LINES)).toEqual([]);
  });

  it.each([
    [0.9, P90_LINES],
    [0.99, P99_LINES],
  ])("the %s quantile of their length is at most %s lines", (quantile, limit) => {
    const found = lengths[Math.floor(lengths.length * quantile)]?.lines ?? 0;
    expect(found, longest.slice(0, 30).join("\n")).toBeLessThanOrEqual(limit);
  });
});

describe("types", () => {
  it.each([
    ["any", "TSAnyKeyword"],
    ["a non-null assertion", "TSNonNullExpression"],
    ["an enum", "TSEnumDeclaration"],
  ])("say nowhere %s", (_, type) => {
    const wrong = [...code, ...tests].flatMap((file) =>
      nodesOf(file)
        .filter((node) => node.type === type)
        .map(at(file)),
    );
    expect(wrong).toEqual([]);
  });
});

describe("names", () => {
  it("no two exported types or classes have the same name", () => {
    const places = new Map<string, string[]>();
    for (const file of code)
      for (const name of exportedTypesOf(file)) places.set(name, [...(places.get(name) ?? []), file.path]);
    expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
  });
});

describe("text", () => {
  it("contains no promise to do something later", () => {
    const later = new RegExp(
      `\\b(?:${["TO", "FIX"].map((half) => half + (half === "TO" ? "DO" : "ME")).join("|")})\\b`,
    );
    expect(
      linesWith(
        later,
        everything.filter((file) => !file.path.endsWith("package-lock.json")),
      ),
    ).toEqual([]);
  });

  it("contains no path from anyone's machine", () => {
    const machine = new RegExp(
      `(?:^|[^A-Za-z0-9_.~})])/(?:${["home", "root", "Users", "work", "farm"].join("|")})/[a-z.]`,
    );
    expect(linesWith(machine, everything)).toEqual([]);
  });

  it("swallows no failure in an empty catch", () => {
    const empty = code.flatMap((file) =>
      nodesOf(file)
        .filter(
          (node) => node.type === "CatchClause" && isNode(node["body"]) && /^\{\s*\}$/.test(slice(file, node["body"])),
        )
        .map(at(file)),
    );
    expect(empty).toEqual([]);
  });
});

describe("the version", () => {
  it.each(["package.json", "packages/plugboard/package.json", "packages/platform/package.json"])(
    "is the same in %s as in the program",
    (file) => {
      expect((JSON.parse(text(file)) as { readonly version: string }).version).toBe(VERSION);
    },
  );
});

describe("the lock file", () => {
  const { packages } = JSON.parse(text("package-lock.json")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };

  it("has the packages of every platform, without which npm ci refuses it (scripts/complete-lock.mjs)", () => {
    const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(named.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });

  it("names no registry", () => {
    expect(text("package-lock.json")).not.toMatch(/"resolved": "https?:/);
  });
});

describe("the contract's rules", () => {
  const { sections, later } = rules();
  const titles = tests.flatMap(titlesOf);
  const tested = new Set(titles.flatMap((title) => title.match(/\b[A-Z]{3,4}-\d+\b/g) ?? []));
  const known = new Set(sections.flatMap((section) => section.rules));

  it.each(sections.filter((section) => section.held))(
    "section $section ($title): each has a test that names it",
    (section) => {
      expect(section.rules.filter((rule) => !tested.has(rule) && later[rule] === undefined)).toEqual([]);
    },
  );

  it("are excused only while no test names them", () => {
    expect(Object.keys(later).filter((rule) => tested.has(rule) || !known.has(rule))).toEqual([]);
  });

  it("are the only ones that tests name", () => {
    expect(
      [...tested].filter((rule) => /^(?:REQ|RES|REF|DIAL|EVT|EXIT|APP|API)-/.test(rule) && !known.has(rule)),
    ).toEqual([]);
  });
});

interface Rules {
  readonly sections: readonly {
    readonly section: number;
    readonly title: string;
    /** Whether every rule of the section has a test with its id. */
    readonly held: boolean;
    readonly rules: readonly string[];
  }[];
  /** Rules of held sections that nothing implements yet, each with the reason. */
  readonly later: Readonly<Record<string, string>>;
}

function rules(): Rules {
  return JSON.parse(text("test/fixtures/rules.json")) as Rules;
}

function text(path: string): string {
  return readFileSync(join(import.meta.dirname, "..", path), "utf8");
}

/** Functions with a body; one-line arrow functions count as expressions and are left out. */
function functionsOf(file: SourceFile): { readonly where: string; readonly lines: number }[] {
  const kinds = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
  return nodesOf(file)
    .filter((node) => kinds.includes(node.type) && isNode(node["body"]))
    .map((node) => ({
      where: at(file)(node),
      lines: slice(file, node).split("\n").length,
      arrow: node.type.startsWith("Arrow"),
    }))
    .filter(({ lines, arrow }) => lines > 1 || !arrow);
}

/** The titles of a file's tests as written; with `it.each`, also the strings in its table, as they end up in the titles. */
function titlesOf(file: SourceFile): string[] {
  return nodesOf(file).flatMap((node) => {
    const { callee } = node;
    if (node.type !== "CallExpression" || !isNode(callee)) return [];
    if (!/^(?:it|test|describe)\b/.test(slice(file, callee))) return [];
    const title = Array.isArray(node["arguments"]) ? node["arguments"][0] : null;
    if (!isNode(title) || !["Literal", "TemplateLiteral"].includes(title.type)) return [];
    return [slice(file, title), ...(callee.type === "CallExpression" ? [slice(file, callee)] : [])];
  });
}

/** Names of the classes, interfaces and type aliases exported by a file. */
function exportedTypesOf(file: SourceFile): string[] {
  const kinds = ["ClassDeclaration", "TSInterfaceDeclaration", "TSTypeAliasDeclaration"];
  return nodesOf(file).flatMap(({ type, declaration }) => {
    if (type !== "ExportNamedDeclaration" || !isNode(declaration) || !kinds.includes(declaration.type)) return [];
    const { id } = declaration;
    return isNode(id) && typeof id["name"] === "string" ? [id["name"]] : [];
  });
}

function linesWith(pattern: RegExp, files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.text
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1} ${line.trim().slice(0, 100)}`] : [])),
  );
}

function at(file: SourceFile): (node: Node) => string {
  return (node) => `${file.path}:${lineOf(file, node.start)}`;
}

function slice(file: SourceFile, node: Node): string {
  return file.text.slice(node.start, node.end);
}
