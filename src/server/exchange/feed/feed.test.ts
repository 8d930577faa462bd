import { describe, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import type { FeedPage, FeedRow, OwnEvent, SequencedRound } from "../../../edges/store/feed-table.ts";
import { Feed } from "./feed.ts";
import type { RenderedEvent } from "./rendered-event.ts";

/** A feed table in memory. */
class MemoryFeed {
  readonly pending: { readonly account: string; readonly event: OwnEvent }[] = [];
  readonly rows = new Map<string, FeedRow[]>();
  readonly gone = new Map<string, number>();
  pagesRead = 0;
  broken = false;
  #listener: () => void = () => undefined;

  onPending(listener: () => void): void {
    this.#listener = listener;
  }

  notePending(): void {
    this.#listener();
  }

  append(account: string, events: readonly OwnEvent[]): Promise<void> {
    this.pending.push(...events.map((event) => ({ account, event })));
    this.#listener();
    return Promise.resolve();
  }

  /** Numbers pending events, as another node would. */
  number(): ReadonlyMap<string, number> {
    const newest = new Map<string, number>();
    for (const { account, event } of this.pending.splice(0)) {
      const rows = this.rows.get(account) ?? [];
      rows.push({ kind: "own", seq: rows.length + 1, event });
      this.rows.set(account, rows);
      newest.set(account, rows.length);
    }
    return newest;
  }

  sequence(): Promise<SequencedRound> {
    if (this.broken) return Promise.reject(new Error("away"));
    return Promise.resolve({ newest: this.number(), more: false });
  }

  newest(accounts: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(
      new Map(
        accounts.flatMap((account) => {
          const rows = this.rows.get(account);
          return rows === undefined ? [] : [[account, rows.length] as const];
        }),
      ),
    );
  }

  page(account: string, after: number, limit: number): Promise<FeedPage> {
    this.pagesRead += 1;
    const rows = this.rows.get(account) ?? [];
    const gone = this.gone.get(account) ?? 0;
    const kept = rows.filter(({ seq }) => seq > Math.max(after, gone)).slice(0, limit);
    return Promise.resolve({ newest: rows.length, gone, resume: null, rows: kept });
  }
}

const PARKED = { id: "d1", call_sid: "c1", purpose: "dial_event", tries: 3, error: "refused" };
const HEARTBEAT_MS = 15_000;

function world() {
  const clock = new VirtualClock(1_767_600_000_000);
  const table = new MemoryFeed();
  const feed = new Feed({ table, clock, log: silentLog });
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    do {
      for (let i = 0; i < 60; i++) await Promise.resolve();
      clock.advance(Math.min(10, end - clock.now()));
    } while (clock.now() < end);
    for (let i = 0; i < 60; i++) await Promise.resolve();
  };
  const add = async (times: number, account = "acme"): Promise<void> => {
    for (let i = 0; i < times; i++) await feed.append(account, "delivery.parked", { ...PARKED, tries: i });
  };
  return { clock, table, feed, pass, add };
}

/** Follows until told to stop; `seen` has every number, and "beat" for each heartbeat. */
function reader(feed: Feed, after: number, account = "acme") {
  const stop = new AbortController();
  const seen: (number | "beat")[] = [];
  const events: RenderedEvent[] = [];
  const done = (async () => {
    for await (const some of feed.follow(account, after, HEARTBEAT_MS, stop.signal)) {
      seen.push(...(some.length === 0 ? (["beat"] as const) : some.map(({ seq }) => seq)));
      events.push(...some);
    }
  })();
  return { seen, events, stop: () => stop.abort(), done };
}

function upTo(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

describe("a feed", () => {
  it("reads again what readers have in common when a call was erased", async () => {
    const { table, feed, pass, add } = world();
    feed.start();
    const first = reader(feed, 0);
    await add(3);
    await pass(100);
    table.rows.set(
      "acme",
      [1, 2, 3].map((seq) => ({ kind: "missing", seq, callSid: "c1", at: 0 })),
    );
    const shared = reader(feed, 0);
    await pass(10);
    expect(shared.events.map(({ json }) => json.includes("event.missing"))).toEqual([false, false, false]);
    feed.forget("acme");
    const later = reader(feed, 0);
    await pass(10);
    expect(later.events.map(({ json }) => json.includes("event.missing"))).toEqual([true, true, true]);
    for (const each of [first, shared, later]) each.stop();
    await feed.stop();
  });

  it("hands every event to a reader, in order, within the time that it gathers them", async () => {
    const { feed, pass, add } = world();
    feed.start();
    const one = reader(feed, 0);
    await pass(1000);
    await add(3);
    await pass(70);
    expect(one.seen).toEqual([1, 2, 3]);
    expect(JSON.parse(one.events[0]?.json ?? "")).toEqual({
      specversion: "1.0",
      id: "1",
      source: "/api/accounts/acme",
      type: "plugboard.delivery.parked",
      subject: "c1",
      time: "2026-01-05T08:00:01.000Z",
      datacontenttype: "application/json",
      data: { ...PARKED, tries: 0 },
    });
  });

  it("gives a reader that comes back with its cursor everything it missed", async () => {
    const { feed, pass, add } = world();
    feed.start();
    const first = reader(feed, 0);
    await pass(100);
    await add(2);
    await pass(100);
    first.stop();
    await add(1500);
    await pass(1100);
    const second = reader(feed, 2);
    await pass(1000);
    await add(1);
    await pass(100);
    expect([...first.seen, ...second.seen]).toEqual(upTo(1503));
    await first.done;
  });

  it("reads the newest events once for all readers", async () => {
    const { feed, table, pass, add } = world();
    feed.start();
    const readers = Array.from({ length: 50 }, () => reader(feed, 0));
    await pass(600);
    const before = table.pagesRead;
    for (let i = 0; i < 10; i++) {
      await add(20);
      await pass(100);
    }
    for (const { seen } of readers) expect(seen).toEqual(upTo(200));
    expect(table.pagesRead - before).toBeLessThanOrEqual(10);
  });

  it("shows what another node has numbered within its poll interval", async () => {
    const { feed, table, pass } = world();
    feed.start();
    const one = reader(feed, 0);
    await pass(1000);
    table.pending.push({ account: "acme", event: { at: 0, type: "delivery.parked", data: PARKED } });
    table.number();
    await pass(600);
    expect(one.seen).toEqual([1]);
  });

  it("sends heartbeats while nothing happens, and stops when its reader does", async () => {
    const { feed, pass, add } = world();
    feed.start();
    const one = reader(feed, 0);
    await pass(40_000);
    expect(one.seen).toEqual(["beat", "beat"]);
    one.stop();
    await one.done;
    await add(1);
    await pass(2000);
    expect(one.seen).toEqual(["beat", "beat"]);
  });

  it("keeps accounts apart", async () => {
    const { feed, pass, add } = world();
    feed.start();
    const [acme, globex] = [reader(feed, 0), reader(feed, 0, "globex")];
    await pass(100);
    await add(2);
    await add(1, "globex");
    await pass(100);
    expect([acme.seen, globex.seen]).toEqual([[1, 2], [1]]);
  });

  it("goes on after a database outage", async () => {
    const { feed, table, pass, add } = world();
    feed.start();
    const one = reader(feed, 0);
    await pass(100);
    table.broken = true;
    await add(2);
    await pass(3000);
    expect(one.seen).toEqual([]);
    table.broken = false;
    await pass(600);
    expect(one.seen).toEqual([1, 2]);
  });

  it("numbers and delivers what is left when it stops, and ends every reader", async () => {
    const { feed, pass, add } = world();
    feed.start();
    const one = reader(feed, 0);
    await pass(100);
    await add(1);
    await feed.stop();
    await one.done;
    expect(one.seen).toEqual([1]);
  });

  it("rejects a cursor that is too old or too new, and ends a reader that fell behind", async () => {
    const { feed, table, pass, add } = world();
    feed.start();
    await add(5);
    await pass(1100);
    table.gone.set("acme", 3);
    expect(await feed.page("acme", 2, 10)).toEqual({ kind: "gone", oldest: 4 });
    expect(await feed.page("acme", 6, 10)).toEqual({ kind: "ahead", newest: 5 });
    expect(await feed.page("acme", 3, 10)).toMatchObject({ kind: "events", events: [{ seq: 4 }, { seq: 5 }] });
    expect(await feed.page("acme", null, 10)).toMatchObject({ kind: "events", events: [{ seq: 4 }, { seq: 5 }] });
    const late = reader(feed, 1);
    await late.done;
    expect(late.seen).toEqual([]);
  });
});
