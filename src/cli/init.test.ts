import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { loadWorkspace, warningsOf } from "../server/exchange/workspace.ts";
import { initCommand } from "./init.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-init-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

async function init(
  file: string,
): Promise<{ readonly out: string; readonly errors: string; readonly status: unknown }> {
  let out = "";
  let errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((errors += String(text)), true));
  await initCommand().exitOverride().parseAsync([file], { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = 0;
  return { out, errors, status };
}

it("writes a workspace that can be served as it is, without warnings, and that others can't read", async () => {
  const file = join(folder, "new", "acme.yaml");
  const { out, errors, status } = await init(file);
  expect([errors, status]).toEqual(["", 0]);
  expect(out).toContain(`plugboard serve --workspace ${file}`);
  const loaded = loadWorkspace(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  expect(warningsOf(loaded.value)).toEqual([]);
  expect(statSync(file).mode & 0o077).toBe(0);
});

it("gives every workspace its own token", async () => {
  await init(join(folder, "a", "w.yaml"));
  await init(join(folder, "b", "w.yaml"));
  const [a, b] = ["a", "b"].map(
    (name) => /token: (\S{32}) /.exec(readFileSync(join(folder, name, "w.yaml"), "utf8"))?.[1],
  );
  expect(a).toBeDefined();
  expect(a).not.toBe(b);
});

it("overwrites nothing", async () => {
  const file = join(folder, "w.yaml");
  await init(file);
  const before = readFileSync(file, "utf8");
  const { errors, status } = await init(file);
  expect(status).toBe(2);
  expect(errors).toContain(`${file} already exists and is not overwritten`);
  expect(readFileSync(file, "utf8")).toBe(before);
});
