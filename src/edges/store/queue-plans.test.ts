import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";

const CALLS = 400;
const ROUNDS = 8;

let server: TestServer;
let url: string;
let store: Store;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

interface Scans {
  readonly whole: number;
  readonly index: number;
}

async function scansOf(table: string): Promise<Scans> {
  const text = `select seq_scan::int as whole, idx_scan::int as index from pg_stat_user_tables where relname = $1`;
  const [row] = await server.query(url, text, [table]);
  return { whole: Number(row?.["whole"]), index: Number(row?.["index"]) };
}

async function fill(round: number): Promise<void> {
  for (let i = 0; i < CALLS; i += 50)
    await store.append(
      Array.from({ length: 50 }, (_, j) => `c${round}-${i + j}`).flatMap((callSid) =>
        sampleCall(callSid, 2, Date.now()).map((row) => ({
          ...row,
          feed: [row.seq],
          outbox: [{ id: `${callSid}-${row.seq}`, order: "leg 2", purpose: "dial_event", request: "{}" }],
        })),
      ),
    );
}

it("rows that are due, or are to be numbered or read, are found by index, even with plans made while the tables were empty", async () => {
  const before = { outbox: await scansOf("outbox"), journal: await scansOf("journal") };
  for (let round = 0; round < ROUNDS; round++) {
    const claimed = await store.claimOutbox(50, 15_000);
    await store.settleOutbox(claimed.map(({ id }) => ({ kind: "done", id })));
    await store.feed.page("acme", 0, 50);
    await store.feed.sequence();
    if (round % 2 === 1) await fill(round);
  }
  await store.close();
  // Counters of a session arrive when it ends.
  await expect
    .poll(async () => (await scansOf("outbox")).index, { timeout: 5000 })
    .toBeGreaterThan(before.outbox.index);
  // One scan when the store is opened, to find what an earlier process had leased.
  expect((await scansOf("outbox")).whole - before.outbox.whole).toBeLessThanOrEqual(1);
  expect((await scansOf("journal")).whole - before.journal.whole).toBe(0);
});
