import type { AddressInfo } from "node:net";
import { createServer } from "node:http";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WriteStream } from "node:tty";
import type { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadScenario, simulate } from "../index.ts";
import type { SampleCall } from "../server/api/testing/calls.ts";
import type { TestApi } from "../server/api/testing/test-api.ts";
import { START_MS, startTestApi } from "../server/api/testing/test-api.ts";
import { callCommand } from "./call.ts";
import { callsCommand } from "./calls.ts";
import { runCommand } from "./testing/run-command.ts";

const HOUR_MS = 3_600_000;

let api: TestApi;
let server: string;
let flags: readonly string[];
let folder: string;

/** A call as the platform stores it, played from a scenario. */
function stored(sid: string, file: string, hoursAgo: number): SampleCall {
  const { trace, cdr } = simulate(loadScenario(`examples/scenarios/${file}.yaml`), { callSid: sid });
  const startedAt = START_MS - hoursAgo * HOUR_MS;
  return { sid, startedAt, trace: trace.slice(1, -1), ...(cdr !== null && { record: cdr }) };
}

beforeAll(async () => {
  vi.stubEnv("TZ", "Asia/Kolkata");
  folder = mkdtempSync(join(tmpdir(), "plugboard-calls-"));
  api = await startTestApi();
  await api.add(
    stored("broken0000000000000000000000a6115", "broken-url", 30),
    stored("hunt000000000000000000000000a6115", "hunt", 2),
    stored("nobody00000000000000000000000a6115", "nobody-there", 1),
    { sid: "live0000000000000000000000000a6115", startedAt: START_MS, from: "+919812345679", isLive: true },
  );
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  server = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
  flags = ["--server", `${server}/`, "--account", "acme", "--key", "acme-key:acme-token"];
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await api.close();
  rmSync(folder, { recursive: true });
});

function sidsIn(out: string): readonly string[] {
  return out.match(/\b[a-z]+0{9,}a6115\b/g)?.map((sid) => sid.replace(/0.*/, "")) ?? [];
}

describe("plugboard calls", () => {
  it("lists calls by day with their outcome, newest first", async () => {
    const { out, errors, status } = await runCommand(callsCommand(), ...flags);
    expect([errors, status]).toEqual(["", 0]);
    expect(out.split("\n")).toEqual([
      "Monday, 5 January 2026",
      "10:00:00  +919812345679  →  +918047100000  live             live0000000000000000000000000a6115",
      "09:00:00  +919812345678  →  +918047100000  no-answer  75 s  nobody00000000000000000000000a6115",
      "08:00:00  +919812345678  →  +918047100000  completed  52 s  hunt000000000000000000000000a6115",
      "Sunday, 4 January 2026",
      "04:00:00  +919812345678  →  +918047100000  no dial     8 s  broken0000000000000000000000a6115",
      "",
    ]);
  });

  it.each([
    [["--live"], ["live"]],
    [["--failed"], ["nobody", "broken"]],
    [["--from", "+919812345679"], ["live"]],
    [["--to", "+918047100001"], []],
    [
      ["--since", "2026-01-05"],
      ["live", "nobody", "hunt"],
    ],
    [["--failed", "--since", "2026-01-05"], ["nobody"]],
    [
      ["--limit", "2"],
      ["live", "nobody"],
    ],
  ])("filters the list with %j", async (more, sids) => {
    const { out, status } = await runCommand(callsCommand(), ...flags, ...more);
    expect([sidsIn(out), status]).toEqual([sids, 0]);
  });

  it("counts --since 3h back from now", async () => {
    vi.useFakeTimers({ now: START_MS, toFake: ["Date"] });
    try {
      expect(sidsIn((await runCommand(callsCommand(), ...flags, "--since", "90m")).out)).toEqual(["live", "nobody"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("prints JSON for programs, one call a line", async () => {
    const { out } = await runCommand(callsCommand(), ...flags, "--json");
    const calls = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { status: string });
    expect(calls.map(({ status }) => status)).toEqual(["in-progress", "completed", "completed", "completed"]);
  });

  it("says so if there are none", async () => {
    expect(await runCommand(callsCommand(), ...flags, "--from", "+911")).toEqual({
      out: "no calls\n",
      errors: "",
      status: 0,
    });
  });

  it("goes on to further pages", async () => {
    const many = Array.from({ length: 120 }, (_, index) => ({
      sid: `page${String(index).padStart(3, "0")}`,
      startedAt: START_MS - 1000 * HOUR_MS - index,
      from: "+14155550100",
    }));
    await api.add(...many);
    const { out } = await runCommand(callsCommand(), ...flags, "--from", "+14155550100", "--limit", "110", "--json");
    const found = out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { call_sid: string }).call_sid);
    expect(found).toEqual(many.slice(0, 110).map(({ sid }) => sid));
  });
});

describe("plugboard calls --export", () => {
  it.each([
    ["csv", /^call_sid,.*\r\nhunt0.*\r\nnobody0.*\r\n$/],
    ["ndjson", /^\{"call_sid":"hunt0.*\}\n\{"call_sid":"nobody0.*\}\n$/],
    ["parquet", /^PAR1[^]*PAR1$/],
  ])("writes ended calls to a file in the format of its name: %s", async (form, content) => {
    const file = join(folder, `calls.${form}`);
    const run = await runCommand(callsCommand(), ...flags, "--since", "2026-01-05", "--export", file);
    expect(run).toEqual({ out: `wrote ${file}\n`, errors: "", status: 0 });
    expect(readFileSync(file, "latin1")).toMatch(content);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("leaves no incomplete file behind", async () => {
    const cut = createServer((_, response) => response.write("call_sid,", () => response.destroy()));
    await new Promise<void>((resolve) => void cut.listen(0, "127.0.0.1", resolve));
    const { port } = cut.address() as AddressInfo;
    const args = [...flags, "--server", `http://127.0.0.1:${port}`, "--export", join(folder, "cut.csv")];
    const { errors, status } = await runCommand(callsCommand(), ...args);
    cut.close();
    expect([errors, status]).toEqual([expect.stringMatching(/cut\.csv was not written: /), 1]);
    expect(readdirSync(folder).filter((name) => name.startsWith("cut"))).toEqual([]);
  });

  it.each([
    [
      ["--export", "calls.xlsx"],
      1,
      "calls.xlsx must end in .csv, .ndjson or .parquet: the ending selects the format\n",
    ],
    [["--export", "c.csv", "--live"], 2, "--export writes all calls that have ended: leave out --live and --limit\n"],
    [
      ["--export", "c.csv", "--limit", "5"],
      2,
      "--export writes all calls that have ended: leave out --live and --limit\n",
    ],
  ])("refuses %j", async (args, status, errors) => {
    expect(await runCommand(callsCommand(), ...flags, ...args)).toEqual({ out: "", errors, status });
  });
});

describe("plugboard call", () => {
  const NOBODY = "nobody00000000000000000000000a6115";

  it("shows what happened in a call, entry by entry", async () => {
    const { out, errors, status } = await runCommand(callCommand(), "show", NOBODY, ...flags);
    expect([errors, status]).toEqual(["", 0]);
    expect(out.split("\n")).toEqual(
      expect.arrayContaining([
        "  #2      0.000  ▶ greet (greeting)",
        " #16     13.185  leg 2 dials +919900000011 as +918047100000, for 30 s at most",
        " #18     13.185    INVITE sip:+919900000011@127.0.0.1 to 127.0.0.1:5060 on trunk simulated, Call-ID leg-2@simulated",
        " #22     43.185  exit nobody_answered of desk → vm  [EXIT-3]",
        "attempt: +919900000011: no-answer",
      ]),
    );
  });

  it("says in one paragraph why", async () => {
    const { out, status } = await runCommand(callCommand(), "why", NOBODY, ...flags);
    expect(status).toBe(0);
    expect(out.trim()).not.toContain("\n");
    expect(out).toContain(
      "+919900000011 did not answer: rang for 30 s, the limit (max_ringing_duration) (DIAL-2, #20).",
    );
  });

  it("prints JSON for programs, which can be replayed", async () => {
    const why = JSON.parse((await runCommand(callCommand(), "why", NOBODY, ...flags, "--json")).out) as object;
    expect(why).toMatchObject({
      call_sid: NOBODY,
      sentences: expect.arrayContaining([expect.objectContaining({ rules: ["DIAL-2"] })]),
    });
    const call = JSON.parse((await runCommand(callCommand(), "show", NOBODY, ...flags, "--json")).out) as object;
    expect(call).toMatchObject({ call_sid: NOBODY, ended_by: "caller", attempts: [{ outcome: "no-answer" }] });
  });

  it("says that the trace was deleted, and shows what is left", async () => {
    await api.add({ sid: "aged", startedAt: START_MS - 9999 * HOUR_MS, from: "+14155550177" });
    await api.store.retention.batch("journal", "acme", START_MS - 9998 * HOUR_MS, "");
    const { out, status } = await runCommand(callCommand(), "show", "aged", ...flags);
    expect([status, out]).toEqual([0, expect.stringMatching(/^the trace of call aged was deleted: [^]*caller/)]);
    expect((await runCommand(callCommand(), "why", "aged", ...flags)).errors).toContain("keeps traces for 90 days");
  });

  it.each(["show", "why"])("says that an unknown call does not exist (%s)", async (name) => {
    expect(await runCommand(callCommand(), name, "nothing", ...flags)).toEqual({
      out: "",
      errors: "account acme has no call nothing\n",
      status: 1,
    });
  });
});

describe("on a terminal", () => {
  const NOBODY = "nobody00000000000000000000000a6115";

  /** What a command prints on a terminal of that width. */
  async function onTerminal(columns: number, command: Command, ...args: string[]): Promise<readonly string[]> {
    const { isTTY, columns: before } = process.stdout;
    const depthBefore: unknown = Reflect.get(process.stdout, "getColorDepth");
    const getColorDepth = (env?: object): number => WriteStream.prototype.getColorDepth.call(process.stdout, env);
    Object.assign(process.stdout, { isTTY: true, columns, getColorDepth });
    try {
      return (await runCommand(command, ...args, ...flags)).out.trimEnd().split("\n");
    } finally {
      Object.assign(process.stdout, { isTTY, columns: before, getColorDepth: depthBefore });
    }
  }

  beforeEach(() => {
    vi.stubEnv("FORCE_COLOR", undefined);
    vi.stubEnv("NO_COLOR", "1");
  });
  afterAll(() => void vi.stubEnv("NO_COLOR", undefined));

  it.each([
    [120, "09:00:00  +919812345678  →  +918047100000  no-answer  75 s  nobody00000000000000000000000a6115"],
    [82, "09:00  +919812345678  +918047100000  no-answer  nobody00000000000000000000000a6115"],
    [70, "09:00  +919812345678  no-answer  nobody00000000000000000000000a6115"],
  ])("of %s columns the list shows the columns that fit", async (columns, line) => {
    const lines = await onTerminal(columns, callsCommand(), "--since", "2026-01-05");
    expect(lines).toContain(line);
    for (const each of lines) expect(each.length).toBeLessThanOrEqual(columns);
  });

  it.each([80, 120])("of %s columns a timeline stays within them, with its text next to its times", async (columns) => {
    const lines = await onTerminal(columns, callCommand(), "show", NOBODY);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    const entries = lines.slice(0, lines.indexOf(""));
    for (const line of entries) expect(line).toMatch(/^(?: *#\d+ +\d+\.\d{3} {2}| {17})/);
  });

  it("of 80 columns an explanation breaks between words, never within its evidence", async () => {
    const lines = await onTerminal(80, callCommand(), "why", NOBODY);
    for (const line of lines) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).not.toMatch(/\([A-Z]+-\d+,$|\d$/);
    }
    expect(lines.length).toBeGreaterThan(4);
  });

  it("has colours unless NO_COLOR is set", async () => {
    expect((await onTerminal(120, callsCommand(), "--live")).join("")).not.toContain("\u001B");
    vi.stubEnv("NO_COLOR", undefined);
    vi.stubEnv("FORCE_COLOR", "1");
    expect((await onTerminal(120, callsCommand(), "--live")).join("")).toContain("\u001B[36mlive\u001B[39m");
  });
});

describe("the server, the account and the key", () => {
  function workspace(text: string): string {
    const file = join(folder, "workspace.yaml");
    writeFileSync(file, text);
    return file;
  }

  it("can come from the environment, which flags override", async () => {
    vi.stubEnv("PLUGBOARD_SERVER", server);
    vi.stubEnv("PLUGBOARD_ACCOUNT", "acme");
    vi.stubEnv("PLUGBOARD_KEY", "acme-key:acme-token");
    try {
      expect(sidsIn((await runCommand(callsCommand(), "--live")).out)).toEqual(["live"]);
      expect((await runCommand(callsCommand(), "--account", "globex")).status).toBe(1);
    } finally {
      for (const name of ["SERVER", "ACCOUNT", "KEY"]) vi.stubEnv(`PLUGBOARD_${name}`, undefined);
    }
  });

  it("can come from a workspace file, with environment variables filled in", async () => {
    const file = workspace('accounts: [{ sid: acme, api_keys: [{ key: acme-key, token: "${ACME_TOKEN}" }] }]');
    const args = ["--server", server, "--workspace", file, "--live"];
    expect((await runCommand(callsCommand(), ...args)).errors).toContain("needs ${ACME_TOKEN}, which is not set");
    vi.stubEnv("ACME_TOKEN", "acme-token");
    expect(sidsIn((await runCommand(callsCommand(), ...args)).out)).toEqual(["live"]);
    vi.stubEnv("ACME_TOKEN", undefined);
  });

  it.each([
    ["accounts: [{ sid: a }, { sid: b }]", [], "holds several accounts (a, b): choose one with --account"],
    ["accounts: [{ sid: a }, { sid: b }]", ["--account", "c"], "holds no account c, only a, b"],
    ["accounts: [{ sid: a }]", [], "account a has no API key: give one with --key"],
    ["accounts: []", [], "accounts"],
  ])("are refused with a sentence if the workspace file is %s", async (text, more, sentence) => {
    const { errors, status } = await runCommand(callsCommand(), "--workspace", workspace(text), ...more);
    expect([errors, status]).toEqual([expect.stringContaining(sentence), 2]);
  });

  it.each([
    [["--account", "acme"], "an API key of the account is needed: give key:token with --key"],
    [["--account", "acme", "--key", "secret"], "give key:token with --key"],
    [["--key", "a:b"], "which account? Give it with --account"],
    [["--key", "a:b", "--account", "acme", "--server", "localhost:8080"], '--url is "localhost:8080"'],
  ])("are asked for if missing or wrong: %j", async (args, sentence) => {
    const { errors, status } = await runCommand(callsCommand(), ...args);
    expect([errors, status]).toEqual([expect.stringContaining(sentence), 2]);
  });

  it("are named in one sentence if the key is wrong or nothing answers", async () => {
    const wrong = await runCommand(callsCommand(), "--server", server, "--account", "acme", "--key", "a:b");
    expect(wrong).toEqual({
      out: "",
      errors: `the platform at ${server} knows no such key of account acme: see --account and --key\n`,
      status: 1,
    });
    const away = await runCommand(callsCommand(), ...flags, "--server", "http://127.0.0.1:1");
    expect(away.errors).toMatch(
      /^nothing answers at http:\/\/127\.0\.0\.1:1 \(.+\): is plugboard serve running there\?.*\n$/,
    );
    expect(away.status).toBe(1);
  });
});
