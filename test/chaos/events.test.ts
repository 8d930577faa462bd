import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { Customer, SeenRequest } from "../support/customer.ts";
import { dials, json, startCustomer } from "../support/customer.ts";
import { fedEntries } from "../../src/server/exchange/feed/trace-events.ts";
import type { ConsumedEvent } from "../support/feed-consumer.ts";
import { consumeFeed } from "../support/feed-consumer.ts";
import type { ApiCall, TestPlatform } from "../support/platform.ts";
import { AUTHORIZATION, EXOPHONE, startTestPlatform } from "../support/platform.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { sleep, until } from "../support/wait.ts";

/** Kills of each platform. */
const KILLS = 10;
const CALLS_PER_KILL = 8;
/** Seeds that decide when each platform is killed; platforms run side by side, as they mostly wait. */
const SEEDS = [20_260_105, 20_260_106];
const BUSY = "+919900000011";
const LEAVES = "+919900000015";

/** Identity of one event: call, destination, type. These calls dial no destination twice. */
function keyOf(query: readonly (readonly [string, string])[]): string {
  const value = Object.fromEntries(query);
  return `${value["CallSid"]} ${value["DialWhomNumber"]} ${value["EventType"]}`;
}

/** The events that the traces say must be delivered. */
function expectedEvents(calls: readonly ApiCall[]): string[] {
  return calls.flatMap(({ dial_events }) => dial_events.map(({ query }) => keyOf(query)));
}

describe.concurrent.each(SEEDS)("under kill -9, seed %i", (seed) => {
  let platform: TestPlatform;
  let customer: Customer;
  let callees: Sipp;

  beforeAll(async () => {
    customer = await startCustomer();
    const trunkPort = await freePort();
    callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
    const connect = { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} };
    platform = await startTestPlatform({ trunkPort, flow: { start: "c", applets: { c: connect } } });
    customer.on("/connect", dials([BUSY, LEAVES], { dial_passthru_event_url: `${customer.url}/events` }));
    // Slow enough that deliveries are in progress when the process is killed.
    customer.on("/events", (request, response) => void setTimeout(() => json({})(request, response), 30));
  });

  afterAll(async () => {
    await callees?.stop();
    await platform?.stop();
    await customer?.close();
  });

  it("EVT-4, EVT-6: every event reaches the receiver, in order per attempt, duplicates with the same id; the feed has no gap", async () => {
    const feed = consumeFeed(`${platform.httpUrl}/api/accounts/acme/events`, { authorization: AUTHORIZATION });
    const random = seededRandom(seed);
    for (let round = 0; round < KILLS; round++) await killUnderCalls(platform, 200 + random.next() * 1500);
    await until("no live call", async () => (await platform.liveCalls()) === 0, 20_000);
    const calls: ApiCall[] = await platform.allCalls();
    expect(calls.length).toBeGreaterThan((KILLS * CALLS_PER_KILL) / 2);
    const wanted = expectedEvents(calls);
    const received = (): SeenRequest[] => customer.seen.filter(({ path }) => path === "/events");
    await until(
      "every event delivered",
      async () => {
        const got = new Set(received().map(({ query }) => keyOf(query)));
        return wanted.every((key) => got.has(key));
      },
      30_000,
    );
    expectPairs(wanted);
    expectOrder(received());
    expectSameIds(received());
    const fed = calls.reduce((sum, { trace }) => sum + fedEntries(trace).length, 0);
    await until("the feed has every call", async () => ofCalls(feed.events).length >= fed, 10_000);
    await feed.stop();
    expectFeed(feed.events, calls);
  });
});

async function killUnderCalls(platform: TestPlatform, afterMs: number): Promise<void> {
  const args = ["-m", String(CALLS_PER_KILL), "-r", "40", "-s", EXOPHONE, `127.0.0.1:${platform.sipPort}`];
  const callers = await startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: 2000 } });
  await sleep(afterMs);
  const pid = platform.controlPid();
  if (pid === undefined) throw new Error("no control process");
  process.kill(pid, "SIGKILL");
  await until("healthy again", async () => (await fetch(`${platform.httpUrl}/healthz`)).ok, 15_000);
  await callers.stop();
}

/** Expects events numbered 1 … n, and each call as in its trace. */
function expectFeed(events: readonly ConsumedEvent[], calls: readonly ApiCall[]): void {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => String(i + 1)));
  for (const { call_sid, trace } of calls) {
    const times = trace.filter(({ seq }) => fedEntries(trace).includes(seq)).map(({ at_ms }) => at_ms);
    expect(events.filter(({ data }) => data["call_sid"] === call_sid).map(({ data }) => data["at_ms"])).toEqual(times);
  }
  expect(new Set(ofCalls(events).map(({ data }) => data["call_sid"])).size).toBe(calls.length);
}

/** The events of calls, without those of the workspace that the platform was started with. */
function ofCalls(events: readonly ConsumedEvent[]): readonly ConsumedEvent[] {
  return events.filter(({ data }) => data["call_sid"] !== undefined);
}

/** EVT-4: each attempt has one Dial and one Terminal. */
function expectPairs(wanted: readonly string[]): void {
  expect(new Set(wanted).size).toBe(wanted.length);
  const started = wanted.filter((key) => key.endsWith(" Dial")).map((key) => key.replace(/ Dial$/, ""));
  const ended = wanted.filter((key) => key.endsWith(" Terminal")).map((key) => key.replace(/ Terminal$/, ""));
  expect(ended.toSorted()).toEqual(started.toSorted());
}

/** EVT-6: a Terminal never arrives before the Dial of its attempt. */
function expectOrder(requests: readonly SeenRequest[]): void {
  const seen = new Set<string>();
  for (const { query } of requests) {
    const key = keyOf(query);
    if (key.endsWith(" Terminal")) expect(seen.has(key.replace(/Terminal$/, "Dial"))).toBe(true);
    seen.add(key);
  }
}

function expectSameIds(requests: readonly SeenRequest[]): void {
  const ids = new Map<string, unknown>();
  for (const { query, headers } of requests) {
    const id = headers["plugboard-delivery"];
    expect(id).toBeDefined();
    expect(ids.get(keyOf(query)) ?? id).toBe(id);
    ids.set(keyOf(query), id);
  }
}
