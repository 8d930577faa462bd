import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Store } from "./store.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";
import type { CallFilter } from "./types.ts";

const CALLS = 40_000;
/** A page and whatever else the plan reads; far fewer than all calls of the account. */
const FEW_ROWS = 1000;

let server: TestServer;
let url: string;

/** Half of the calls belong to another account. The rare number and the rare outcome occur once in 10,000 calls, all of them old. */
beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  await server.query(
    url,
    `insert into calls (call_sid, account, node, setup, flow, from_number, to_number, direction, started_at, ended_at,
       status, cdr, attempts, requests)
     select 'c' || n, case when n % 2 = 0 then 'acme' else 'globex' end, 'n1', 's', '1',
       case when n % 20000 = 2 then '+911' else '+91' || 1000 + n % 7 end,
       case when n % 20000 = 4 then '+922' else '+92' || 1000 + n % 3 end,
       'incoming', n * 1000, n * 1000 + 500, case when n % 20000 = 6 then 'busy' else 'completed' end,
       '{"duration_ms":500}', '[]', '[]'
     from generate_series(1, ${CALLS}) n`,
  );
  await server.query(url, "vacuum analyze calls");
}, 60_000);
afterAll(() => server.stop());

async function rowsRead(): Promise<number> {
  const [row] = await server.query(
    url,
    "select coalesce(seq_tup_read + idx_tup_fetch, 0)::integer as read from pg_stat_user_tables where relname = 'calls'",
  );
  return Number(row?.["read"]);
}

describe("a list of calls reads", () => {
  it.each<[string, CallFilter, number]>([
    ["the newest", {}, 50],
    ["those of a rare caller", { from: "+911" }, 2],
    ["those of several rare callers", { fromAnyOf: ["+911", "+9100"] }, 2],
    ["those to a rare number", { toAnyOf: ["+922"] }, 2],
    ["those with a rare number on either side", { number: "+911" }, 2],
    ["those with a rare outcome", { outcomes: [{ status: "busy" }] }, 2],
    ["those with a rare status", { status: "busy" }, 2],
    ["those with a frequent outcome", { outcomes: [{ status: "completed" }, { status: "busy" }], limit: 5 }, 5],
    ["those of a frequent caller", { from: "+911000", limit: 5 }, 5],
    ["those after a cursor", { before: { startedAt: 20_000_000, callSid: "c20000" } }, 50],
    ["those of a day", { startedFrom: 20_000_000, startedTo: 20_009_000 }, 5],
    ["those that are named", { sidsAnyOf: ["c2", "c3", "c4"] }, 2],
    [
      "those of a frequent caller of a day",
      { fromAnyOf: ["+911000"], startedFrom: 20_000_000, startedTo: 20_100_000 },
      7,
    ],
  ])("API-5: %s, and few others", async (_, filter, found) => {
    const before = await rowsRead();
    const store = await Store.open(url, { log: silentLog, node: "reader" });
    const { calls } = await store.pageOfCalls("acme", filter);
    await store.close();
    expect(calls).toHaveLength(found);
    expect(new Set(calls.map(({ account }) => account))).toEqual(new Set(["acme"]));
    expect((await rowsRead()) - before).toBeLessThan(FEW_ROWS);
  });

  it("API-5: all of them when it counts them, but only in an index", async () => {
    const store = await Store.open(url, { log: silentLog, node: "reader" });
    expect(await store.countCalls("acme", { fromAnyOf: ["+911"] })).toBe(2);
    expect(await store.countCalls("acme")).toBe(CALLS / 2);
    await store.close();
  });
});
