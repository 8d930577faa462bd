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

it.each(["20.20.2", "24.6.0"])(
  "M1: Node %s gets one sentence saying which version is needed and how to get it",
  (old) => {
    const { status, stdout, stderr } = run(old);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`Plugboard needs Node 24.7 or newer and this is v${old}: `);
    expect(stderr).toMatch(/^[^\n]*`npm run plugboard[^\n]*\n$/);
  },
);

it.each(["24.7.0", "25.0.0"])("runs under Node %s", (version) => {
  expect(run(version)).toMatchObject({ status: 0, stderr: "" });
});

it("runs the commands under a recent enough Node", () => {
  expect(run(process.versions.node)).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^\d/) });
});
