import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Store } from "./store.ts";
import { sampleCall, sampleEnd } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";
import type { AttemptRow } from "./types.ts";

/** A database starts slowly on a busy machine. */
const START_LIMIT_MS = 60_000;
const MINUTE_MS = 60_000;
const DAY_START = 1_767_600_000_000;
const NIGHT_START = DAY_START + 22 * 60 * MINUTE_MS;
const NOW = NIGHT_START + 30 * MINUTE_MS;

let server: TestServer;
let url: string;
let store: Store;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
}, START_LIMIT_MS);
afterAll(async () => {
  await store.close();
  await server.stop();
});

interface Leg {
  readonly destination: string;
  readonly startedAt: number;
  readonly answeredMs: number | null;
  readonly endedMs: number;
}

async function write(sid: string, legs: readonly Leg[]): Promise<void> {
  const startedAt = legs[0]?.startedAt ?? 0;
  const [row] = sampleCall(sid, 1, startedAt);
  if (row?.call === undefined) throw new Error("no call");
  const end = sampleEnd(sid, startedAt + Math.max(...legs.map(({ endedMs }) => endedMs)));
  const attempts = legs.map(({ destination, answeredMs, endedMs }, i): AttemptRow => {
    const [sample] = end.attempts;
    if (sample === undefined) throw new Error("no attempt");
    return { ...sample, leg: i + 2, destination, answeredMs, endedMs };
  });
  await store.append([{ ...row, end: { ...end, attempts, recordings: [] } }]);
}

it("adds up the minutes of answered legs since the day and the night began, by destination", async () => {
  const leg = (startedAt: number, minutes: number | null, destination = "+91"): Leg => ({
    destination,
    startedAt,
    answeredMs: minutes === null ? null : 0,
    endedMs: (minutes ?? 1) * MINUTE_MS,
  });
  await write("a", [leg(DAY_START + 1, 1.5), leg(DAY_START + 1, null), leg(DAY_START + 1, 0)]);
  await write("before the day", [leg(DAY_START - 300 * MINUTE_MS, 1)]);
  await write("into the day", [leg(DAY_START - 2.5 * MINUTE_MS, 5)]);
  await write("into the night", [leg(NIGHT_START - 30_000, 3, "+44")]);
  await write("in the last hour", [leg(NOW - 59 * MINUTE_MS, null, "+44"), leg(NOW - 59 * MINUTE_MS, 1, "+1")]);
  const since = { now: NOW, dayStart: DAY_START, nightStart: NIGHT_START };
  const read = await store.spend.legsSince("acme", since);
  expect(read.toSorted((a, b) => a.destination.localeCompare(b.destination))).toEqual([
    { destination: "+1", minutesToday: 1, minutesTonight: 0, lastHourMs: [59 * MINUTE_MS - 1] },
    {
      destination: "+44",
      minutesToday: 3,
      minutesTonight: 2,
      lastHourMs: expect.arrayContaining([30.5 * MINUTE_MS - 1, 59 * MINUTE_MS - 1]) as number[],
    },
    { destination: "+91", minutesToday: 2 + 1 + 2, minutesTonight: 0, lastHourMs: [] },
  ]);
  expect(await store.spend.legsSince("other", since)).toEqual([]);
});

it("reads by the index of calls by account and time, no matter how many calls others have", async () => {
  const copied = `call_sid || i, 'other', node, setup, flow, from_number, to_number, direction, custom_field, started_at,
    ended_at, status, cdr, attempts, requests`;
  await server.query(
    url,
    `insert into calls select ${copied} from calls, generate_series(1, 5000) i where call_sid = 'a'`,
  );
  await server.query(url, "analyze calls");
  const text = `explain select a.destination from calls c, json_to_recordset(c.attempts::json) as a(destination text)
    where c.account = 'acme' and c.started_at >= ${DAY_START}`;
  expect(JSON.stringify(await server.query(url, text))).toContain("calls_by_account");
});
