import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { serveCommand } from "./serve.ts";

const SAMPLE = fileURLToPath(new URL("../../examples/workspace.yaml", import.meta.url));

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-serve-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/** Runs `plugboard serve` with a data folder that must not be created. */
async function serve(
  ...args: string[]
): Promise<{ readonly out: string; readonly errors: string; readonly status: unknown }> {
  let out = "";
  let errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((errors += String(text)), true));
  await serveCommand()
    .exitOverride()
    .parseAsync(["--data", join(folder, "data"), ...args], { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = 0;
  expect(existsSync(join(folder, "data"))).toBe(false);
  return { out, errors, status };
}

it("says that the workspace is missing before it creates a database", async () => {
  const { errors, status } = await serve("--workspace", join(folder, "none.yaml"));
  expect(errors).toBe(
    `plugboard serve: there is no workspace file ${folder}/none.yaml: name one with --workspace, or write one with plugboard init\n`,
  );
  expect(status).toBe(2);
});

it("reports every mistake in the workspace with file and line, and starts nothing", async () => {
  const file = join(folder, "w.yaml");
  writeFileSync(file, "accounts:\n  - sid: acme\n    tenant_id: no\n");
  const { errors, status } = await serve("--workspace", file);
  expect(errors).toMatch(/^plugboard serve: .*w\.yaml:3: accounts\[0\]\.tenant_id/m);
  expect(status).toBe(2);
});

it("--check reads settings and workspace, and starts nothing", async () => {
  const { out, errors, status } = await serve("--check", "--workspace", SAMPLE);
  expect([errors, status]).toEqual(["", 0]);
  expect(out).toBe("The workspace can be served: 1 account, 1 number, 1 flow, 0 warnings.\n");
});

it("--check shows a flow's warnings, and exits with 1", async () => {
  const file = join(folder, "w.yaml");
  const flow = { flow: "7", account: "acme", start: "a", applets: { a: { type: "hangup" }, lost: { type: "hangup" } } };
  const trunks = [{ name: "main", address: "127.0.0.1:5080" }];
  const exophones = [{ number: "+918047100000", flow: "7", trunk: "main" }];
  const accounts = [{ sid: "acme", tenant_id: 1, api_keys: [], trunks, exophones }];
  writeFileSync(file, JSON.stringify({ accounts, flows: [flow] }));
  const { out, status } = await serve("--check", "--workspace", file);
  expect(out).toMatch(/^warning: flow acme\/7, applets\.lost: /);
  expect(status).toBe(1);
});

it("needs no file if there is a data folder: the configuration is read from the database", async () => {
  const data = join(folder, "before");
  mkdirSync(data);
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  const { out, errors, status } = await serve("--check", "--data", data);
  expect([errors, status]).toEqual(["", 0]);
  expect(out).toBe("No workspace file: the configuration is read from the database.\n");
});
