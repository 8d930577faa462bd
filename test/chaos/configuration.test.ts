import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import { SoftphoneCaller } from "../../src/tools/softphone/caller.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/wait.ts";

/** Seconds that the menu waits for a digit: a call is in it while another version is published. */
const MENU_S = 6;

/** Nobody presses a key, so every call ends in the applet named after the version. */
function flowOf(version: string): { start: string; applets: Record<string, object> } {
  const menu = {
    type: "menu",
    say: { text: "Press" },
    input_timeout: MENU_S,
    repeat: 0,
    keys: {},
    no_input: version,
    invalid: version,
  };
  return { start: "ask", applets: { ask: menu, [version]: { type: "hangup" } } };
}

const caller = new SoftphoneCaller({ clock: systemClock, random: systemRandom(), log: silentLog, host: "127.0.0.1" });
let platform: TestPlatform;

beforeAll(async () => {
  await caller.start();
  platform = await startTestPlatform({ trunkPort: await freePort(), flow: flowOf("first") });
});
afterAll(async () => {
  await caller.stop();
  await platform?.stop();
});

function call(from: string): Promise<void> {
  return caller.call({ to: EXOPHONE, via: { host: "127.0.0.1", port: platform.sipPort }, from }).over;
}

async function isLive(from: string): Promise<boolean> {
  return (await platform.calls()).some(
    (each) => each.from === from && each.applets.includes("ask") && each.ended_at === null,
  );
}

async function appletsOf(from: string): Promise<readonly string[] | undefined> {
  return (await platform.endedCalls(1)).find((each) => each.from === from)?.applets;
}

async function ask(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const authorization = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;
  const type = body === null ? {} : { "content-type": "application/json" };
  const init = {
    method,
    headers: { authorization, ...type, ...headers },
    body: body === null ? null : JSON.stringify(body),
  };
  return (await fetch(`${platform.httpUrl}/api/accounts/acme${path}`, init)).status;
}

async function publish(version: string): Promise<void> {
  expect(await ask("PUT", "/flows/11754/draft", { flow: "11754", ...flowOf(version) })).toBe(200);
  expect(await ask("POST", "/flows/11754/publish", null, { "if-match": "*" })).toBe(200);
}

describe("a flow published while the platform runs", () => {
  it("takes the next call, and a live call keeps the version it began with", async () => {
    const before = call("+919800000001");
    await until("the first call is in the menu", () => isLive("+919800000001"), 5000);
    await publish("second");
    const after = call("+919800000002");
    await until("the second call is in the menu", () => isLive("+919800000002"), 5000);
    expect(await isLive("+919800000001")).toBe(true);
    await Promise.all([before, after]);
    await platform.endedCalls(2);
    expect(await appletsOf("+919800000001")).toEqual(["ask", "first"]);
    expect(await appletsOf("+919800000002")).toEqual(["ask", "second"]);
  });

  it("still takes the next call after a kill of the control process, although the file of serve says otherwise", async () => {
    await publish("third");
    const pid = platform.controlPid();
    if (pid === undefined) throw new Error("no control process");
    process.kill(pid, "SIGKILL");
    await until("another control process", async () => platform.controlPid() !== pid, 10_000);
    await until("healthy again", async () => (await fetch(`${platform.httpUrl}/healthz`)).ok, 10_000);
    await call("+919800000003");
    await platform.endedCalls(3);
    expect(await appletsOf("+919800000003")).toEqual(["ask", "third"]);
  });
});
