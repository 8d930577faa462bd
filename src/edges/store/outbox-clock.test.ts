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
