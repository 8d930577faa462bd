import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseScenario } from "../tools/simulator/scenario/scenario.ts";
import { simulate } from "../tools/simulator/simulate.ts";
import { verifyCommand } from "./verify.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

interface Outcome {
  readonly out: string;
  readonly complaints: string;
  readonly status: unknown;
}

async function run(...args: string[]): Promise<Outcome> {
  let out = "";
  let complaints = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((complaints += String(text)), true));
  process.exitCode = 0;
  await verifyCommand().exitOverride().parseAsync(args, { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = undefined;
  return { out, complaints, status };
}

function write(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const MISTAKEN = [
  'flow: "1"',
  "start: menu",
  "applets:",
  '  menu: { type: menu, say: { text: "For sales press 1" }, keys: { "1": sales }, no_input: bey, invalid: bye }',
  '  sales: { type: connect, url: { primary: "https://app.example/c" }, exits: { conversation_ended: bye } }',
  "  bye: { type: hangup }",
];

const SOUND = [
  'flow: "1"',
  "start: pass",
  "applets:",
  '  pass: { type: passthru, url: "https://app.example/p", exits: { ok: desk, otherwise: bye } }',
  '  desk: { type: connect, dial_whom: { numbers: ["+919900000011"] }, exits: { conversation_ended: bye, nobody_answered: bye } }',
  "  bye: { type: hangup }",
];

/** The exits of a scenario file, as `plugboard simulate` would take them. */
function played(file: string): string[] {
  const read = parseScenario(readFileSync(file, "utf8"), file, (path) =>
    readFileSync(resolve(dirname(file), path), "utf8"),
  );
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return simulate(read.value).exits.map(({ applet, exit }) => `${applet}.${exit}`);
}

describe("plugboard verify", () => {
  it("says each finding in one sentence with file, line, field and rule, and prints a call that shows it", async () => {
    const file = write("flow.yaml", MISTAKEN);
    const { out, complaints, status } = await run(file);
    expect(status).toBe(1);
    expect(complaints).toBe("");
    expect(out).toContain(
      `${file}:4: error: applets.menu.no_input: is "bey"; allowed is the id of an applet of this flow, one of menu, sales, bye (perhaps bye) [EXIT-6]\n`,
    );
    expect(out).toContain("  example: menu (no key is pressed) → bey → the call is hung up\n    flow: ");
    expect(out).toContain(
      `${file}:5: warning: applets.sales.exits.nobody_answered: No applet is set for "nobody answers" of "sales": the call is hung up there. [EXIT-5]\n`,
    );
    expect(out.trimEnd().split("\n").at(-1)).toBe("1 error, 1 warning");
  });

  it("writes the calls as scenarios that simulate plays, a file each", async () => {
    const calls = join(folder, "calls");
    const { out } = await run(write("flow.yaml", MISTAKEN), "--out", calls);
    expect(readdirSync(calls).toSorted()).toEqual([
      "exit-5-sales-exits-nobody_answered.yaml",
      "exit-6-menu-no_input.yaml",
    ]);
    expect(out).toContain(`  plugboard simulate ${join(calls, "exit-6-menu-no_input.yaml")}\n`);
    expect(played(join(calls, "exit-6-menu-no_input.yaml"))).toEqual(["menu.no_input"]);
    expect(played(join(calls, "exit-5-sales-exits-nobody_answered.yaml"))).toEqual(["menu.1", "sales.nobody_answered"]);
    const text = readFileSync(join(calls, "exit-6-menu-no_input.yaml"), "utf8");
    expect(text).toMatch(/^# .*error: applets\.menu\.no_input: .*\n# For example: menu .*\n# {3}plugboard simulate /);
    expect(text).toContain("\nflow: ../flow.yaml\n");
  });

  it("tells the longest ringing and silence of a flow without findings, and exits 0", async () => {
    const calls = join(folder, "calls");
    const { out, status } = await run(write("flow.yaml", SOUND), "--out", calls);
    expect(status).toBe(0);
    expect(out.split("\n")).toEqual([
      'longest ringing: 30 s in "desk". 1 number may each ring for 30 s.',
      "  example: pass (answered 200) → desk (nobody answers) → bye → the call is hung up",
      `  plugboard simulate ${join(calls, "longest-ringing.yaml")}`,
      'longest silence: 5 s in "pass". Its URL may take 5 s to answer.',
      "  example: pass (anything else) → bye → the call is hung up",
      `  plugboard simulate ${join(calls, "longest-silence.yaml")}`,
      "nothing found",
      "",
    ]);
    expect(played(join(calls, "longest-ringing.yaml"))).toEqual(["pass.ok", "desk.nobody_answered"]);
  });

  it("prints the same as JSON, the scenarios inside", async () => {
    const file = write("flow.yaml", MISTAKEN);
    const { out, status } = await run(file, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      flow: file,
      findings: [
        {
          level: "error",
          rule: "EXIT-6",
          file,
          line: 4,
          path: "applets.menu.no_input",
          example: {
            path: [{ applet: "menu", exit: "no_input" }],
            story: "menu (no key is pressed) → bey → the call is hung up",
            file: null,
            scenario: { play_refused_flow: true, caller: { hang_up_after_ms: 7000 } },
          },
          no_example: null,
        },
        { level: "warning", rule: "EXIT-5", line: 5, path: "applets.sales.exits.nobody_answered" },
      ],
      longest_ringing: null,
      longest_silence: null,
    });
  });

  it("says why there is no example where there is none", async () => {
    const { out } = await run(write("flow.yaml", [...SOUND, "  extra: { type: hangup }"]));
    expect(out).toMatch(
      /:7: warning: applets\.extra: No exit leads to "extra": it is never run\. \[EXIT-6\]\n {2}no example: No call comes there/,
    );
  });

  it("an applet that is named twice is a finding with its line, also as JSON", async () => {
    const file = write("flow.yaml", [...SOUND, "  bye: { type: hangup }"]);
    const { out, status } = await run(file);
    expect(status).toBe(1);
    expect(out).toMatch(/flow\.yaml:7: error: not valid YAML: .*unique/);
    const report = JSON.parse((await run(file, "--json")).out) as { findings: unknown };
    expect(report.findings).toMatchObject([{ level: "error", line: 7, example: null }]);
  });

  it("exits 2 for a file that is not there, and for a folder that cannot be written", async () => {
    const missing = await run(join(folder, "none.yaml"));
    expect(missing).toMatchObject({ status: 2, complaints: expect.stringContaining("cannot be read") as string });
    const flow = write("flow.yaml", SOUND);
    const unwritable = await run(flow, "--out", join(flow, "calls"));
    expect(unwritable).toMatchObject({
      status: 2,
      out: "",
      complaints: expect.stringContaining("cannot be written") as string,
    });
  });
});
