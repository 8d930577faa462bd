import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { describe, expect, it } from "vitest";
import { toneMs } from "../../src/tools/softphone/tone-monitor.ts";
import { recordingTones } from "../../src/tools/softphone/recording-tones.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function demo(args: readonly string[], env: NodeJS.ProcessEnv, interruptAt?: string): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, "demo", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (text: string): void => {
    output += text;
    if (interruptAt !== undefined && output.includes(interruptAt)) child.kill("SIGINT");
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}

/** Processes whose command line names a folder. */
function processesOf(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "))
    .filter((line) => line.includes(folder));
}

/** The test's own folder, for everything that the demo keeps for a while. */
async function temporary({ onTestFinished }: TestContext): Promise<{ folder: string; env: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(tmpdir(), "plugboard-demo-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { folder, env: { ...process.env, TMPDIR: folder } };
}

describe.concurrent("npm run demo", () => {
  it("makes a call with audio in both directions, and keeps only what it was asked to keep", async (context) => {
    const { folder, env } = await temporary(context);
    const file = join(folder, "recording.wav");
    const { status, output } = await demo(["--save", file], env);
    expect(output).toContain("The conversation was heard.");
    expect(output.match(/^ {2}✓ /gm)).toHaveLength(6);
    expect(status).toBe(0);
    const [left = [], right = []] = recordingTones(readFileSync(file));
    expect(toneMs(left, 700)).toBeGreaterThan(2000);
    expect(toneMs(right, 1100)).toBeGreaterThan(2000);
    expect(readdirSync(folder)).toEqual(["recording.wav"]);
    expect(processesOf(folder)).toEqual([]);
  });

  it("leaves nothing behind when it is interrupted in the middle of the call", async (context) => {
    const { folder, env } = await temporary(context);
    const { status, output } = await demo([], env, "rings");
    expect(status).toBe(1);
    expect(output).not.toContain("✓");
    expect(readdirSync(folder)).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  });

  it("says what to do if there is no running platform", async () => {
    const nowhere = ["--running", "--http", "http://127.0.0.1:9", "--sip-port", "9"];
    const { status, output } = await demo(nowhere, process.env);
    expect(status).toBe(1);
    expect(output).toContain("plugboard demo: nothing answers at http://127.0.0.1:9: is the platform running?");
  });
});
