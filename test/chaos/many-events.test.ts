import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { TestServer } from "../../src/edges/store/testing/server.ts";
import { startTestServer } from "../../src/edges/store/testing/server.ts";
import type { ConsumedEvent, FeedConsumer } from "../support/feed-consumer.ts";
import { consumeFeed } from "../support/feed-consumer.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/wait.ts";
import type { EventsProcess } from "./events-process.ts";

/** The full size is `PLUGBOARD_CHAOS_EVENTS=100000`: ten minutes on two cores. */
const EVENTS = Number(process.env["PLUGBOARD_CHAOS_EVENTS"] ?? 250);
const STEPS = 5;
const CALLS = EVENTS / STEPS;
const isWhole = EVENTS >= 10_000;
const KILLS = isWhole ? 20 : 2;
const RATE = isWhole ? 350 : 200;
const RECEIVERS = 8;
const LIMIT_MS = isWhole ? 3_600_000 : 60_000;
/** How often the first delivery of an event fails in each way; later ones half as often. The rest get 204 at once. */
const BEHAVIOURS = { error: 0.05, close: 0.05, late: 0.05, hang: isWhole ? 0.003 : 0 };
/** One of each early on, so that a short run has all of them and waits for the deadline only once. */
const EARLY = ["hang", "error", "close", "late"];
const LATE_MS = 400;

interface Arrival {
  readonly call: number;
  readonly step: number;
  readonly id: unknown;
}

const PROGRAM = join(import.meta.dirname, "events-process.ts");
const random = seededRandom(20_260_105);

let database: TestServer;
let databaseUrl: string;
let options: EventsProcess;
let child: ChildProcess | null = null;
const receivers: Server[] = [];
const arrivals: Arrival[] = [];
/** Deliveries that were answered 2xx. */
const accepted = new Set<string>();
const tries = new Map<string, number>();
const received: Record<string, number> = {};
let consumer: FeedConsumer | null = null;

beforeAll(async () => {
  database = await startTestServer();
  databaseUrl = await database.database();
  for (let i = 0; i < RECEIVERS; i++) receivers.push(await receiver());
  options = {
    databaseUrl,
    httpPort: await freePort(),
    receivers: receivers.map((server) => (server.address() as AddressInfo).port),
    calls: CALLS,
    steps: STEPS,
    rate: RATE,
    startedAt: Date.now(),
  };
});
afterAll(async () => {
  await consumer?.stop();
  child?.kill("SIGKILL");
  for (const server of receivers) {
    server.closeAllConnections();
    server.close();
  }
  await database?.stop();
});

async function receiver(): Promise<Server> {
  const server = createServer(receive);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  const [, call = "", step = ""] = request.url?.split("/") ?? [];
  const key = `${call} ${step}`;
  arrivals.push({ call: Number(call), step: Number(step), id: request.headers["plugboard-delivery"] });
  const tried = tries.get(key) ?? 0;
  tries.set(key, tried + 1);
  const behaviour = pick(tried === 0 ? 1 : 0.5);
  received[behaviour] = (received[behaviour] ?? 0) + 1;
  const accept = (): void => {
    accepted.add(key);
    response.writeHead(204).end();
  };
  request.resume();
  if (behaviour === "error") response.writeHead(500).end();
  else if (behaviour === "close") request.socket.destroy();
  else if (behaviour === "late") setTimeout(accept, LATE_MS);
  else if (behaviour !== "hang") accept();
}

function pick(share: number): string {
  const early = EARLY.shift();
  if (early !== undefined) return early;
  let left = random.next();
  for (const [name, part] of Object.entries(BEHAVIOURS)) {
    left -= part * share;
    if (left < 0) return name;
  }
  return "answer";
}

function start(): void {
  const env = { ...process.env, EVENTS_PROCESS: JSON.stringify(options) };
  child = spawn(process.execPath, [PROGRAM], { env, stdio: ["ignore", "inherit", "inherit"] });
}

async function killed(): Promise<void> {
  const gone = new Promise((resolve) => child?.once("exit", resolve));
  child?.kill("SIGKILL");
  await gone;
}

async function owed(): Promise<number> {
  const [row] = await database.query(databaseUrl, "select count(*)::int as n from outbox");
  return Number(row?.["n"]);
}

it(
  `EVT-6, API-6: ${EVENTS} events to a receiver that fails in every way, while the process is killed ${KILLS} times: none is ` +
    "lost, each call's come in order, repeats share an id, and the feed's consumer sees 1 … n",
  { timeout: LIMIT_MS },
  async () => {
    const startedAt = Date.now();
    start();
    const feed = consumeFeed(`http://127.0.0.1:${options.httpPort}/api/accounts/acme/events`);
    consumer = feed;
    for (let kill = 1; kill <= KILLS; kill++) {
      await until("deliveries go on", async () => accepted.size > (kill * EVENTS) / (KILLS + 1), LIMIT_MS);
      await killed();
      start();
    }
    await until("everything is delivered", async () => accepted.size === EVENTS && (await owed()) === 0, LIMIT_MS);
    await until("everything is in the feed", async () => feed.events.length >= EVENTS, LIMIT_MS);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    if (isWhole) console.log(`${arrivals.length} deliveries of ${EVENTS} events in ${seconds} s:`, received);
    expectDeliveries();
    expectFeed(feed.events);
  },
);

function expectDeliveries(): void {
  const ids = new Map<string, Set<unknown>>();
  const newest = new Map<number, number>();
  const outOfOrder: Arrival[] = [];
  for (const arrival of arrivals) {
    const { call, step, id } = arrival;
    const key = `${call} ${step}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(id));
    // Never backwards, and never further than just after what was accepted.
    const before = newest.get(call) ?? 0;
    if (step !== before && step !== before + 1) outOfOrder.push(arrival);
    newest.set(call, step);
  }
  expect(outOfOrder).toEqual([]);
  expect(ids.size).toBe(EVENTS);
  expect([...ids.values()].filter(({ size }) => size !== 1)).toEqual([]);
  expect(new Set([...ids.values()].flatMap((some) => [...some])).size).toBe(EVENTS);
  // The test would prove nothing if no delivery had failed.
  for (const behaviour of Object.keys(BEHAVIOURS)) expect(received[behaviour], behaviour).toBeGreaterThan(0);
}

function expectFeed(events: readonly ConsumedEvent[]): void {
  expect(events.filter(({ id }, i) => id !== String(i + 1)).slice(0, 5)).toEqual([]);
  expect(events).toHaveLength(EVENTS);
  const steps = new Map<unknown, number>();
  for (const { data } of events) {
    const { call_sid: call, message: step } = data;
    expect(Number(step)).toBe((steps.get(call) ?? 0) + 1);
    steps.set(call, Number(step));
  }
  expect(steps.size).toBe(CALLS);
}
