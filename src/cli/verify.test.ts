import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseScenario } from "../tools/simulator/scenario/scenario.ts";
import { simulate } from "../tools/simulator/simulate.ts";
import { runCommand } from "./testing/run-command.ts";
import { verifyCommand } from "./verify.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

const run = (...args: string[]) => runCommand(verifyCommand(), ...args);

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

const TWO = [
  'flow: "1"',
  "start: sales",
  "applets:",
  '  sales: { type: connect, url: { primary: "https://app.example/c" }, exits: { conversation_ended: bye, nobody_answered: bye } }',
  "  bye: { type: hangup }",
];

const CORRECT = [
  'flow: "1"',
  "start: pass",
  "applets:",
  '  pass: { type: passthru, url: "https://app.example/p", exits: { ok: desk, otherwise: bye } }',
  '  desk: { type: connect, dial_whom: { numbers: ["+919900000011"] }, exits: { conversation_ended: bye, nobody_answered: bye } }',
  "  bye: { type: hangup }",
];

/** The exits of a scenario file, as taken by `plugboard simulate`. */
function played(file: string): string[] {
  const read = parseScenario(readFileSync(file, "utf8"), file, (path) =>
    readFileSync(resolve(dirname(file), path), "utf8"),
  );
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return simulate(read.value).exits.map(({ applet, exit }) => `${applet}.${exit}`);
}

describe("plugboard verify", () => {
  it("prints each finding as one sentence with file, line, field and rule, and a call that shows it", async () => {
    const file = write("flow.yaml", MISTAKEN);
    const { out, errors, status } = await run(file);
    expect(status).toBe(1);
    expect(errors).toBe("");
    expect(out).toContain(
      `${file}:4: error: applets.menu.no_input: is "bey"; allowed is the id of an applet of this flow, one of menu, sales, bye (perhaps bye) [EXIT-6]\n`,
    );
    expect(out).toContain("  example: menu (no digit is entered) → bey → the call is hung up\n");
    expect(out).toContain(
      `${file}:5: warning: applets.sales.exits.nobody_answered: No applet is set for "nobody answers" of "sales": the call is hung up there. [EXIT-5]\n`,
    );
    expect(out.trimEnd().split("\n").at(-1)).toBe("1 error, 1 warning");
  });

  it("writes the calls as scenarios that simulate plays, one file each", async () => {
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

  it("prints the longest ringing and silence of a flow without findings, and exits 0", async () => {
    const calls = join(folder, "calls");
    const { out, status } = await run(write("flow.yaml", CORRECT), "--out", calls);
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

  it("prints the same report as JSON, with the scenarios", async () => {
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
            story: "menu (no digit is entered) → bey → the call is hung up",
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

  it("says why there is no example", async () => {
    const { out } = await run(write("flow.yaml", [...CORRECT, "  extra: { type: hangup }"]));
    expect(out).toMatch(
      /:7: warning: applets\.extra: No exit leads to "extra": it is never run\. \[EXIT-6\]\n {2}no example: No call gets there/,
    );
  });

  it("an applet named twice is a finding with its line, also in JSON", async () => {
    const file = write("flow.yaml", [...CORRECT, "  bye: { type: hangup }"]);
    const { out, status } = await run(file);
    expect(status).toBe(1);
    expect(out).toMatch(/flow\.yaml:7: error: not valid YAML: .*unique/);
    const report = JSON.parse((await run(file, "--json")).out) as { findings: unknown };
    expect(report.findings).toMatchObject([{ level: "error", line: 7, example: null }]);
  });

  it("C23: a flow of two applets prints at most a screenful, no matter how many numbers a URL may name", async () => {
    const { out, status } = await run(write("flow.yaml", TWO));
    expect(status).toBe(0);
    expect(out.split("\n")).toEqual([
      'longest ringing: 7140 s (119 min) in "sales". Its URL may answer 20 times, at last with 100 numbers that each ring for 60 s.',
      "  example: sales (nobody answers) → bye → the call is hung up",
      'longest silence: 5 s in "sales". Its URL may take 5 s to name nobody.',
      "  example: sales (nobody answers) → bye → the call is hung up",
      "With --out FOLDER each example is written there, as a scenario for plugboard simulate.",
      "nothing found",
      "",
    ]);
  });

  it("C23: --max-warnings allows that many warnings, but no errors", async () => {
    const two = write("flow.yaml", [...CORRECT, "  extra: { type: hangup }", "  more: { type: hangup }"]);
    expect((await run(two)).status).toBe(1);
    expect((await run(two, "--max-warnings", "1")).status).toBe(1);
    expect((await run(two, "--max-warnings", "2")).status).toBe(0);
    expect((await run(write("wrong.yaml", MISTAKEN), "--max-warnings", "9")).status).toBe(1);
  });

  describe("with a workspace", () => {
    const workspace = (...more: string[]) =>
      write("workspace.yaml", [
        "accounts:",
        "  - sid: acme",
        "    api_keys: [{ key: k, token: '${NOT_SET}' }]",
        "    groups: [{ name: sales, users: [anil, bina] }, { name: night, users: [anil, bina, carl], order: [carl] }]",
        ...more,
      ]);
    const other = "  - { sid: other, groups: [{ name: sales, users: [a] }] }";
    const flow = (group: string, account = "") =>
      write("flow.yaml", [
        'flow: "1"',
        account,
        "start: desk",
        "applets:",
        `  desk: { type: connect, dial_whom: { group: ${group} }, exits: { conversation_ended: bye, nobody_answered: bye } }`,
        "  bye: { type: hangup }",
      ]);

    it("C23: a group of two counts as two; without a workspace, as the longest list", async () => {
      const alone = await run(flow("sales"));
      expect(alone.out).toContain('As many as 100 people of the group "sales" may each ring for 30 s.');
      const known = await run(flow("sales"), "--workspace", workspace(), "--out", join(folder, "calls"));
      expect(known.out).toContain(
        'longest ringing: 60 s in "desk". 2 people of the group "sales" may each ring for 30 s.\n',
      );
      expect(played(join(folder, "calls", "longest-ringing.yaml"))).toEqual(["desk.nobody_answered"]);
      expect((await run(flow("night"), "--workspace", workspace())).out).toContain('30 s in "desk". 1 person');
    });

    it("C23: a group that the account does not have is a finding, with a call that shows it", async () => {
      const { out, status } = await run(flow("sails"), "--workspace", workspace());
      expect(status).toBe(1);
      expect(out).toContain(
        'warning: applets.desk.dial_whom.group: dial_whom.group is "sails"; allowed is one of sales, night: nobody is dialled. [APP-7]\n  example: desk ',
      );
    });

    it("C23: with several accounts the flow must say which one it belongs to", async () => {
      const several = workspace(other);
      const unnamed = await run(flow("sales"), "--workspace", several);
      expect(unnamed.status).toBe(2);
      expect(unnamed.errors).toContain("holds several accounts (acme, other), and the flow does not say");
      expect((await run(flow("sales", "account: other"), "--workspace", several)).out).toContain("1 person");
      const wrong = await run(flow("sales", "account: nobody"), "--workspace", several);
      expect(wrong).toMatchObject({ status: 2, out: "" });
      expect(wrong.errors).toContain('holds no account "nobody", to which the flow belongs (accounts: acme, other)');
    });

    it("C23: a workspace that can't be read or has no accounts is refused with one sentence", async () => {
      const missing = await run(flow("sales"), "--workspace", join(folder, "none.yaml"));
      expect(missing).toMatchObject({ status: 2, errors: expect.stringContaining("cannot be read") as string });
      const empty = await run(flow("sales"), "--workspace", write("empty.yaml", ["flows: []"]));
      expect(empty).toMatchObject({ status: 2, errors: expect.stringContaining("accounts") as string });
      const broken = await run(flow("sales"), "--workspace", write("broken.yaml", ["accounts: ["]));
      expect(broken).toMatchObject({ status: 2, errors: expect.stringContaining("broken.yaml:") as string });
    });
  });

  it("exits 2 for a missing file, and for a folder that can't be written", async () => {
    const missing = await run(join(folder, "none.yaml"));
    expect(missing).toMatchObject({ status: 2, errors: expect.stringContaining("cannot be read") as string });
    const flow = write("flow.yaml", CORRECT);
    const unwritable = await run(flow, "--out", join(flow, "calls"));
    expect(unwritable).toMatchObject({
      status: 2,
      out: "",
      errors: expect.stringContaining("cannot be written") as string,
    });
  });
});
