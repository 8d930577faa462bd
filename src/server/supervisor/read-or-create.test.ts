import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readOrCreate } from "./read-or-create.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugboard-keep-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("creates a text once, readable only by its owner, and reads it again", async () => {
  const file = join(folder, "node");
  const made = await readOrCreate(file, 8);
  expect(made).toMatch(/^[0-9a-f]{16}$/);
  expect(await readOrCreate(file, 8)).toBe(made);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.startsWith("node"))).toEqual(["node"]);
});

it("M7: an empty file is reported, neither used as a secret nor overwritten", async () => {
  const file = join(folder, "secret");
  await writeFile(file, "");
  await expect(readOrCreate(file, 32)).rejects.toThrow(`${file} is empty`);
  expect(await readFile(file, "utf8")).toBe("");
});

it("M7: an existing file that can't be read is not overwritten", async () => {
  const file = join(folder, "folder");
  await mkdir(file);
  await expect(readOrCreate(file, 32)).rejects.toThrow("EISDIR");
});
