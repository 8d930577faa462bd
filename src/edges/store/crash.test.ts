import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Store } from "./store.ts";
import type { OwnTestServer } from "./testing/server.ts";
import { sampleCall } from "./testing/calls.ts";
import { ROUTES, startOwnTestServer } from "./testing/server.ts";

let server: OwnTestServer;
beforeAll(async () => (server = await startOwnTestServer()));
afterAll(() => server.stop());

describe.each(ROUTES)("when the database is killed over %s", (route) => {
  it("every acknowledged row is there once, and rows that waited are written without further action", async () => {
    const url = await server.database(route);
    const store = await Store.open(url, { log: silentLog, node: "n1" });
    const acknowledged = new Set<string>();
    const writing = new AbortController();
    const write = async (name: string): Promise<void> => {
      for (let call = 0; !writing.signal.aborted && call < 20_000; call++) {
        const callSid = `${name}-${call}`;
        for (const row of sampleCall(callSid)) {
          await store.append([row]);
          acknowledged.add(`${callSid} ${row.seq}`);
        }
      }
    };
    const writers = ["a", "b", "c", "d", "e", "f"].map(write);
    await expect.poll(() => acknowledged.size, { interval: 1 }).toBeGreaterThan(100);
    const before = [...acknowledged];
    await server.crash();
    const survived = await keysOf(url);
    await expect.poll(() => acknowledged.size, { interval: 1, timeout: 10_000 }).toBeGreaterThan(before.length + 100);
    writing.abort();
    await Promise.all(writers);
    expect(before.filter((key) => !survived.has(key))).toEqual([]);
    expect(await keysOf(url)).toEqual(acknowledged);
    expect(await store.unfinishedCalls()).toEqual([]);
    await store.close();
  });

  it("claims and lists work again on fresh connections", async () => {
    const store = await Store.open(await server.database(route), { log: silentLog, node: "n1" });
    const request = { id: "o1", order: "k", purpose: "dial_event", request: "{}" };
    await store.append(sampleCall("a").map((row) => (row.seq === 1 ? { ...row, outbox: [request] } : row)));
    expect(await store.claimOutbox(1, 1)).toHaveLength(1);
    await server.crash();
    await expect.poll(() => store.claimOutbox(1, 1).catch(() => []), { interval: 5 }).toHaveLength(1);
    expect(await store.listCalls("acme")).toHaveLength(1);
    await store.close();
  });
});

async function keysOf(url: string): Promise<Set<string>> {
  const rows = await server.query(url, "select call_sid || ' ' || seq as key from journal");
  return new Set(rows.map(({ key }) => String(key)));
}
