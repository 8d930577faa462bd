import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { NodeTakenError, Store } from "./store.ts";
import type { TestServer } from "./testing/server.ts";
import { sampleCall, sampleEnd } from "./testing/calls.ts";
import { ROUTES, startTestServer } from "./testing/server.ts";
import type { JournalRow, OutboxRow } from "./types.ts";

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.stop());

describe.each(ROUTES)("a store over %s", (route) => {
  let url: string;
  let store: Store;
  const opened: Store[] = [];
  const open = async (node = "n1", target = url): Promise<Store> => {
    const one = await Store.open(target, { log: silentLog, node });
    opened.push(one);
    return one;
  };

  beforeAll(async () => (url = await server.database(route)));
  beforeEach(async () => {
    await server.empty(url);
    store = await open();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });

  it("migrates an empty database, but does not migrate it again", async () => {
    const empty = await server.database(route, "empty");
    await Promise.all([open("n1", empty), open("n2", empty)]);
    const first = await server.query(empty, "select * from kysely_migration");
    await (await open("n3", empty)).append(sampleCall("a"));
    expect(first.length).toBeGreaterThan(0);
    expect(await server.query(empty, "select * from kysely_migration")).toEqual(first);
  });

  it("keeps all of a finished call: record, trace in order, attempts, requests, recordings", async () => {
    const rows = sampleCall("a", 4);
    await store.append(rows.slice(0, 2));
    await store.append(rows.slice(2));
    const found = await store.getCall("acme", "a");
    const end = sampleEnd("a", 0);
    expect(found?.call).toMatchObject({ ...rows[0]?.call, status: "completed", node: "n1", endedAt: rows[3]?.at });
    expect(JSON.parse(found?.trace ?? "")).toEqual(rows.flatMap(({ trace }) => JSON.parse(trace) as unknown[]));
    expect(found).toMatchObject({ attempts: end.attempts, requests: end.requests, recordings: end.recordings });
    expect(await store.getRecording("acme", "rec-a")).toMatchObject({ callSid: "a", account: "acme", layout: "dual" });
    expect(await store.unfinishedCalls()).toEqual([]);
  });

  it("shows a live call with the trace so far, and only to its own account", async () => {
    await store.append(sampleCall("a").slice(0, 2));
    const found = await store.getCall("acme", "a");
    expect(found?.call).toMatchObject({ endedAt: null, status: null, cdr: null });
    expect(JSON.parse(found?.trace ?? "")).toHaveLength(2);
    expect(await store.getCall("other", "a")).toBeNull();
  });

  it("keeps a call that begins and ends in one step", async () => {
    await store.append(sampleCall("a", 1));
    expect((await store.getCall("acme", "a"))?.call.status).toBe("completed");
    expect(await store.unfinishedCalls()).toEqual([]);
  });

  it("keeps every character: quotes, backslashes, other scripts, and a zero byte as U+FFFD", async () => {
    const [first] = sampleCall("a", 1);
    if (first?.call === undefined) throw new Error("no row");
    const event = JSON.stringify({ text: `"\\'{},\n\t नमस्ते 📞 NULL` });
    await store.append([
      { ...first, event, legSnapshots: null, call: { ...first.call, from: "a\0b", customField: "null" } },
    ]);
    const call = (await store.getCall("acme", "a"))?.call;
    expect(call).toMatchObject({ from: "a\uFFFDb", customField: "null" });
    expect((await server.query(url, "select event from journal"))[0]?.["event"]).toBe(event);
  });

  it("writes rows that arrive together in one transaction, in their order", async () => {
    const calls = Array.from({ length: 20 }, (_, i) => sampleCall(`c${i}`));
    const done: string[] = [];
    await Promise.all(
      [0, 1, 2].flatMap((step) =>
        calls.map(async (rows) => {
          await store.append(rows.slice(step, step + 1));
          done.push(`${step}`);
        }),
      ),
    );
    expect(done).toEqual([...done].sort());
    const written = await server.query(url, "select count(distinct xmin::text)::int as transactions from journal");
    expect(written).toEqual([{ transactions: 1 }]);
    expect(await store.countCalls("acme")).toBe(20);
  });

  it("rejects only the append whose rows are wrong, and writes its companions", async () => {
    const [good, bad] = [sampleCall("good", 1), sampleCall("bad", 1)];
    const twice = [...bad, ...bad];
    const results = await Promise.allSettled([
      store.append(good),
      store.append(twice),
      store.append(sampleCall("b", 1)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await store.getCall("acme", "bad")).toBeNull();
    expect(await store.getCall("acme", "good")).not.toBeNull();
  });

  it("A8: says once a minute that rows are refused, no matter how many are", async () => {
    const lines: object[] = [];
    const log = { ...silentLog, error: (fields: object) => lines.push(fields) };
    const other = await Store.open(url, { log, node: "n2" });
    opened.push(other);
    await server.query(url, "alter table journal add constraint full_disk check (call_sid <> 'full')");
    try {
      const refused = Array.from({ length: 50 }, (_, i) => other.append(sampleCall("full", i + 2).slice(i, i + 1)));
      expect(new Set((await Promise.allSettled(refused)).map(({ status }) => status))).toEqual(new Set(["rejected"]));
      expect(lines).toEqual([expect.objectContaining({ code: "23514" })]);
    } finally {
      await server.query(url, "alter table journal drop constraint full_disk");
    }
  });

  it("writes rows that can wait with the next commit, ahead of its rows", async () => {
    const rows = sampleCall("a");
    const first = store.append(rows.slice(0, 1), "soon");
    await store.append(rows.slice(1));
    await first;
    expect(await server.query(url, "select count(distinct xmin::text)::int as n from journal")).toEqual([{ n: 1 }]);
    await store.append(sampleCall("b", 1), "soon");
    expect(await store.getCall("acme", "b")).not.toBeNull();
  });

  it("refuses more rows than the queue holds at once, and keeps those it has accepted", async () => {
    const [row] = sampleCall("a", 1);
    if (row === undefined) throw new Error("no row");
    const many = (name: string, n: number): readonly JournalRow[] =>
      Array.from({ length: n }, (_, i) => ({
        callSid: name,
        account: "acme",
        seq: i + 1,
        at: 0,
        startedAt: 0,
        event: "{}",
        trace: "[]",
      }));
    const taken = store.append(many("full", 10_000));
    await expect(store.append([row])).rejects.toThrow("10000 journal rows are waiting");
    await taken;
    await store.append([row]);
    expect(await server.query(url, "select count(*)::int as n from journal")).toEqual([{ n: 10_001 }]);
  });

  it("lists what a restarted process must finish: every event in order and the newest legSnapshots", async () => {
    const rows = sampleCall("a", 5).slice(0, 4);
    await store.append(
      rows.map((row) => (row.seq === 2 || row.seq === 3 ? { ...row, legSnapshots: `{"n":${row.seq}}` } : row)),
    );
    await store.append(sampleCall("done"));
    await store.append(sampleCall("b").slice(0, 1));
    await store.close();
    const again = await open();
    expect(await again.unfinishedCalls()).toEqual([
      {
        callSid: "a",
        account: "acme",
        setup: "s1",
        startedAt: 1_767_600_000_000,
        steps: rows.map(({ seq, event }) => ({ seq, version: 2, json: event })),
        legSnapshots: { version: 2, json: '{"n":3}' },
      },
      {
        callSid: "b",
        account: "acme",
        setup: "s1",
        startedAt: 1_767_600_000_000,
        steps: [{ seq: 1, version: 2, json: rows[0]?.event }],
        legSnapshots: null,
      },
    ]);
  });

  it("lets two nodes write at once, and refuses a second process of the same node", async () => {
    const other = await open("n2");
    await Promise.all([store.append(sampleCall("a").slice(0, 1)), other.append(sampleCall("b").slice(0, 1))]);
    expect((await store.unfinishedCalls()).map(({ callSid }) => callSid)).toEqual(["a"]);
    expect((await other.unfinishedCalls()).map(({ callSid }) => callSid)).toEqual(["b"]);
    const clock = {
      now: () => 0,
      elapsed: clockThatHurries(),
      after: (_: number, run: () => void) => (setImmediate(run), { cancel() {} }),
    };
    await expect(Store.open(url, { log: silentLog, node: "n2", clock })).rejects.toThrow(NodeTakenError);
  });

  it("hands over the calls of a dead node, but not those of a live one", async () => {
    const other = await open("n2");
    await other.append(sampleCall("b").slice(0, 2));
    expect(await store.deadNodes()).toEqual([]);
    expect(await store.adoptCalls("n2")).toEqual([]);
    await other.close();
    expect(await store.deadNodes()).toEqual(["n2"]);
    expect(await store.adoptCalls("n2")).toMatchObject([{ callSid: "b", setup: "s1" }]);
    expect(await store.deadNodes()).toEqual([]);
    await store.append(sampleCall("b").slice(2));
    expect((await store.getCall("acme", "b"))?.call).toMatchObject({ node: "n1", status: "completed" });
  });

  it("keeps setups under their hash, and putting one twice is not an error", async () => {
    await store.putSetup("h", '{"a":1}');
    await store.putSetup("h", '{"a":1}');
    await (await open("n2")).putSetup("h", '{"a":1}');
    expect(await store.getSetup("h")).toEqual({ version: 2, json: '{"a":1}' });
    expect(await store.getSetup("other")).toBeNull();
  });

  it("lists live and finished calls, newest first, in pages in both directions, and filters them", async () => {
    for (let i = 0; i < 6; i++)
      await store.append(i === 5 ? sampleCall("c5", 2, 5000).slice(0, 1) : sampleCall(`c${i}`, 2, i * 1000));
    const sids = async (filter: Parameters<Store["listCalls"]>[1]) =>
      (await store.listCalls("acme", filter)).map(({ callSid }) => callSid);
    expect(await sids({ limit: 2 })).toEqual(["c5", "c4"]);
    expect(await sids({ limit: 2, before: { startedAt: 4000, callSid: "c4" } })).toEqual(["c3", "c2"]);
    expect(await sids({ limit: 2, after: { startedAt: 1000, callSid: "c1" } })).toEqual(["c3", "c2"]);
    expect(await sids({ limit: 2, sort: "asc" })).toEqual(["c0", "c1"]);
    expect(await sids({ status: "live" })).toEqual(["c5"]);
    expect(await sids({ status: "completed", startedFrom: 2000, startedTo: 3000 })).toEqual(["c3", "c2"]);
    expect(await sids({ from: "+919812345678", to: "+918047100000", direction: "incoming" })).toHaveLength(6);
    expect(await sids({ number: "+918047100000" })).toHaveLength(6);
    expect(await sids({ number: "+910000000000" })).toEqual([]);
    expect(await store.countCalls("acme", { status: "completed" })).toBe(5);
    expect(await store.listCalls("other")).toEqual([]);
  });

  describe("the outbox", () => {
    const owed = (id: string, order: string): OutboxRow => ({
      id,
      order,
      purpose: "dial_event",
      request: `{"id":"${id}"}`,
    });
    const owe = async (...rows: readonly OutboxRow[]): Promise<void> => {
      const callSid = `${rows[0]?.id}-call`;
      await store.append([
        { callSid, account: "acme", seq: 1, at: 0, startedAt: 0, event: "{}", trace: "[]", outbox: rows },
      ]);
    };
    const claim = async (leaseMs = 60_000) => (await store.claimOutbox(10, leaseMs)).map(({ id }) => id);

    it("EVT-6: gives out one row of a key at a time, in order, and keys side by side", async () => {
      await owe(owed("a1", "a"), owed("a2", "a"), owed("b1", "b"));
      expect(await claim()).toEqual(["a1", "b1"]);
      expect(await claim()).toEqual([]);
      await store.settleOutbox([{ kind: "done", id: "a1" }]);
      expect(await claim()).toEqual(["a2"]);
      await store.settleOutbox([
        { kind: "done", id: "a2" },
        { kind: "done", id: "b1" },
      ]);
      expect(await server.query(url, "select count(*)::int as n from outbox")).toEqual([{ n: 0 }]);
    });

    it("EVT-6: gives a row out again when the lease of a dead worker ends", async () => {
      await owe(owed("a1", "a"));
      expect(await claim(1)).toEqual(["a1"]);
      await expect.poll(() => claim(60_000), { interval: 5 }).toEqual(["a1"]);
    });

    it("EVT-6: gives a row out again at once when its node's process was replaced, but not one that waits to be retried", async () => {
      await owe(owed("a1", "a"), owed("b1", "b"));
      expect(await claim()).toEqual(["a1", "b1"]);
      await store.settleOutbox([{ kind: "retry", id: "b1", inMs: 60_000, error: "refused" }]);
      await store.close();
      store = await open();
      expect(await claim()).toEqual(["a1"]);
    });

    it("EVT-6: postpones a failed row with its successors, and counts the tries", async () => {
      await owe(owed("a1", "a"), owed("a2", "a"), owed("b1", "b"));
      await claim();
      await store.settleOutbox([{ kind: "retry", id: "a1", inMs: 60_000, error: "refused" }]);
      expect(await claim()).toEqual([]);
      await server.query(url, "update outbox set due_at = 0 where order_key = 'a'");
      expect(await store.claimOutbox(10, 1000)).toMatchObject([{ id: "a1", tries: 1, order: "a", account: "acme" }]);
    });

    it("EVT-6: a parked row does not block its successors, is shown to people, and can be put back", async () => {
      await owe(owed("a1", "a"), owed("a2", "a"));
      await claim();
      await store.settleOutbox([{ kind: "parked", id: "a1", error: "gave up" }]);
      expect(await claim()).toEqual(["a2"]);
      const parked = { state: "parked" } as const;
      expect(await store.listOutbox("acme", parked)).toMatchObject([
        { id: "a1", error: "gave up", request: '{"id":"a1"}' },
      ]);
      expect(await store.listOutbox("other", parked)).toEqual([]);
      expect([await store.unpark("other", "a1"), await store.unpark("acme", "a1")]).toEqual(["unknown", "waits"]);
      expect(await store.unpark("acme", "a1")).toBe("waited_already");
      expect(await claim()).toEqual(["a1"]);
    });

    it("EVT-6: the same delivery id is owed once", async () => {
      await owe(owed("a1", "a"), owed("a1", "a"));
      expect(await claim()).toEqual(["a1"]);
      expect(await server.query(url, "select count(*)::int as n from outbox")).toEqual([{ n: 1 }]);
    });

    it("never gives one row to two nodes", async () => {
      const other = await open("n2");
      await owe(...Array.from({ length: 40 }, (_, i) => owed(`r${i}`, `k${i}`)));
      const [a, b] = await Promise.all([store.claimOutbox(40, 9999), other.claimOutbox(40, 9999)]);
      expect(new Set([...a, ...b].map(({ id }) => id)).size).toBe(a.length + b.length);
    });

    it("EVT-6: hands over this node's new rows at once, leased; those with a predecessor remain to be claimed", async () => {
      const taken: string[] = [];
      const stop = store.takeOutbox(60_000, (rows) => taken.push(...rows.map(({ id, callSid }) => `${callSid}/${id}`)));
      await owe(owed("a1", "a"), owed("a2", "a"), owed("b1", "b"));
      await store.append(sampleCall("x"));
      expect(taken).toEqual(["a1-call/a1", "a1-call/b1"]);
      const step = { callSid: "a1-call", account: "acme", at: 0, startedAt: 0, event: "{}", trace: "[]" };
      await store.append([{ ...step, seq: 2, outbox: [owed("a3", "a"), owed("c1", "c")] }]);
      expect(taken).toEqual(["a1-call/a1", "a1-call/b1", "a1-call/c1"]);
      expect(await claim()).toEqual([]);
      expect(await store.settleOutbox([{ kind: "done", id: "b1" }])).toBe(false);
      expect(await store.settleOutbox([{ kind: "done", id: "a1" }])).toBe(true);
      expect(await claim()).toEqual(["a2"]);
      stop();
      await store.append([{ ...step, seq: 3, outbox: [owed("d1", "d")] }]);
      expect(await claim()).toEqual(["d1"]);
    });
  });
});

/** Ten seconds pass every third time it is read. */
function clockThatHurries(): () => number {
  let looks = 0;
  return () => Math.floor(looks++ / 3) * 10_000;
}
