import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CheckDeps, CheckTarget } from "./check-target.ts";
import { EndpointState } from "./endpoint-state.ts";
import { IssueCollector } from "./issue-collector.ts";
import { ProbeSession } from "./probe-session.ts";

/** The most files that `--watch` looks at: a source tree has fewer, and a data folder should not be watched. */
const MAX_FILES = 5000;
/** Folders that the developer did not write. */
const NOT_SOURCE: readonly string[] = ["node_modules", "dist", "build", "target", "coverage", "venv", "__pycache__"];

/** How the endpoint answers one first request: whether it can be used and which rules it breaks, but not whom it names. */
export async function quickCheck(target: CheckTarget, deps: CheckDeps): Promise<string> {
  const issues = new IssueCollector(target.mode);
  const endpoint = new EndpointState("primary", target.primary);
  const probe = { id: "quick", requests: 1, numberForm: null };
  const { verdict } = await new ProbeSession(target, deps, endpoint, issues, probe).askPlain();
  return JSON.stringify([verdict.usable, issues.issues().map(({ id, path, level }) => [id, path, level])]);
}

/** A text that changes when a file below the folder is created, changed or removed; hidden and generated files do not count. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await filesBelow(folder)) {
    const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0 }));
    hash.update(`${file}\n${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex");
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && files.length < MAX_FILES; next = folders.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      if (entry.name.startsWith(".") || NOT_SOURCE.includes(entry.name)) continue;
      if (entry.isDirectory()) folders.push(join(next, entry.name));
      else if (entry.isFile()) files.push(join(next, entry.name));
    }
  }
  return files.slice(0, MAX_FILES).toSorted();
}
