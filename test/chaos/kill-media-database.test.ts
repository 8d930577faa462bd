import { readFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Customer } from "../support/customer.ts";
import { dials, json, startCustomer } from "../support/customer.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { sleep, until } from "../support/wait.ts";
import { allEnded, expectComplete, expectRecordings } from "./complete-call.ts";

/** Rounds for each fault; set PLUGBOARD_CHAOS_ROUNDS=15 for a longer run. */
const ROUNDS = Number(process.env["PLUGBOARD_CHAOS_ROUNDS"] ?? 1);
/** ms that the database is stopped; PLUGBOARD_CHAOS_STOP_MS=20000 outlasts a commit's limit. */
const STOP_MS = Number(process.env["PLUGBOARD_CHAOS_STOP_MS"] ?? 5000);
/** Calls in conversation when the fault comes; as many are at earlier stages. */
const CALLS = 10;
const TALK_MS = 4000;
/** ms after the end of the fault. A machine with four times the work it can do needs four times as long. */
const BACK_WITHIN_MS = (loadavg()[0] ?? 0) > 4 * availableParallelism() ? 12_000 : 3000;
/** ms; `/readyz` goes by the last ten seconds of the event loop. */
const READY_WITHIN_MS = 15_000;
/** ms. Media buffers 1 s of audio before it writes, and the hang-up takes a moment. */
const LOST_AUDIO_MS = 2000;
const [BUSY, ANSWERS] = ["+919900000011", "+919900000012"];

let platform: TestPlatform;
let customer: Customer;
let callees: Sipp;
/** Events of all rounds, which a receiver must have seen by the end. */
const expectedEvents: string[] = [];

beforeAll(async () => {
  customer = await startCustomer();
  const trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  platform = await startTestPlatform({
    trunkPort,
    flow: { start: "c", applets: { c: { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} } } },
  });
  const more = { record: true, recording_channels: "dual", dial_passthru_event_url: `${customer.url}/events` };
  customer.on("/connect", dials([BUSY, ANSWERS], more));
  customer.on("/events", json({}));
});

afterAll(async () => {
  await callees?.stop();
  await platform?.stop();
  await customer?.close();
});

function databasePid(): number {
  const pid = platform.databasePid();
  if (pid === null) throw new Error("no embedded database");
  return pid;
}

async function children(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").map(Number);
}

/** Processes of the database that serve a connection. */
async function backends(): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await children(databasePid()))
    if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("[local]")) found.push(pid);
  return found;
}

/** Causes a fault; resolves when it has ended. */
type Fault = (round: number) => Promise<void>;

const FAULTS: Readonly<Record<string, Fault>> = {
  "kill -9 of the media process": async () => {
    const [pid] = platform.mediaPids();
    if (pid === undefined) throw new Error("no media process");
    process.kill(pid, "SIGKILL");
  },
  "kill -9 of one process of the database": async (round) => {
    const pids = await backends();
    const pid = pids[round % pids.length];
    if (pid === undefined) throw new Error("no connection to the database");
    process.kill(pid, "SIGKILL");
  },
  "kill -9 of the database": async () => void process.kill(databasePid(), "SIGKILL"),
  "a database that stands still": async () => {
    const pids = [databasePid(), ...(await children(databasePid()))];
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    await sleep(STOP_MS);
    for (const pid of pids) process.kill(pid, "SIGCONT");
  },
};

async function call(count: number, perSecond: number, talkMs: number): Promise<Sipp> {
  const args = ["-m", String(count), "-r", String(perSecond), "-s", EXOPHONE, `127.0.0.1:${platform.sipPort}`];
  return startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: talkMs } });
}

async function isGreen(path: "/healthz" | "/readyz"): Promise<boolean> {
  return (await fetch(`${platform.httpUrl}${path}`)).ok;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${platform.httpUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

function keyOf(query: readonly (readonly [string, string])[]): string {
  const value = Object.fromEntries(query);
  return `${value["CallSid"]} ${value["DialWhomNumber"]} ${value["EventType"]}`;
}

describe.each(Object.entries(FAULTS))("M6, A9: %s during 20 calls at every stage", (_title, fault) => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))("loses nothing, round %i", async (round) => {
    const before = new Set((await platform.calls()).map(({ call_sid }) => call_sid));
    const talking = await call(CALLS, 50, TALK_MS);
    await sleep(1300);
    const starting = await call(CALLS, CALLS, 500);
    await sleep(300 + ((round * 130) % 700));
    await fault(round);
    await until("a new call goes through", async () => (await (await call(1, 1, 200)).done).code === 0, BACK_WITHIN_MS);
    expect(await isGreen("/healthz")).toBe(true);
    await until("/readyz is green", () => isGreen("/readyz"), READY_WITHIN_MS);
    const calls = (await allEnded(platform)).filter(({ call_sid }) => !before.has(call_sid));
    for (const callers of [talking, starting]) await callers.stop();
    expect(calls.length).toBeGreaterThan(CALLS);
    for (const one of calls) {
      if (one.trace.some((entry) => entry.type === "decision" && entry.rule === "REFUSED")) continue;
      expectComplete(one);
      await expectRecordings(one, platform.dataDir, LOST_AUDIO_MS);
    }
    expectedEvents.push(...calls.flatMap(({ dial_events }) => dial_events.map(({ query }) => keyOf(query))));
    expect(await metric("plugboard_live_calls")).toBe(0);
    expect(await metric("plugboard_media_legs")).toBe(0);
  });
});

// Once for all faults: deliveries in progress when a connection was lost are leased for 15 s.
it("M6: every event of all these calls is delivered", async () => {
  const delivered = (): Set<string> =>
    new Set(customer.seen.filter(({ path }) => path === "/events").map(({ query }) => keyOf(query)));
  await until("every event delivered", async () => expectedEvents.every((key) => delivered().has(key)), 30_000);
  expect(expectedEvents.length).toBeGreaterThan(0);
});
