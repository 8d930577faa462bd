import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Clock, Timer } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import type { RetentionPolicy } from "../exchange/retention-schema.ts";
import { DEFAULT_RETENTION } from "../exchange/retention-schema.ts";
import { RecordingRemoval } from "./recording-removal.ts";
import { RetentionWorker } from "./retention-worker.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-06-01T00:00:00Z");

let server: TestServer;
let url: string;
let store: Store;
let folder: string;
let policies: Record<string, RetentionPolicy>;

beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), "plugboard-retention-"));
  mkdirSync(join(folder, "acme"));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
  policies = { acme: DEFAULT_RETENTION };
  return () => store.close();
});

/** Stores a whole call that began `daysAgo`, with a file. */
async function add(callSid: string, daysAgo: number, account = "acme"): Promise<void> {
  const file = `acme/${callSid}.wav`;
  writeFileSync(join(folder, file), "RIFF");
  const rows = sampleCall(callSid, 3, NOW - daysAgo * DAY_MS).map((row) => ({ ...row, account }));
  const parked = { id: `${callSid}-d`, order: "o", purpose: "dial_event" as const, request: "{}" };
  const recordings = [{ id: `rec-${callSid}`, file, layout: "dual" as const, durationMs: 1000, failure: null }];
  await store.append(rows.map((row) => ("end" in row && row.end ? { ...row, end: { ...row.end, recordings } } : row)));
  const at = rows[0]?.at ?? 0;
  await server.query(
    url,
    `insert into outbox (id, call_sid, order_key, account, purpose, request, created_at, due_at, parked_at)
      values ($1, $2, 'o', $3, $4, $5, $6, 0, $6)`,
    [parked.id, callSid, account, parked.purpose, parked.request, at],
  );
}

/** A clock on which every rest is over at once; `rests` gets how long each would have been. */
function restless(rests: number[] = []): Clock {
  const after = (ms: number, run: () => void): Timer => {
    rests.push(ms);
    queueMicrotask(run);
    return { cancel: () => undefined };
  };
  return { now: () => NOW, elapsed: () => 0, after };
}

/** Runs one round of a worker on this store; returns what it deleted and the lines that it logged. */
async function round(on = store, rests: number[] = []): Promise<{ deleted: object; lines: readonly object[] }> {
  const lines: object[] = [];
  const clock = restless(rests);
  const log = {
    ...silentLog,
    info: (fields: object) => void lines.push(fields),
    warn: (fields: object) => void lines.push(fields),
  };
  const removal = new RecordingRemoval({ store: on, recordingsDir: folder, clock, log });
  const worker = new RetentionWorker({ store: on, removal, policyOf: (account) => policies[account], clock, log });
  await worker.round();
  return { deleted: Object.fromEntries(worker.deleted), lines };
}

/** What is left of a call. */
async function leftOf(callSid: string, account = "acme"): Promise<readonly string[]> {
  const stored = await store.getCall(account, callSid);
  const [owed] = await server.query(url, "select count(*)::int as n from outbox where call_sid = $1", [callSid]);
  return [
    ...(stored === null ? [] : ["call"]),
    ...(stored !== null && stored.trace !== "[]" ? ["trace"] : []),
    ...(stored !== null && stored.requests.length > 0 ? ["requests"] : []),
    ...(owed?.["n"] === 0 ? [] : ["delivery"]),
    ...(stored?.recordings[0]?.failure === null ? ["recording"] : []),
    ...(existsSync(join(folder, `acme/${callSid}.wav`)) ? ["file"] : []),
  ];
}

/** Adds an account with a call that keeps traces for so many days, so that no week is dropped sooner. */
async function keepTracesFor(tracesDays: number): Promise<void> {
  policies["keeper"] = { callsDays: 3650, tracesDays, recordingsDays: 3650, eventsDays: 30 };
  await add("kept", 1, "keeper");
}

/** The journal's weeks, without the partition from before the weeks and the rest. */
async function weeks(): Promise<readonly unknown[]> {
  const text = "select relname from pg_class where relname like 'journal_w\\_%' and relkind = 'r' order by relname";
  return (await server.query(url, text)).map(({ relname }) => relname);
}

const WHOLE = ["call", "trace", "requests", "delivery", "recording", "file"];

describe("deletion by age", () => {
  it("deletes calls, traces and recordings, with their files, once they expire and not before", async () => {
    policies["acme"] = { callsDays: 400, tracesDays: 90, recordingsDays: 60, eventsDays: 30 };
    await keepTracesFor(400);
    for (const daysAgo of [1, 59.9, 60.1, 89.9, 90.1, 399.9, 400.1]) await add(`a${daysAgo}`, daysAgo);
    const { deleted, lines } = await round();
    expect(deleted).toEqual({ calls: 1, traces: 2, journal: 2, recordings: 4, weeks: 1, events: 0, files: 5 });
    expect(lines).toEqual([deleted]);
    expect(await leftOf("a1")).toEqual(WHOLE);
    expect(await leftOf("a59.9")).toEqual(WHOLE);
    expect(await leftOf("a60.1")).toEqual(["call", "trace", "requests", "delivery"]);
    expect(await leftOf("a89.9")).toEqual(["call", "trace", "requests", "delivery"]);
    expect(await leftOf("a90.1")).toEqual(["call"]);
    expect(await leftOf("a399.9")).toEqual(["call"]);
    expect(await leftOf("a400.1")).toEqual([]);
    const tables = ["calls", "journal", "recordings", "outbox", "files_to_delete"];
    for (const table of tables) {
      const rows = await server.query(url, `select 1 from ${table} t where t::text like '%a400.1%'`);
      expect([table, rows.length]).toEqual([table, 0]);
    }
    expect((await store.getCall("acme", "a60.1"))?.recordings[0]?.failure).toBe(
      "it was deleted: recordings of the account are kept for 60 days",
    );
    expect((await round()).deleted).toEqual({
      calls: 0,
      traces: 0,
      journal: 0,
      recordings: 0,
      weeks: 0,
      events: 0,
      files: 0,
    });
  });

  it("uses each account's retention, and the default for accounts that are no longer configured", async () => {
    policies = { acme: { ...DEFAULT_RETENTION, callsDays: 10 }, globex: { ...DEFAULT_RETENTION, tracesDays: 30 } };
    await keepTracesFor(400);
    for (const account of ["acme", "globex", "gone"])
      for (const daysAgo of [31, 91, 401]) await add(`${account}${daysAgo}`, daysAgo, account);
    await round();
    expect(await Promise.all([31, 91, 401].map((days) => leftOf(`acme${days}`)))).toEqual([[], [], []]);
    expect(await leftOf("globex31", "globex")).toEqual(["call", "recording", "file"]);
    expect(await leftOf("globex401", "globex")).toEqual([]);
    expect(await leftOf("gone31", "gone")).toEqual(WHOLE);
    expect(await leftOf("gone91", "gone")).toEqual(["call"]);
  });

  it("applies a shortened retention, and restores nothing when it is lengthened", async () => {
    for (const daysAgo of [20, 50, 100]) await add(`b${daysAgo}`, daysAgo);
    await keepTracesFor(400);
    await round();
    expect(await leftOf("b50")).toEqual(WHOLE);
    policies["acme"] = { ...DEFAULT_RETENTION, tracesDays: 30 };
    expect((await round()).deleted).toMatchObject({ traces: 1, journal: 1 });
    expect(await leftOf("b50")).toEqual(["call", "recording", "file"]);
    policies["acme"] = { ...DEFAULT_RETENTION, tracesDays: 365 };
    expect((await round()).deleted).toMatchObject({ traces: 0, journal: 0 });
    expect(await leftOf("b20")).toEqual(WHOLE);
  });

  it("drops a whole week of traces once no account needs them, and deletes row by row while some do", async () => {
    policies = { acme: { ...DEFAULT_RETENTION, tracesDays: 28 }, globex: { ...DEFAULT_RETENTION, tracesDays: 7 } };
    // 1 June 2026 is a Monday, and so is the day 28 days ago.
    for (const daysAgo of [1, 8, 27, 29, 34, 36]) await add(`e${daysAgo}`, daysAgo);
    for (const daysAgo of [2, 9, 30]) await add(`f${daysAgo}`, daysAgo, "globex");
    const { deleted } = await round();
    expect(deleted).toMatchObject({ weeks: 3, traces: 3 + 2, journal: 2 });
    expect(await weeks()).toEqual([
      "journal_w_20260504",
      "journal_w_20260518",
      "journal_w_20260525",
      "journal_w_20260601",
      "journal_w_20260608",
      "journal_w_20260615",
    ]);
    for (const [sid, has] of [
      ["e1", true],
      ["e27", true],
      ["e29", false],
      ["e36", false],
    ] as const)
      expect([sid, (await leftOf(sid)).includes("trace")]).toEqual([sid, has]);
    expect((await leftOf("f2", "globex")).includes("trace")).toBe(true);
    expect((await leftOf("f9", "globex")).includes("trace")).toBe(false);
    expect(await server.query(url, "select count(*)::int as n from journal_rest")).toEqual([{ n: 0 }]);
  });

  it("deletes row by row what would have been dropped, once another account keeps traces for longer", async () => {
    policies["acme"] = { ...DEFAULT_RETENTION, tracesDays: 30 };
    await add("g31", 31);
    await round();
    // Its week is not over yet.
    expect((await leftOf("g31")).includes("trace")).toBe(true);
    await keepTracesFor(400);
    expect((await round()).deleted).toMatchObject({ journal: 1 });
    expect((await leftOf("g31")).includes("trace")).toBe(false);
  });

  it("works in batches with a rest after each, and never touches a live call", async () => {
    await add("template", 401);
    await server.query(
      url,
      `insert into calls select 'n' || n, account, node, setup, flow, from_number, to_number, direction, custom_field,
          started_at + n, ended_at, status, cdr, attempts, requests, dial_to
        from calls, generate_series(1, 450) n`,
    );
    await store.append(sampleCall("live", 3, NOW - 500 * DAY_MS).slice(0, 1));
    const rests: number[] = [];
    expect((await round(store, rests)).deleted).toMatchObject({ calls: 451 });
    expect(rests).toEqual([50, 50]);
    expect(await store.unfinishedCalls()).toMatchObject([{ callSid: "live", steps: [{ seq: 1 }] }]);
  });

  it("deletes nothing while another node does", async () => {
    await add("c401", 401);
    const other = new Client(url);
    await other.connect();
    await other.query("begin; select pg_advisory_xact_lock(hashtextextended('plugboard retention', 0))");
    expect((await round()).deleted).toMatchObject({ calls: 0, traces: 0, recordings: 0 });
    await other.query("rollback");
    await other.end();
    expect((await round()).deleted).toMatchObject({ calls: 1 });
  });

  it("is finished by the next round if a crash rolled back a batch or left files over", async () => {
    for (const daysAgo of [401, 402]) await add(`d${daysAgo}`, daysAgo);
    await store.retention.batch("calls", "acme", NOW - 400 * DAY_MS, "");
    expect(existsSync(join(folder, "acme/d401.wav"))).toBe(true);
    expect((await round()).deleted).toMatchObject({ calls: 0, files: 2 });
    expect(existsSync(join(folder, "acme/d401.wav"))).toBe(false);
  });

  it("trims each account's feed by the database's clock", async () => {
    const event = { at: NOW, type: "event.missing", data: {} };
    for (const account of ["acme", "globex"]) await store.feed.append(account, [event, event]);
    await store.feed.sequence();
    await server.query(url, "update feed set at = $1", [NOW - 8 * DAY_MS]);
    policies["acme"] = { ...DEFAULT_RETENTION, eventsDays: 7 };
    expect((await round()).deleted).toMatchObject({ events: 2 });
    expect(await store.feed.page("acme", 0, 10)).toMatchObject({ newest: 2, gone: 2, rows: [] });
    expect((await store.feed.page("globex", 0, 10)).rows).toHaveLength(2);
  });

  it("logs that the database fails, and goes on", async () => {
    const broken = { retention: { accounts: () => Promise.reject(new Error("away")) }, feed: store.feed };
    const { lines } = await round(Object.assign(Object.create(store) as Store, broken));
    expect(lines).toEqual([{ err: new Error("away") }]);
  });
});

it("runs every ten minutes, and stops between two batches", async () => {
  const clock = new VirtualClock(NOW);
  let batches = 0;
  const table = {
    accounts: () => Promise.resolve(["acme"]),
    batch: () => Promise.resolve({ count: 1, more: ++batches < 1000 }),
    trim: () => Promise.resolve({ events: 0, more: false }),
  };
  const removal = { run: () => Promise.resolve(0) };
  const journalWeeks = { make: () => Promise.resolve(0), drop: () => Promise.resolve(0) };
  const parts = {
    store: { retention: table, feed: table, journalWeeks },
    removal,
    policyOf: () => undefined,
    clock,
    log: silentLog,
  };
  const worker = new RetentionWorker(parts);
  const pass = async (ms: number): Promise<void> => {
    for (let past = 0; past < ms; past += 50) {
      clock.advance(50);
      for (let i = 0; i < 30; i++) await Promise.resolve();
    }
  };
  worker.start();
  await pass(500);
  expect(batches).toBeGreaterThan(5);
  const stopped = worker.stop();
  await pass(100);
  await stopped;
  const atStop = batches;
  await pass(1000);
  expect(batches).toBe(atStop);
  batches = 1000;
  const next = new RetentionWorker(parts);
  next.start();
  await pass(100);
  expect(batches).toBe(1003);
  await pass(599_000);
  expect(batches).toBe(1003);
  await pass(2000);
  expect(batches).toBe(1006);
  await next.stop();
});
