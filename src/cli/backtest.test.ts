import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseFlow } from "../core/flow/flow.ts";
import { storeExplored } from "../server/api/testing/explored-calls.ts";
import type { TestApi } from "../server/api/testing/test-api.ts";
import { AUTHORIZATION, START_MS, startTestApi } from "../server/api/testing/test-api.ts";
import { backtestCommand } from "./backtest.ts";
import { runCommand } from "./testing/run-command.ts";

const CALLS = 40;
const exits = { conversation_ended: "bye", nobody_answered: "vm" };
const FLOW = {
  flow: "11754",
  account: "acme",
  name: "support",
  start: "menu",
  applets: {
    menu: {
      type: "menu",
      say: { text: "For sales press 1" },
      keys: { "1": "sales", "2": "vm" },
      no_input: "vm",
      invalid: "vm",
    },
    sales: { type: "connect", parameters: { destination: { numbers: ["+919900000011"] } }, exits },
    vm: { type: "voicemail", say: { text: "Please leave a message" }, max_duration: 60, next: "bye" },
    bye: { type: "hangup" },
  },
};
const DRAFT = { ...FLOW, applets: { ...FLOW.applets, menu: { ...FLOW.applets.menu, keys: { "1": "vm", "2": "vm" } } } };

let api: TestApi;
let flags: readonly string[];
let folder: string;
let first = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-backtest-"));
  api = await startTestApi();
  const flow = parseFlow(FLOW);
  if (!flow.ok) throw new Error("flow");
  // Every fourth caller presses 1 and talks for a minute; the others press 2.
  const stored = await storeExplored(api.store, flow.value, CALLS, (scenario, run) => ({
    ...scenario,
    call: { from: "+919812345678", to: "+918047100000", direction: "incoming", customField: null },
    startMs: START_MS - run * 60_000,
    phones: { "+919900000011": [{ ...QUIET, ending: { kind: "answer", afterMs: 2000 }, talkMs: 60_000 }] },
    caller: {
      hangUpAfterMs: 100_000,
      presses: [{ afterMs: 1000, digits: run % 4 === 0 ? "1" : "2" }],
      silentAfterMs: null,
    },
  }));
  first = stored.findLast((_, index) => (index + 1) % 4 === 0)?.callSid ?? "";
  const headers = { authorization: AUTHORIZATION };
  await api.app.inject({ method: "PUT", url: "/api/accounts/acme/flows/11754/draft", headers, payload: DRAFT });
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  const server = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
  flags = ["--server", server, "--account", "acme", "--key", "acme-key:acme-token"];
}, 60_000);
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const QUIET = { ringAfterMs: 500, earlyMediaAfterMs: null, talkMs: null, hangUpAfterMs: null, cancelTakesMs: 0 };
/** The test's clock stands still at this time. */
const SINCE = ["--since", "2026-01-04"];

describe("plugboard backtest", () => {
  it("says how many calls would end differently and how, with examples, and exits with 1", async () => {
    const { out, errors, status } = await runCommand(backtestCommand(), ...flags, ...SINCE, "11754");
    expect([errors, status]).toEqual(["", 1]);
    const lines = out.split("\n");
    expect(lines[0]).toBe("10 of 40 calls would end differently, 30 would not change");
    expect(lines[2]).toBe('10 callers who talked to +919900000011 would reach voicemail "vm".');
    expect(lines[3]).toBe(`  ${first}  was    menu (1) → sales (conversation_ended) → bye → the call ends`);
    expect(lines[4]).toBe(`${" ".repeat(36)}draft  menu (1) → vm (next) → bye → the call ends`);
    expect(out).toContain(`plugboard backtest 11754 --show ${first}`);
  });

  it("shows both traces of a call side by side, and marks where they differ", async () => {
    const { out } = await runCommand(backtestCommand(), ...flags, "11754", "--show", first);
    const lines = out.split("\n");
    expect(lines[0]).toBe(`${first}: the caller talked to +919900000011, and would reach voicemail "vm"`);
    expect(lines.find((line) => line.includes("menu (menu)"))).toMatch(/▶ menu \(menu\).* │ .*▶ menu \(menu\)/);
    expect(lines.find((line) => line.includes("sales (connect)"))).toMatch(/▶ sales.* ≠ .*▶ vm/);
    const none = await runCommand(backtestCommand(), ...flags, "11754", "--show", "nothing");
    expect([none.out, none.status]).toEqual(["flow 11754 has no ended call nothing\n", 0]);
  });

  it("takes a draft from a file, prints JSON for programs, and exits with 0 where nothing changes", async () => {
    const file = join(folder, "draft.json");
    writeFileSync(file, JSON.stringify(DRAFT));
    const { out, status } = await runCommand(backtestCommand(), ...flags, ...SINCE, file, "--json");
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual([...Array<string>(10).fill("call"), "summary"]);
    expect([lines.at(-1)?.["changed"], status]).toEqual([10, 1]);
    writeFileSync(file, JSON.stringify(FLOW));
    const same = await runCommand(backtestCommand(), ...flags, ...SINCE, file);
    expect([same.out, same.status]).toEqual(["0 of 40 calls would end differently, 40 would not change\n", 0]);
  });

  it("says what is wrong in one sentence", async () => {
    const unknown = await runCommand(backtestCommand(), ...flags, "sales");
    expect([unknown.errors, unknown.status]).toEqual(["account acme has no flow sales; it has 11754\n", 2]);
    const missing = await runCommand(backtestCommand(), ...flags, join(folder, "nothing.yaml"));
    expect([missing.errors, missing.status]).toEqual([expect.stringMatching(/nothing\.yaml: cannot be read/), 2]);
    await api.app.inject({
      method: "DELETE",
      url: "/api/accounts/acme/flows/11754/draft",
      headers: { authorization: AUTHORIZATION, "if-match": "*" },
    });
    const { errors, status } = await runCommand(backtestCommand(), ...flags, "11754");
    expect([errors, status]).toEqual(["flow 11754 of account acme has no draft\n", 1]);
  });
});
