import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { Sealer } from "./sealer.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";
import type { JournalRow } from "./types.ts";

const START_MS = 1_767_600_000_000;
const RANGE = { flow: "11754", from: START_MS, to: START_MS + 1000 };
const DIGIT = { kind: "digit", at: START_MS + 1, leg: 1, digit: "4" };

let server: TestServer;
let store: Store;

beforeAll(async () => {
  server = await startTestServer();
  const sealer = new Sealer("secret", seededRandom(1));
  store = await Store.open(await server.database(), { log: silentLog, node: "n1", sealer });
  await store.append(["a", "b", "c"].flatMap((sid) => callOf(sid)));
  await store.append(callOf("later", START_MS + 1000));
  await store.append(callOf("live").slice(0, 2));
  await store.append(callOf("foreign").map((row) => ({ ...row, account: "globex" })));
  await store.append(callOf("other").map((row) => (row.call ? { ...row, call: { ...row.call, flow: "2" } } : row)));
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

/** A call whose second step is a digit; the other events may contain credentials and are sealed. */
function callOf(callSid: string, startedAt = START_MS): readonly JournalRow[] {
  return sampleCall(callSid, 3, startedAt).map((row) =>
    row.seq === 2 ? { ...row, event: JSON.stringify(DIGIT), inClear: true } : row,
  );
}

it("returns the ended calls of one flow of one account in pages, each call once", async () => {
  const calls = store.recordedCalls;
  expect(await calls.count("acme", RANGE)).toBe(3);
  const first = await calls.page("acme", RANGE, null, 2);
  const second = await calls.page("acme", RANGE, { startedAt: START_MS, callSid: "b" }, 2);
  expect([first, second].map((page) => page.map(({ callSid }) => callSid))).toEqual([["a", "b"], ["c"]]);
  expect(await calls.page("acme", RANGE, { startedAt: START_MS, callSid: "c" }, 2)).toEqual([]);
  expect(await calls.count("acme", { ...RANGE, callSid: "b" })).toBe(1);
  expect(await calls.count("acme", { ...RANGE, callSid: "foreign" })).toBe(0);
});

it("returns whole traces and the caller's digits, neither of which is sealed", async () => {
  const [call] = await store.recordedCalls.page("acme", RANGE, null, 1);
  expect(call).toMatchObject({ callSid: "a", setup: "s1", startedAt: START_MS });
  expect(JSON.parse(call?.trace ?? "")).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
  expect(JSON.parse(call?.digits ?? "")).toEqual([DIGIT]);
});
