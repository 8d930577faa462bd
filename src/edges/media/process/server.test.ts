import { systemClock } from "../../../base/system-clock.ts";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { MediaClient, OpenRefused } from "./client.ts";
import type { MediaEvent } from "./protocol.ts";
import { MediaServer } from "./server.ts";
import { MediaHarness } from "../testing/media-harness.ts";

const LEASE_MS = 60_000;

let folder = "";
let harness = new MediaHarness();
let clock = new VirtualClock();
let server: MediaServer | null = null;
let expired = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-server-"));
  harness = new MediaHarness({ first: 20_000, last: 20_003 });
  clock = new VirtualClock();
  expired = 0;
  server = new MediaServer({
    clock,
    log: silentLog,
    leaseMs: LEASE_MS,
    instance: "test",
    controllerLeft: () => undefined,
    figures: () => ({ pid: 1, upMs: 0, load: 0, socketErrors: 0 }),
    leaseExpired: () => {
      expired++;
    },
  });
  server.serve(harness.engine);
  await server.listen(join(folder, "s"));
});

afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Controller {
  readonly client: MediaClient;
  readonly events: MediaEvent[];
  /** Resolves once the server has disconnected this client. */
  readonly gone: Promise<void>;
}

async function control(): Promise<Controller> {
  const events: MediaEvent[] = [];
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const client = await MediaClient.connect({
    clock: systemClock,
    socketPath: join(folder, "s"),
    instance: "test",
    log: silentLog,
    onEvent: (event) => events.push(event),
    onDisconnected: resolve,
  });
  return { client, events, gone };
}

/** Waits until the server has noticed that its controller is gone. */
async function untilLeft(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

it("answers open, list and stats in order", async () => {
  const { client } = await control();
  const [first, second] = await Promise.all([client.open("c", 1), client.open("c", 2)]);
  expect(new Set([first.port, second.port])).toEqual(new Set([20_000, 20_002]));
  expect(await client.list()).toMatchObject([{ call: "c", legs: [{ leg: 1 }, { leg: 2 }] }]);
  expect(await client.stats()).toMatchObject({ calls: 1, legs: 2, portsFree: 0 });
  client.close();
});

it("refuses with a reason when no port is left", async () => {
  const { client } = await control();
  await Promise.all([client.open("c", 1), client.open("c", 2)]);
  const refused = await client.open("c", 3).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(OpenRefused);
  expect(refused).toMatchObject({ code: "no_free_port" });
  client.close();
});

it("a new controller takes over: it finds the calls, and the old one is disconnected", async () => {
  const old = await control();
  await old.client.open("c", 1);
  const next = await control();
  await old.gone;
  await expect(old.client.list()).rejects.toThrow("not connected");
  expect(await next.client.list()).toHaveLength(1);
  next.client.close();
});

it("keeps events while there is no controller, for the next one", async () => {
  const first = await control();
  await first.client.open("c", 1);
  first.client.close();
  await untilLeft();
  server?.emit({ event: "first_rtp", call: "c", leg: 1 });
  const second = await control();
  await second.client.list();
  expect(second.events).toEqual([{ event: "first_rtp", call: "c", leg: 1 }]);
  second.client.close();
});

it("closes every call when no controller has connected for the length of the lease, not before", async () => {
  const { client } = await control();
  await client.open("c", 1);
  clock.advance(10 * LEASE_MS);
  expect(harness.engine.callCount).toBe(1);
  client.close();
  await untilLeft();
  clock.advance(LEASE_MS - 1);
  expect(harness.engine.callCount).toBe(1);
  clock.advance(1);
  expect([harness.engine.callCount, expired]).toEqual([0, 1]);
});

it("a controller that comes back within the lease finds everything as it was", async () => {
  const first = await control();
  await first.client.open("c", 1);
  first.client.close();
  await untilLeft();
  clock.advance(LEASE_MS - 1);
  const second = await control();
  await second.client.list();
  clock.advance(LEASE_MS);
  expect(harness.engine.callCount).toBe(1);
  second.client.close();
});

it("drops a connection that doesn't use the protocol, and serves the next", async () => {
  const stranger = connect(join(folder, "s"));
  const closed = new Promise((resolve) => stranger.once("close", resolve));
  stranger.write("GET / HTTP/1.1\r\n\r\n");
  await closed;
  const { client } = await control();
  expect(await client.list()).toEqual([]);
  client.close();
});

it("A1: merely connecting, as a liveness probe does, replaces no controller", async () => {
  const { client, gone } = await control();
  await client.open("c", 1);
  const probe = connect(join(folder, "s"));
  await new Promise((resolve) => probe.once("connect", resolve));
  await untilLeft();
  expect(await Promise.race([gone.then(() => "gone"), client.list()])).toHaveLength(1);
  const closed = new Promise((resolve) => probe.once("close", resolve));
  clock.advance(2000);
  await closed;
  expect(await client.list()).toHaveLength(1);
  client.close();
});

it("A1: a controller of another platform is disconnected, and no call ends", async () => {
  const { client } = await control();
  await client.open("c", 1);
  const options = { instance: "other", log: silentLog, onEvent() {}, onDisconnected() {}, connectTimeoutMs: 60 };
  await expect(MediaClient.connect({ ...options, clock: systemClock, socketPath: join(folder, "s") })).rejects.toThrow(
    "disconnected",
  );
  expect(await client.list()).toHaveLength(1);
  client.close();
});

it("pending operations are rejected when the media process ends, and later ones at once", async () => {
  const { client, gone } = await control();
  const pending = client.list().catch((error: unknown) => String(error));
  server?.close();
  await gone;
  expect(await pending).toSatisfy(
    (answer: unknown) => Array.isArray(answer) || String(answer).includes("disconnected"),
  );
  await expect(client.stats()).rejects.toThrow("not connected");
});

it("M8: connecting keeps trying for its full time, whatever the wall clock does", async () => {
  let wallMs = 0;
  const clock = { ...systemClock, now: () => (wallMs += 3_600_000) };
  const socketPath = join(folder, "late");
  const options = { instance: "test", log: silentLog, onEvent() {}, onDisconnected() {} };
  const connecting = MediaClient.connect({ ...options, clock, socketPath });
  await expect
    .poll(() => existsSync(socketPath) || symlinkSync(join(folder, "s"), socketPath), { interval: 150 })
    .toBe(true);
  (await connecting).close();
});

it("connecting fails when there is no listener", async () => {
  const options = { instance: "test", log: silentLog, onEvent() {}, onDisconnected() {}, connectTimeoutMs: 60 };
  await expect(
    MediaClient.connect({ ...options, clock: systemClock, socketPath: join(folder, "none") }),
  ).rejects.toThrow("ENOENT");
});
