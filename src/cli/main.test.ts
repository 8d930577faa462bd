import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");

function run(nodeVersion: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const version = `data:text/javascript,
    Object.defineProperty(process, "version", { value: "v${nodeVersion}" });
    Object.defineProperty(process.versions, "node", { value: "${nodeVersion}" });`;
  return spawnSync(process.execPath, ["--import", version, MAIN, "--version"], { encoding: "utf8" });
}

it("M1: an older Node gets one sentence that says which it must be and how to come by it", () => {
  const { status, stdout, stderr } = run("20.20.2");
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^Plugboard needs Node 24 or newer and this is v20\.20\.2: .*`npm run plugboard.*\n$/);
});

it("runs the commands under a Node that is new enough", () => {
  expect(run(process.versions.node)).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^\d/) });
});
