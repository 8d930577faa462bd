import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallReport } from "../core/call/report.ts";
import { exploreCommand } from "./explore.ts";
import { simulateCommand } from "./simulate.ts";
import { runCommand } from "./testing/run-command.ts";

const SCENARIO = fileURLToPath(new URL("../../test/scenarios/answer.yaml", import.meta.url));
const FLOW = fileURLToPath(new URL("../../test/scenarios/flows/connect.yaml", import.meta.url));

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe("plugboard simulate", () => {
  it("prints the call line by line, with the rules", async () => {
    const { out, errors, status } = await runCommand(simulateCommand(), SCENARIO);
    expect(status).toBe(0);
    expect(errors).toBe("");
    expect(out).toMatch(/^ {4}0\.200 {2}leg 2 dials \+919900000011 as \+918047100000, for 30 s at most$/m);
    expect(out).toMatch(/^ {4}1\.800 {2}exit conversation_ended of sales → talked {2}\[EXIT-2\]$/m);
    expect(out).toMatch(/^completed, ended by callee after 1\.8 s/m);
  });

  it("prints the same report, byte for byte, for the same seed", async () => {
    const [one, two] = [
      await runCommand(simulateCommand(), SCENARIO, "--json"),
      await runCommand(simulateCommand(), SCENARIO, "--json"),
    ];
    expect(two.out).toBe(one.out);
    const report = JSON.parse(one.out) as CallReport;
    expect(report).toMatchObject({ seed: 1, ended_by: "callee", applets: ["sales", "talked"] });
    const other = await runCommand(simulateCommand(), SCENARIO, "--json", "--seed", "2");
    expect(JSON.parse(other.out)).toMatchObject({ seed: 2 });
  });

  it("names each mistake of a scenario in a sentence, and exits 2", async () => {
    const file = write("s.yaml", `flow: ${FLOW}\ncaller: { hang_up_after: 3 }\nstart: now\n`);
    const { out, errors, status } = await runCommand(simulateCommand(), file);
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(errors.trim().split("\n")).toHaveLength(2);
    expect(errors).toContain(
      `${file}:2: caller.hang_up_after: unknown key "hang_up_after", did you mean "hang_up_after_ms"?`,
    );
  });

  it("exits 2 for a missing file, and for a seed that is not a number", async () => {
    const missing = await runCommand(simulateCommand(), join(folder, "none.yaml"));
    expect(missing).toMatchObject({ status: 2, errors: expect.stringContaining("cannot be read") as string });
    await expect(runCommand(simulateCommand(), SCENARIO, "--seed", "x")).rejects.toThrow(/whole number/);
  });

  it("plays a call again from its report", async () => {
    const { out } = await runCommand(simulateCommand(), SCENARIO, "--json", "--seed", "9");
    const file = write("call.json", out);
    const again = await runCommand(simulateCommand(), "--replay", file, "--json", "--seed", "9");
    expect(again).toMatchObject({ status: 0, errors: "" });
    expect(JSON.parse(again.out)).toEqual(JSON.parse(out));
  });

  it("says where a replay through another flow differs", async () => {
    const { out } = await runCommand(simulateCommand(), SCENARIO, "--json");
    const file = write("call.json", out);
    const flow = write(
      "flow.yaml",
      readFileSync(FLOW, "utf8").replace("conversation_ended: talked", "conversation_ended: undialed"),
    );
    const { errors, status } = await runCommand(simulateCommand(), "--replay", file, "--flow", flow);
    expect(status).toBe(0);
    expect(errors).toBe("differs from the recorded call: applets: was sales → talked, is sales → undialed\n");
  });

  it("exits 2 for an invalid report, and for contradicting arguments", async () => {
    expect(await runCommand(simulateCommand(), "--replay", write("a.json", "{"))).toMatchObject({ status: 2 });
    expect(await runCommand(simulateCommand(), "--replay", write("b.json", "{}"))).toMatchObject({ status: 2 });
    expect(await runCommand(simulateCommand())).toMatchObject({ status: 2 });
    expect(await runCommand(simulateCommand(), SCENARIO, "--flow", FLOW)).toMatchObject({ status: 2 });
  });
});

describe("plugboard explore", () => {
  it("prints how often each exit was taken", async () => {
    const { out, status } = await runCommand(
      exploreCommand(),
      FLOW,
      "--runs",
      "200",
      "--out",
      join(folder, "finding.yaml"),
    );
    expect(status).toBe(0);
    expect(out).toMatch(/^200 calls in [\d.]+ s, seed 1: no invariant broken$/m);
    expect(out).toMatch(/^ +\d+ {2}sales\.conversation_ended$/m);
  });

  it("prints the same JSON for the same seed, with the exits taken by no call", async () => {
    const flow = write(
      "flow.yaml",
      `flow: "1"\nstart: a\napplets:\n  a: { type: connect, parameters: { destination: { numbers: [] } }, exits: { conversation_ended: b, nobody_dialed: b } }\n  b: { type: hangup }\n`,
    );
    const args = [flow, "--runs", "100", "--json", "--seed", "5"];
    const [one, two] = [await runCommand(exploreCommand(), ...args), await runCommand(exploreCommand(), ...args)];
    expect(two.out).toBe(one.out);
    expect(JSON.parse(one.out)).toEqual({
      flow,
      seed: 5,
      runs: 100,
      // The others are calls by API whose first leg was not reached: they never come to an applet.
      exits: { "a.nobody_dialed": 84 },
      exits_never_taken: ["a.conversation_ended"],
      finding: null,
    });
  });

  it("names the mistakes of a flow, and exits 2", async () => {
    const { errors, status } = await runCommand(
      exploreCommand(),
      write("flow.yaml", 'flow: "1"\nstart: a\napplets: {}\n'),
    );
    expect(status).toBe(2);
    expect(errors).toMatch(/flow\.yaml:\d+: /);
  });
});
