import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { sleep, until } from "../support/wait.ts";
import { allEnded, expectComplete, expectRecordings } from "./complete-call.ts";

const ROUNDS = 10;
const CALLS = 20;
const PHONES = 5;
const BUSY = "+919900000011";
const ANSWERS = "+919900000012";
const RINGS_UNTIL_CANCELLED = "+919900000013";

let platform: TestPlatform;
let customer: Customer;
let callees: Sipp;
let trunkPort: number;
let portsAtStart: number;

beforeAll(async () => {
  customer = await startCustomer();
  trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  platform = await startTestPlatform({
    trunkPort,
    flow: { start: "c", applets: { c: { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} } } },
  });
  customer.on("/connect", dials([BUSY, ANSWERS], { record: true, recording_channels: "dual" }));
  portsAtStart = await metric("plugboard_media_ports");
});

afterAll(async () => {
  await callees?.stop();
  await platform?.stop();
  await customer?.close();
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${platform.httpUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

async function killControl(): Promise<void> {
  const pid = platform.controlPid();
  if (pid === undefined) throw new Error("no control process");
  process.kill(pid, "SIGKILL");
  // It takes about one second; the limit allows for a busy machine.
  await until("healthy again", async () => (await fetch(`${platform.httpUrl}/healthz`)).ok, 20_000);
}

describe("kill -9 of the control process during 20 live calls", () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))("loses nothing, round %i", async (round) => {
    const before = new Set((await platform.calls()).map(({ call_sid }) => call_sid));
    const args = ["-m", String(CALLS), "-r", "100", "-s", EXOPHONE, `127.0.0.1:${platform.sipPort}`];
    const callers = await startSipp({
      scenario: "caller.xml",
      port: await freePort(),
      args,
      values: { talk_ms: 60_000 },
    });
    // From the first answer to well into the conversations.
    await until("the first call is there", async () => (await metric("plugboard_live_calls")) > 0, 10_000);
    await sleep(100 + round * 130);
    await killControl();
    const calls = (await allEnded(platform)).filter(({ call_sid }) => !before.has(call_sid));
    await callers.stop();
    expect(calls.length).toBeGreaterThan(CALLS / 2);
    for (const call of calls) {
      expectComplete(call);
      await expectRecordings(call, platform.dataDir);
    }
    expect(await metric("plugboard_live_calls")).toBe(0);
    expect(await metric("plugboard_media_legs")).toBe(0);
    expect(await metric("plugboard_media_ports")).toBe(portsAtStart);
  });
});

describe("kill -9 of the control process while phones ring", () => {
  it("stops their ringing after the restart", async () => {
    await callees.stop();
    customer.on("/connect", dials([RINGS_UNTIL_CANCELLED]));
    // Ends by itself when each phone has seen its CANCEL and the ACK of its 487.
    callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: ["-m", String(PHONES)] });
    const args = ["-m", String(PHONES), "-r", "100", "-s", EXOPHONE, `127.0.0.1:${platform.sipPort}`];
    const callers = await startSipp({
      scenario: "caller.xml",
      port: await freePort(),
      args,
      values: { talk_ms: 60_000 },
    });
    await until("all phones ring", async () => (await ringing()) === PHONES, 10_000);
    await killControl();
    const { code, errors } = await callees.done;
    await callers.stop();
    expect([code, errors]).toEqual([0, ""]);
    for (const call of await allEnded(platform)) expectComplete(call);
  });
});

/** Ringing phones of live calls, according to the journal. */
async function ringing(): Promise<number> {
  const live = (await platform.calls()).filter(({ cdr }) => cdr === null);
  return live.filter(({ trace }) => trace.some(({ type }) => type === "attempt.ringing")).length;
}
