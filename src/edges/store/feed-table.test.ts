import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import type { FeedPage, FeedRow } from "./feed-table.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { OwnTestServer } from "./testing/server.ts";
import { startOwnTestServer } from "./testing/server.ts";
import type { JournalRow } from "./types.ts";

const DAY_MS = 86_400_000;

let server: OwnTestServer;
let url: string;
let stores: Store[];
/** Each test has accounts of its own; their names, and those of their calls, begin with this. */
let acme = "acme0";
let tests = 0;

beforeAll(async () => {
  server = await startOwnTestServer();
  url = await server.database();
  stores = [await open("n1"), await open("n2")];
});
afterAll(async () => {
  await Promise.all(stores.map((one) => one.close()));
  await server.stop();
});
beforeEach(() => void (acme = `acme${++tests}`));

function open(node: string): Promise<Store> {
  return Store.open(url, { log: silentLog, node });
}

function store(index = 0): Store {
  const one = stores[index];
  if (one === undefined) throw new Error("no store");
  return one;
}

/** A call whose every step is one event. */
function fedCall(name: string, steps = 3, account = acme): readonly JournalRow[] {
  return sampleCall(`${acme}-${name}`, steps).map((row) => ({ ...row, account, feed: [row.seq] }));
}

async function sequenceAll(which = store()): Promise<void> {
  while ((await which.feed.sequence()).more);
}

async function whole(account: string): Promise<FeedPage> {
  const rows: FeedRow[] = [];
  for (;;) {
    const page = await store().feed.page(account, rows.at(-1)?.seq ?? 0, 500);
    rows.push(...page.rows);
    if (page.rows.length === 0) return { ...page, rows };
  }
}

/** What each event is, without its number: `<call> <entry>`, or the type of an event outside calls. */
function names(rows: readonly FeedRow[]): readonly string[] {
  return rows.map((row) => (row.kind === "entry" ? `${row.callSid.replace(/^\w+-/, "")} ${row.entry}` : row.kind));
}

function expectGapFree(rows: readonly FeedRow[]): void {
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
}

describe("the feed of an account", () => {
  it("numbers the entries of a call from 1 on, and finds each in the journal's trace", async () => {
    await store().append(fedCall("a"));
    await sequenceAll();
    const { newest, gone, rows } = await store().feed.page(acme, 0, 10);
    expect([newest, gone]).toEqual([3, 0]);
    expect(names(rows)).toEqual(["a 1", "a 2", "a 3"]);
    expect(rows[1]).toMatchObject({ seq: 2, kind: "entry", at: 1_767_600_000_001, entry: 2 });
    expect(rows[1]?.kind === "entry" && (JSON.parse(rows[1].trace) as object[])).toMatchObject([{ message: "step 2" }]);
  });

  it("starts in the middle of a stored row where the cursor says so, and keeps to the limit", async () => {
    await store().append(fedCall("a", 6));
    await sequenceAll();
    const { rows } = await store().feed.page(acme, 2, 3);
    expect(rows.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  });

  it("numbers each account by itself", async () => {
    await store().append([...fedCall("a", 2), ...fedCall("b", 3, `${acme}b`), ...fedCall("c", 2)]);
    await sequenceAll();
    expect(names((await whole(acme)).rows)).toEqual(["a 1", "a 2", "c 1", "c 2"]);
    expect(names((await whole(`${acme}b`)).rows)).toEqual(["b 1", "b 2", "b 3"]);
    expect(await whole(`${acme}c`)).toEqual({ newest: 0, gone: 0, resume: null, rows: [] });
  });

  it("does not contain rows that the database refused, and loses no number to them", async () => {
    await store().append(fedCall("a", 2));
    await expect(store().append(fedCall("a", 2))).rejects.toThrow("duplicate key");
    await store().append(fedCall("b", 2));
    await sequenceAll();
    const { rows } = await whole(acme);
    expectGapFree(rows);
    expect(names(rows)).toEqual(["a 1", "a 2", "b 1", "b 2"]);
  });

  it("has an event that was appended in a transaction only if that commits", async () => {
    const client = new Client(url);
    await client.connect();
    const append = (n: number): Promise<void> =>
      store().feed.append(acme, [{ at: 0, type: "test", data: { n } }], client);
    await client.query("begin");
    await append(1);
    await client.query("rollback");
    await client.query("begin");
    await append(2);
    await sequenceAll();
    expect((await whole(acme)).rows).toEqual([]);
    await client.query("commit");
    await client.end();
    await sequenceAll();
    expect((await whole(acme)).rows).toMatchObject([{ seq: 1, event: { data: { n: 2 } } }]);
  });

  it("does not wait for a transaction that is open elsewhere", async () => {
    const client = new Client(url);
    await client.connect();
    await client.query("begin");
    await store().feed.append(acme, [{ at: 0, type: "test", data: {} }], client);
    await store().append(fedCall("a"));
    await sequenceAll();
    expect((await whole(acme)).newest).toBe(3);
    await client.query("commit");
    await client.end();
  });

  it("stays gap-free and in order per call with two nodes writing, numbering and failing at random", async () => {
    const random = seededRandom(4);
    const written: string[] = [];
    const write = async (which: Store, name: string): Promise<void> => {
      for (let call = 0; call < 40; call++) {
        const rows = fedCall(
          `${name}${call}`,
          1 + Math.floor(random.next() * 6),
          random.next() < 0.5 ? acme : `${acme}b`,
        );
        for (const row of rows) {
          await which.append([row], random.next() < 0.5 ? "now" : "soon");
          if (row.account === acme) written.push(`${name}${call} ${row.seq}`);
          // A group of which one row is refused is written row by row.
          if (random.next() < 0.1) await which.append([row]).catch(() => undefined);
          if (random.next() < 0.3) await store(Math.floor(random.next() * 2)).feed.sequence();
        }
      }
    };
    await Promise.all(["a", "b", "c", "d"].map((name, i) => write(store(i % 2), name)));
    await Promise.all(stores.map(sequenceAll));
    const { rows } = await whole(acme);
    expectGapFree(rows);
    expect(names(rows).toSorted()).toEqual(written.toSorted());
    for (const callSid of new Set(rows.map((row) => (row.kind === "entry" ? row.callSid : "")))) {
      const steps = rows.flatMap((row) => (row.kind === "entry" && row.callSid === callSid ? [row.entry] : []));
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    }
  });

  it("loses and duplicates nothing when the database is killed during writing and numbering", async () => {
    const acknowledged = new Set<string>();
    const stop = new AbortController();
    const write = async (name: string): Promise<void> => {
      for (let call = 0; !stop.signal.aborted; call++)
        for (const row of fedCall(`${name}${call}`)) {
          await store().append([row]);
          acknowledged.add(`${name}${call} ${row.seq}`);
        }
    };
    const number = async (which: Store): Promise<void> => {
      while (!stop.signal.aborted) await which.feed.sequence().catch(() => undefined);
    };
    const work = [...["a", "b", "c"].map(write), ...stores.map(number)];
    await expect.poll(() => acknowledged.size, { interval: 1 }).toBeGreaterThan(200);
    await server.crash();
    const before = acknowledged.size;
    await expect.poll(() => acknowledged.size, { interval: 1, timeout: 10_000 }).toBeGreaterThan(before + 200);
    stop.abort();
    await Promise.all(work);
    await expect
      .poll(
        () =>
          store()
            .feed.sequence()
            .catch(() => null),
        { interval: 5 },
      )
      .not.toBeNull();
    await sequenceAll();
    const { rows } = await whole(acme);
    expectGapFree(rows);
    expect(names(rows).toSorted()).toEqual([...acknowledged].toSorted());
  });

  it("keeps the numbers of a call that was erased, and of a row that is damaged", async () => {
    await store().append(fedCall("a", 2));
    await sequenceAll();
    await store().append(fedCall("b", 2));
    await sequenceAll();
    await server.query(url, "delete from journal where call_sid = $1", [`${acme}-a`]);
    await server.query(url, "update feed set items = '{' where account = $1 and last = 4", [acme]);
    const { rows } = await whole(acme);
    expect(rows).toMatchObject([
      { seq: 1, kind: "missing", callSid: `${acme}-a` },
      { seq: 2, kind: "missing", callSid: `${acme}-a` },
      { seq: 3, kind: "missing", callSid: null },
      { seq: 4, kind: "missing", callSid: null },
    ]);
  });

  it("is deleted by age, from its beginning, and says up to which event", async () => {
    for (const call of ["a", "b", "c"]) {
      await store().append(fedCall(call, 2));
      await sequenceAll();
    }
    await server.query(url, "update feed set at = at - $1::bigint where account = $2 and last <= 4", [
      8 * DAY_MS,
      acme,
    ]);
    expect(await store().feed.trim(acme, Date.now() - 7 * DAY_MS)).toEqual({ events: 4, more: false });
    const page = await store().feed.page(acme, 0, 10);
    expect([page.newest, page.gone, names(page.rows)]).toEqual([6, 4, ["c 1", "c 2"]]);
    expect(await store().feed.trim(acme, Date.now() - 7 * DAY_MS)).toEqual({ events: 0, more: false });
    expect((await store().feed.page(acme, 0, 10)).gone).toBe(4);
  });
});
