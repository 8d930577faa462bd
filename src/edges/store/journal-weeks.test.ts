import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A Wednesday. */
const NOW = Date.parse("2026-06-03T12:00:00Z");
const MONDAY = Date.parse("2026-06-01T00:00:00Z");

let server: TestServer;
let url: string;
let store: Store;

beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.stop());
beforeEach(async () => {
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
  return () => store.close();
});

/** How many rows each partition has. */
async function partitions(): Promise<Record<string, number>> {
  const rows = await server.query(
    url,
    `select c.relname as name, (xpath('/row/n/text()', query_to_xml('select count(*) as n from ' || c.relname, false, true, '')))[1]::text as n
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'journal'::regclass order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
}

it("makes this week and the next two once, from Monday to Monday in UTC", async () => {
  expect(await store.journalWeeks.make(NOW)).toBe(3);
  expect(await store.journalWeeks.make(NOW + 3 * DAY_MS)).toBe(0);
  expect(await store.journalWeeks.make(MONDAY + WEEK_MS)).toBe(1);
  await store.append(sampleCall("first", 3, MONDAY));
  await store.append(sampleCall("last", 3, MONDAY + WEEK_MS - 1));
  await store.append(sampleCall("next", 3, MONDAY + WEEK_MS));
  expect(await partitions()).toEqual({
    journal_before_weeks: 0,
    journal_rest: 0,
    journal_w_20260601: 6,
    journal_w_20260608: 3,
    journal_w_20260615: 0,
    journal_w_20260622: 0,
  });
});

it("inserts even if the week is missing, and later moves such rows from the rest to their week", async () => {
  await store.append(sampleCall("now", 2, NOW));
  await store.append(sampleCall("old", 2, NOW - 5 * WEEK_MS));
  await store.append(sampleCall("broken clock", 2, 9e15));
  expect(await partitions()).toMatchObject({ journal_rest: 6 });
  expect(await store.journalWeeks.make(NOW)).toBe(4);
  expect(await partitions()).toMatchObject({ journal_rest: 2, journal_w_20260601: 2, journal_w_20260427: 2 });
  for (const callSid of ["now", "old", "broken clock"])
    expect(JSON.parse((await store.getCall("acme", callSid))?.trace ?? "")).toHaveLength(2);
});

it("never writes a step of a call twice, whatever its partition", async () => {
  await store.journalWeeks.make(NOW);
  for (const startedAt of [NOW, NOW - 52 * WEEK_MS]) {
    const [first, second] = sampleCall(`c${startedAt}`, 3, startedAt);
    if (first === undefined || second === undefined) throw new Error("no rows");
    await store.append([first, second]);
    // Another owner of the call, weeks later: the call's start time is the same.
    await expect(store.append([{ ...second, at: NOW + 5 * WEEK_MS }])).rejects.toThrow("duplicate key");
  }
});

describe("dropping weeks", () => {
  it("keeps weeks that have not ended by then, and weeks with a live call", async () => {
    for (const weeksAgo of [1, 2, 3, 4]) await store.append(sampleCall(`w${weeksAgo}`, 3, NOW - weeksAgo * WEEK_MS));
    await store.append(sampleCall("live", 3, NOW - 3 * WEEK_MS).slice(0, 2));
    await store.journalWeeks.make(NOW);
    // The rows from before the weeks, and the week of four weeks ago; a call is live in that of three weeks ago.
    expect(await store.journalWeeks.drop(NOW - 2 * WEEK_MS)).toBe(2);
    expect(Object.keys(await partitions()).slice(0, 4)).toEqual([
      "journal_rest",
      "journal_w_20260511",
      "journal_w_20260518",
      "journal_w_20260525",
    ]);
    expect(await store.unfinishedCalls()).toMatchObject([{ callSid: "live", steps: [{ seq: 1 }, { seq: 2 }] }]);
    expect((await store.getCall("acme", "w4"))?.trace).toBe("[]");
  });

  it("gives up while a statement uses the journal, so that no call waits for it, and is done by the next round", async () => {
    await store.append(sampleCall("w4", 3, NOW - 4 * WEEK_MS));
    await store.journalWeeks.make(NOW);
    const reader = new Client(url);
    await reader.connect();
    await reader.query("begin; select count(*) from journal");
    const begun = performance.now();
    const dropping = store.journalWeeks.drop(NOW - WEEK_MS);
    await store.append(sampleCall("meanwhile", 3, NOW));
    expect(await dropping).toBe(0);
    expect(performance.now() - begun).toBeLessThan(2000);
    await reader.query("rollback");
    await reader.end();
    expect(await store.journalWeeks.drop(NOW - WEEK_MS)).toBe(2);
  });

  it("keeps the partition from before the weeks until all its rows are deleted", async () => {
    await server.query(
      url,
      `insert into journal_before_weeks (call_sid, seq, at, event, trace) values ('x', 1, 0, '{}', '[]')`,
    );
    expect(await store.journalWeeks.drop(NOW)).toBe(0);
    await server.query(url, "delete from journal where started_at = 0");
    expect(await store.journalWeeks.drop(NOW)).toBe(1);
    await expect(store.append(sampleCall("new", 3, NOW))).resolves.toBeUndefined();
  });
});

it("two nodes that make weeks at the same time make each of them once", async () => {
  const other = await Store.open(url, { log: silentLog, node: "n2" });
  const made = await Promise.all([store.journalWeeks.make(NOW), other.journalWeeks.make(NOW)]);
  await other.close();
  await store.journalWeeks.make(NOW);
  expect(made.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(3);
  expect(Object.keys(await partitions())).toHaveLength(5);
});

it("reads only one week and the partition from before the weeks for a call, however many there are", async () => {
  for (let week = 0; week < 12; week++) await store.append(sampleCall(`p${week}`, 3, NOW - week * WEEK_MS));
  await store.journalWeeks.make(NOW);
  const plan = await server.query(
    url,
    `explain (analyze, costs off, timing off, summary off)
      select c.call_sid, (select count(*) from journal j where j.call_sid = c.call_sid and j.started_at in (0, c.started_at))
      from calls c where c.call_sid = 'p3'`,
  );
  const lines = plan.map((row) => String(row["QUERY PLAN"]));
  const executed = lines.filter((line) => /on journal_\w+ j/.test(line) && !line.includes("never executed"));
  expect(executed).toHaveLength(2);
});
