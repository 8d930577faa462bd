import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
const PROGRAMS = join(ROOT, "node_modules", ".bin");

/** A program that takes ports like a test process, and keeps them until it is killed. */
const TAKE_PORTS = `
  const { freePort, rtpRange } = await import(process.argv[1]);
  const ports = [];
  for (let i = 0; i < 10; i++) ports.push(await freePort());
  const [first, last] = (await rtpRange(20)).split("-").map(Number);
  for (let port = first; port <= last; port++) ports.push(port);
  process.stdout.write(JSON.stringify(ports));
  setTimeout(() => undefined, 2000);
`;

async function takePorts(): Promise<readonly number[]> {
  const script = ["--input-type=module", "--eval", TAKE_PORTS, join(ROOT, "test/support/ports.ts")];
  const { stdout } = await execute(process.execPath, script);
  const ports: unknown = JSON.parse(stdout);
  if (!Array.isArray(ports)) throw new Error(`no list of ports: ${stdout}`);
  return ports.map(Number);
}

describe("test runs side by side", () => {
  it("M12: never take each other's ports", async () => {
    const taken = (await Promise.all([takePorts(), takePorts(), takePorts()])).flat();
    expect(taken).toHaveLength(90);
    expect(new Set(taken).size).toBe(90);
  });
});

describe("what a mutation run leaves behind", () => {
  const untidy = "var  a = 1;debugger";
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "plugboard-reports-"));
    for (const file of [".gitignore", ".oxfmtrc.json", ".oxlintrc.json"]) cpSync(join(ROOT, file), join(folder, file));
    await execute("git", ["init", "--quiet"], { cwd: folder });
    writeFileSync(join(folder, "tidy.ts"), "export const tidy = 1;\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a check in the folder; returns its exit status. */
  async function check(program: string, ...options: readonly string[]): Promise<number> {
    const done = execute(join(PROGRAMS, program), options, { cwd: folder });
    return done.then(
      () => 0,
      () => 1,
    );
  }

  it.each([
    ["oxfmt", "--check", "."],
    ["oxlint", "--deny-warnings"],
  ])("M12: in reports/ does not concern %s, which checks the sources", async (program, ...options) => {
    const report = join(folder, "reports", "mutation");
    mkdirSync(report, { recursive: true });
    writeFileSync(join(report, "report.js"), untidy);
    expect(await check(program, ...options)).toBe(0);
    writeFileSync(join(folder, "untidy.ts"), untidy);
    expect(await check(program, ...options)).toBe(1);
  });
});
