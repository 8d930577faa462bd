import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export { freePort } from "./ports.ts";

export interface SippOptions {
  /** Scenario file under test/interop/sipp. */
  readonly scenario: string;
  readonly port: number;
  readonly transport?: "u1" | "t1" | "tn";
  readonly args: readonly string[];
  /** Replaces `{{name}}` in the scenario. */
  readonly values?: Readonly<Record<string, string | number>>;
}

/** How SIPp ended. */
export interface SippResult {
  readonly code: number | null;
  /** What SIPp wrote to its error file: unexpected messages and the like. */
  readonly errors: string;
}

/** A running SIPp. */
export interface Sipp {
  readonly done: Promise<SippResult>;
  stop(): Promise<void>;
}

/** Starts SIPp in its own folder, so that its files are found and removed. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  const folder = await mkdtemp(join(tmpdir(), "sipp-"));
  const template = await readFile(new URL(`../interop/sipp/${options.scenario}`, import.meta.url), "utf8");
  const scenario = join(folder, options.scenario);
  await writeFile(
    scenario,
    template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(options.values?.[name])),
  );
  const args = ["-sf", scenario, "-i", "127.0.0.1", "-p", String(options.port), "-t", options.transport ?? "u1"];
  const child = spawn("sipp", [...args, "-nostdin", "-trace_err", ...options.args], { cwd: folder, stdio: "ignore" });
  const done = ended(child, folder);
  return {
    done,
    stop: async () => {
      child.kill("SIGKILL");
      await done;
    },
  };
}

async function ended(child: ChildProcess, folder: string): Promise<SippResult> {
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const logs = (await readdir(folder)).filter((name) => name.endsWith("_errors.log"));
  const errors = (await Promise.all(logs.map((name) => readFile(join(folder, name), "utf8")))).join("");
  await rm(folder, { recursive: true, force: true });
  return { code, errors: onlyErrors(errors) };
}

/** Drops what is not an error: a `timeout` with its `ontimeout`, and SIPp's complaints that the machine is busy. */
function onlyErrors(errors: string): string {
  const lines = errors
    .split("\n")
    .filter((line) => line.trim() !== "" && !/jumping to label|events occurred|Overload warning/.test(line));
  return lines.join("\n");
}
