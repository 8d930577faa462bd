import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { filesUnder, importsOf, isNode, isTest, lineOf, nodesOf } from "./source.ts";
import type { Import, Node, SourceFile } from "./source.ts";

/** Folders that run in a browser unchanged: nothing from Node, no clock except the one passed in. */
const pure = ["base", "core/contract", "core/call", "core/applets", "core/flow", "core/engine", "tools/simulator"];

const core = ["core/contract", "core/call", "core/applets", "core/flow", "core/engine"];
const edges = ["edges/sip", "edges/sdp", "edges/media", "edges/store", "edges/http-client", "edges/audio"];

/**
 * The table of docs/ARCHITECTURE.md: folder → the folders it may import; a prefix stands for everything below it.
 * `cli`, `server/supervisor` and files directly in src may import everything.
 */
const table: Readonly<Record<string, readonly string[]>> = {
  base: [],
  client: [],
  "core/contract": ["base"],
  "core/call": ["base", "core/contract"],
  "core/applets": ["base", "core/contract", "core/call"],
  "core/flow": ["base", "core/contract", "core/call", "core/applets"],
  "core/engine": ["base", "core/contract", "core/call", "core/applets", "core/flow"],
  "edges/sdp": ["base"],
  "edges/sip": ["base", "edges/sdp"],
  "edges/media": ["base"],
  "edges/store": ["base"],
  "edges/http-client": ["base", "edges/store"],
  "edges/audio": ["base", "edges/http-client", "edges/media/sound"],
  "tools/simulator": ["base", ...core],
  "tools/check": ["base", "core/contract", "edges/http-client"],
  "tools/mcp": ["base", "client", "core/call", "tools/simulator"],
  "tools/softphone": ["base", "edges/sip", "edges/sdp", "edges/media"],
  "server/exchange": ["base", ...core, ...edges],
  "server/retention": ["base", "core/contract", "edges/store", "server/exchange"],
  "server/configuration": ["base", ...core, "edges/store", "server/exchange", "tools/simulator"],
  "server/api": [
    "base",
    ...core,
    "edges/store",
    "server/exchange",
    "server/configuration",
    "server/retention",
    "tools/simulator",
    "tools/mcp",
    "client",
  ],
};

/** Folders that bring the parts together. */
const mayImportAll = ["cli", "server/supervisor"];

/** Packages that run in a browser and touch nothing outside themselves. */
const purePackages = ["zod", "libphonenumber-js", "yaml"];

/** What the browser application imports from here as types, and what it runs. */
const webTypes = ["server/api", ...core, "base"];
const webRuns = ["client", "tools/simulator", "core/applets", "core/flow"];

/** Folders below the server, to which time and randomness are passed in. */
const belowServer = [...pure, ...edges, "tools/check", "tools/mcp", "tools/softphone"];

/** Where real clocks and randomness are made: one file each, the monotonic clock that paces sound, the processes' entry points. */
const makesTimeAndChance = [/^src\/base\/system-[a-z]+\.ts$/, /^src\/edges\/media\/process\/(?:ticker|main)\.ts$/];

const nodeGlobals = ["process", "Buffer", "require", "__dirname", "__filename", "global", "fetch", "setImmediate"];
const timers = ["setTimeout", "setInterval"];
const clocksAndDice = ["Date.now", "Math.random", "performance.now", "process.hrtime", "AbortSignal.timeout"];
const cryptoDice = ["randomBytes", "randomUUID", "randomInt", "getRandomValues", "randomFillSync"];

/** What several test files share: may read the clock, and is not part of the product. */
const testing = /^src\/.*\/testing\//;

const source = filesUnder("src", [".ts"]).filter((file) => !isTest(file));
const own = source.filter((file) => folderOf(file.path) !== null);

describe("the architecture", () => {
  it("has a row in the import table for every folder", () => {
    const folders = new Set(own.map((file) => folderOf(file.path) ?? ""));
    expect([...folders].filter((folder) => !mayImportAll.includes(folder) && table[folder] === undefined)).toEqual([]);
  });

  it("imports only what the table allows", () => {
    const wrong = own.flatMap((file) =>
      foreignFolders(file)
        .filter(({ folder }) => !mayImport(folderOf(file.path), folder))
        .map(({ folder, from }) => `${file.path} imports ${folder}/ (${from})`),
    );
    expect(wrong).toEqual([]);
  });

  it("ships no test helpers: nothing in the product imports one, and the build leaves them out", () => {
    const product = source.filter((file) => !testing.test(file.path));
    const wrong = product.flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => from.split("/").includes("testing"))
        .map(({ from }) => `${file.path} imports ${from}`),
    );
    expect(wrong).toEqual([]);
    const build = JSON.parse(readFileSync(join(import.meta.dirname, "../tsconfig.build.json"), "utf8")) as object;
    expect(build).toMatchObject({ exclude: expect.arrayContaining(["src/**/*.test.ts", "src/**/testing/**"]) });
  });

  it("keeps applets apart: none imports another; only the registry knows them all", () => {
    const wrong = own.flatMap((file) => {
      const kind = appletOf(file.path);
      if (kind === null) return [];
      return localImports(file)
        .filter(({ path }) => ![null, kind].includes(appletOf(path)))
        .map(({ from }) => `${file.path} imports ${from}`);
    });
    expect(wrong).toEqual([]);
  });

  it("leaves shared test code to tests", () => {
    const wrong = own
      .filter((file) => !testing.test(file.path))
      .flatMap((file) => localImports(file).filter(({ path }) => testing.test(path)))
      .map(({ from }) => from);
    expect(wrong).toEqual([]);
  });

  it("lets the browser application import types, and run only the client, the simulator, and what describes flows", () => {
    const wrong = filesUnder("web", [".ts", ".tsx"]).flatMap((file) =>
      localImports(file).flatMap(({ path, from, typesOnly }) => {
        const folder = folderOf(path);
        if (folder === null || webRuns.includes(folder)) return [];
        return typesOnly && webTypes.includes(folder) ? [] : [`${file.path} imports ${from}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the pure folders", () => {
  const files = own.filter((file) => pure.includes(folderOf(file.path) ?? ""));

  it("import only packages that run anywhere", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => !from.startsWith(".") && !purePackages.includes(packageOf(from)))
        .map(({ from }) => `${file.path} imports ${from}`),
    );
    expect(wrong).toEqual([]);
  });

  it("use no Node globals and no network", () => {
    expect(files.flatMap((file) => uses(file, nodeGlobals))).toEqual([]);
  });
});

describe("below the server", () => {
  const files = own
    .filter((file) => belowServer.includes(folderOf(file.path) ?? ""))
    .filter((file) => ![...makesTimeAndChance, testing].some((pattern) => pattern.test(file.path)));

  it("nothing reads the clock, waits, or draws random numbers by itself", () => {
    const wrong = files.flatMap((file) => [
      ...uses(file, [...timers, ...clocksAndDice, ...cryptoDice]),
      ...newDates(file),
    ]);
    expect(wrong).toEqual([]);
  });
});

describe("these tests", () => {
  const planted: SourceFile = {
    path: "src/core/engine/planted.ts",
    text: `import { a } from "../sip/a.ts"; import type { b } from "../sip/b.ts"; export { c } from "../sip/c.ts";
      type D = import("../sip/d.ts").D; const e = await import("../sip/e.ts");
      const now = Date.now() + new Date().getTime() + Math.random(); setTimeout(() => process.exit(), 1);
      const fine = { process: 1, setTimeout: 2 }; fine.process; interface F { setTimeout(): void; now: Date }`,
  };

  it("find imports of every form", () => {
    expect(importsOf(planted).map(({ from, typesOnly }) => `${from} ${typesOnly}`)).toEqual([
      "../sip/a.ts false",
      "../sip/b.ts true",
      "../sip/c.ts false",
      "../sip/d.ts true",
      "../sip/e.ts false",
    ]);
  });

  it("find clocks, randomness and globals, and are not misled by properties of the same name", () => {
    expect(uses(planted, [...nodeGlobals, ...timers, ...clocksAndDice])).toEqual([
      "src/core/engine/planted.ts:3 uses Date.now",
      "src/core/engine/planted.ts:3 uses Math.random",
      "src/core/engine/planted.ts:3 uses setTimeout",
      "src/core/engine/planted.ts:3 uses process",
    ]);
    expect(newDates(planted)).toEqual(["src/core/engine/planted.ts:3 uses new Date()"]);
  });
});

function mayImport(importer: string | null, folder: string): boolean {
  if (importer === null || mayImportAll.includes(importer) || folderOf(`src/${folder}/`) === importer) return true;
  return table[importer]?.some((each) => `${folder}/`.startsWith(`${each}/`)) ?? false;
}

/** `src/<folder>/…` → the row of the table it belongs to; null for files directly in src and files elsewhere. */
function folderOf(path: string): string | null {
  return /^src\/((?:core|edges|server|tools)\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? null;
}

function appletOf(path: string): string | null {
  return /^src\/core\/applets\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Imports of our own files, each with its path in the project. */
function localImports(file: SourceFile): (Import & { readonly path: string })[] {
  return importsOf(file)
    .filter(({ from }) => from.startsWith("."))
    .map((one) => ({ ...one, path: posix.join(posix.dirname(file.path), one.from) }));
}

function foreignFolders(file: SourceFile): { readonly folder: string; readonly from: string }[] {
  return localImports(file).flatMap(({ path, from }) => {
    // The version is a constant that every folder may import.
    if (path === "src/version.ts") return [];
    const isOwn = folderOf(path) !== null && folderOf(path) === folderOf(file.path);
    return isOwn ? [] : [{ folder: posix.dirname(path).replace(/^src\//, ""), from }];
  });
}

/** Where a file uses one of `names`: a global (`setTimeout`), or a global's member (`Date.now`). */
function uses(file: SourceFile, names: readonly string[]): string[] {
  const nodes = nodesOf(file);
  const notGlobals = new Set(nodes.flatMap(namesThatAreNoUse));
  return nodes.flatMap((node) => {
    const name = nameOf(node);
    if (name === null || notGlobals.has(node) || !names.includes(name)) return [];
    return [`${file.path}:${lineOf(file, node.start)} uses ${name}`];
  });
}

function nameOf(node: Node): string | null {
  if (node.type === "Identifier" && typeof node["name"] === "string") return node["name"];
  if (node.type !== "MemberExpression") return null;
  const { object, property } = node;
  return isNode(object) && isNode(property) ? `${nameOf(object) ?? "?"}.${nameOf(property) ?? "?"}` : null;
}

/** Identifiers that only look like a global: `a.process`, `{ process: 1 }`, a method or type member of that name. */
function namesThatAreNoUse(node: Node): Node[] {
  const written = ["MemberExpression"].includes(node.type) ? node["property"] : node["key"];
  return isNode(written) && node["computed"] !== true && node["shorthand"] !== true ? [written] : [];
}

function newDates(file: SourceFile): string[] {
  return nodesOf(file)
    .filter((node) => node.type === "NewExpression" && isNode(node["callee"]) && nameOf(node["callee"]) === "Date")
    .filter((node) => Array.isArray(node["arguments"]) && node["arguments"].length === 0)
    .map((node) => `${file.path}:${lineOf(file, node.start)} uses new Date()`);
}
