import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";

const HOUR_MS = 3_600_000;

let server: TestServer;
let url: string;
let store: Store;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

it.each([HOUR_MS, 24 * HOUR_MS])(
  "M8: after the database's clock was set back by %i ms, a waiting delivery is due, and not late by that much",
  async (byMs) => {
    const [first, ...rest] = sampleCall(`call-${byMs}`);
    if (first === undefined) throw new Error("no call");
    const id = `event-${byMs}`;
    await store.append([{ ...first, outbox: [{ id, order: "a", purpose: "event", request: "{}" }] }, ...rest]);
    expect((await store.claimOutbox(10, 15_000)).map((row) => row.id)).toEqual([id]);
    await store.settleOutbox([{ kind: "retry", id, inMs: 60_000, error: "refused" }]);
    expect(await store.claimOutbox(10, 15_000)).toEqual([]);
    await server.query(url, "update outbox set due_at = due_at + $1::bigint where id = $2", [byMs, id]);
    expect((await store.claimOutbox(10, 15_000)).map((row) => row.id)).toEqual([id]);
    await store.settleOutbox([{ kind: "done", id }]);
  },
);

it("the outbox's lag is that of its most overdue delivery; one that waits for its next try is not late", async () => {
  const [first, ...rest] = sampleCall("late");
  if (first === undefined) throw new Error("no call");
  const owed = (id: string) => ({ id, order: id, purpose: "event", request: "{}" });
  expect(await store.outboxLagMs()).toBe(0);
  await store.append([{ ...first, outbox: [owed("l1"), owed("l2")] }, ...rest]);
  await server.query(
    url,
    "update outbox set created_at = (extract(epoch from now()) * 1000)::bigint - 90000 where id = 'l1'",
  );
  const lagMs = await store.outboxLagMs();
  expect(lagMs).toBeGreaterThanOrEqual(90_000);
  expect(lagMs).toBeLessThan(100_000);
  await store.claimOutbox(10, 15_000);
  await store.settleOutbox([{ kind: "retry", id: "l1", inMs: 60_000, error: "refused" }]);
  expect(await store.outboxLagMs()).toBe(0);
});
