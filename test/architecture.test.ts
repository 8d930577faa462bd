import { describe, expect, it } from "vitest";
import { posix } from "node:path";
import { filesUnder, importsOf, isNode, isTest, lineOf, nodesOf } from "./source.ts";
import type { Import, Node, SourceFile } from "./source.ts";

/** Runs in a browser as it is: nothing of Node, no clock but the one handed in. */
const pure = ["base", "contract", "call", "applets", "flow", "engine", "simulator"];

/** The table of docs/ARCHITECTURE.md: folder → the folders it may import. `cli` and files directly in src may import all. */
const table: Readonly<Record<string, readonly string[]>> = {
  base: [],
  contract: ["base"],
  call: ["base", "contract"],
  applets: ["base", "contract", "call"],
  flow: ["base", "contract", "call", "applets"],
  engine: ["base", "contract", "call", "flow", "applets"],
  simulator: ["base", "contract", "call", "applets", "flow", "engine"],
  check: ["base", "contract", "outbound"],
  sdp: ["base"],
  sip: ["base", "sdp"],
  media: ["base"],
  robot: ["base", "sdp", "sip", "media"],
  store: ["base"],
  outbound: ["base", "store"],
  audio: ["base", "media", "outbound"],
  exchange: [...pure, "check", "sdp", "sip", "media", "outbound", "audio", "store"],
  api: ["base", "contract", "call", "applets", "flow", "simulator", "store", "exchange"],
};

/** Packages that run in a browser and touch nothing outside themselves. */
const purePackages = ["zod", "libphonenumber-js", "yaml"];

/** What the browser application takes from here as types, and the one folder it runs. */
const webTypes = ["api", "flow", "applets", "call", "contract", "base"];
const webRuns = ["simulator"];

/** Time and chance are handed in everywhere below the exchange. */
const belowExchange = [...pure, "check", "sdp", "sip", "media", "robot", "store", "outbound", "audio"];

/** Where the real ones are made: one file each, the clock that paces sound and never jumps, the processes' beginnings. */
const makesTimeAndChance = [/^src\/base\/system-[a-z]+\.ts$/, /^src\/media\/(?:pacer|main)\.ts$/];

const nodeGlobals = ["process", "Buffer", "require", "__dirname", "__filename", "global", "fetch", "setImmediate"];
const timers = ["setTimeout", "setInterval"];
const clocksAndDice = ["Date.now", "Math.random", "performance.now", "process.hrtime", "AbortSignal.timeout"];
const cryptoDice = ["randomBytes", "randomUUID", "randomInt", "getRandomValues", "randomFillSync"];

/** What tests of several files share: may look at the clock, and is no part of the product. */
const testing = /^src\/[^/]+\/testing\//;

const source = filesUnder("src", [".ts"]).filter((file) => !isTest(file));
const own = source.filter((file) => folderOf(file.path) !== null);

describe("the house", () => {
  it("has a row in the import table for every folder", () => {
    const folders = new Set(own.map((file) => folderOf(file.path) ?? ""));
    expect([...folders].filter((folder) => folder !== "cli" && table[folder] === undefined)).toEqual([]);
  });

  it("imports only what the table allows", () => {
    const wrong = own.flatMap((file) =>
      foreignFolders(file)
        .filter(({ folder }) => !mayImport(folderOf(file.path), folder))
        .map(({ folder, from }) => `${file.path} imports ${folder}/ (${from})`),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps applets apart: none imports another, only the registry knows them all", () => {
    const wrong = own.flatMap((file) => {
      const kind = appletOf(file.path);
      if (kind === null) return [];
      return localImports(file)
        .filter(({ path }) => ![null, kind].includes(appletOf(path)))
        .map(({ from }) => `${file.path} imports ${from}`);
    });
    expect(wrong).toEqual([]);
  });

  it("leaves what tests share to tests", () => {
    const wrong = own
      .filter((file) => !testing.test(file.path))
      .flatMap((file) => localImports(file).filter(({ path }) => testing.test(path)))
      .map(({ from }) => from);
    expect(wrong).toEqual([]);
  });

  it("lets the browser application take types, and run the simulator only", () => {
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

  it("import no package but those that run anywhere", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => !from.startsWith(".") && !purePackages.includes(packageOf(from)))
        .map(({ from }) => `${file.path} imports ${from}`),
    );
    expect(wrong).toEqual([]);
  });

  it("use no global of Node and no network", () => {
    expect(files.flatMap((file) => uses(file, nodeGlobals))).toEqual([]);
  });
});

describe("below the exchange", () => {
  const files = own
    .filter((file) => belowExchange.includes(folderOf(file.path) ?? ""))
    .filter((file) => ![...makesTimeAndChance, testing].some((pattern) => pattern.test(file.path)));

  it("nothing asks the hour, waits, or throws dice by itself", () => {
    const wrong = files.flatMap((file) => [
      ...uses(file, [...timers, ...clocksAndDice, ...cryptoDice]),
      ...newDates(file),
    ]);
    expect(wrong).toEqual([]);
  });
});

describe("these tests", () => {
  const planted: SourceFile = {
    path: "src/engine/planted.ts",
    text: `import { a } from "../sip/a.ts"; import type { b } from "../sip/b.ts"; export { c } from "../sip/c.ts";
      type D = import("../sip/d.ts").D; const e = await import("../sip/e.ts");
      const now = Date.now() + new Date().getTime() + Math.random(); setTimeout(() => process.exit(), 1);
      const fine = { process: 1, setTimeout: 2 }; fine.process; interface F { setTimeout(): void; now: Date }`,
  };

  it("see imports of every form", () => {
    expect(importsOf(planted).map(({ from, typesOnly }) => `${from} ${typesOnly}`)).toEqual([
      "../sip/a.ts false",
      "../sip/b.ts true",
      "../sip/c.ts false",
      "../sip/d.ts true",
      "../sip/e.ts false",
    ]);
  });

  it("see clocks, dice and globals, and are not misled by properties of the same name", () => {
    expect(uses(planted, [...nodeGlobals, ...timers, ...clocksAndDice])).toEqual([
      "src/engine/planted.ts:3 uses Date.now",
      "src/engine/planted.ts:3 uses Math.random",
      "src/engine/planted.ts:3 uses setTimeout",
      "src/engine/planted.ts:3 uses process",
    ]);
    expect(newDates(planted)).toEqual(["src/engine/planted.ts:3 uses new Date()"]);
  });
});

function mayImport(importer: string | null, folder: string): boolean {
  if (importer === null || importer === "cli" || importer === folder) return true;
  return table[importer]?.includes(folder) ?? false;
}

/** `src/<folder>/…` → the folder; null for files directly in src and files elsewhere. */
function folderOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function appletOf(path: string): string | null {
  return /^src\/applets\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Imports of our own files, each with its path from the project. */
function localImports(file: SourceFile): (Import & { readonly path: string })[] {
  return importsOf(file)
    .filter(({ from }) => from.startsWith("."))
    .map((one) => ({ ...one, path: posix.join(posix.dirname(file.path), one.from) }));
}

function foreignFolders(file: SourceFile): { readonly folder: string; readonly from: string }[] {
  return localImports(file).flatMap(({ path, from }) => {
    const folder = folderOf(path) ?? "the folder above";
    return folder === folderOf(file.path) ? [] : [{ folder, from }];
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
