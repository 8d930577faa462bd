import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

export interface ServeOptions {
  readonly workspaceFile: string;
  readonly dataDir: string;
  readonly http: number;
  readonly sip: number;
  readonly env: Readonly<Record<string, string>>;
}

/** `plugboard serve` as a separate process. */
export interface ServeProcess {
  readonly process: ChildProcess;
  readonly done: Promise<{ readonly code: number | null; readonly errors: string }>;
  /** What it and its processes have written so far. */
  output(): string;
}

export function startServe({ workspaceFile, dataDir, http, sip, env }: ServeOptions): ServeProcess {
  const flags = ["--workspace", workspaceFile, "--data", dataDir, "--drain", "1"];
  const addresses = ["--http", `127.0.0.1:${http}`, "--sip", `127.0.0.1:${sip}`];
  const child = spawn(process.execPath, [MAIN, "serve", ...flags, ...addresses], {
    env: { ...process.env, PLUGBOARD_MEDIA_PROCESSES: "1", PLUGBOARD_LOG: "warn", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const done = new Promise<{ code: number | null; errors: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, errors })),
  );
  return { process: child, done, output: () => output + errors };
}
