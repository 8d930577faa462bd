import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { ClaimedRow, OutboxVerdict } from "../store/types.ts";
import { DELIVERY_HEADER, OutboxWorker } from "./outbox.ts";
import { SIGNATURE_HEADER } from "./sign.ts";
import type { Failure, Fetched, OutboundRequest } from "./types.ts";

const OK: Fetched = { outcome: { ok: true, status: 200, contentType: null, body: "" }, elapsedMs: 1 };
const fails = (reason: Failure["reason"]): Fetched => ({ outcome: { ok: false, reason, detail: "so." }, elapsedMs: 1 });

interface Owed {
  readonly row: ClaimedRow;
  dueAt: number;
  tries: number;
  state: "owed" | "done" | "parked";
}

/** The outbox table's rules in memory, on the test's clock. */
class MemoryOutbox {
  readonly rows: Owed[] = [];
  readonly verdicts: OutboxVerdict[] = [];
  readonly #clock: VirtualClock;
  #taker: { leaseMs: number; take: (rows: readonly ClaimedRow[]) => void } | null = null;
  broken = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  owe(
    id: string,
    url = "https://app.example/event",
    order = id,
    account = "acme",
    purpose = "dial_event",
    body?: string,
  ): void {
    const method = body === undefined ? "GET" : "POST";
    const request = JSON.stringify({ method, url, headers: { a: "b" }, authorization: "Basic x", body });
    const createdAt = this.#clock.now();
    const row = { id, order, callSid: "c", account, purpose, request, version: 2, tries: 0, createdAt };
    const one: Owed = { row, dueAt: 0, tries: 0, state: "owed" };
    this.rows.push(one);
    if (this.#taker === null || !this.#head(one)) return;
    one.dueAt = this.#clock.now() + this.#taker.leaseMs;
    this.#taker.take([row]);
  }

  takeOutbox(leaseMs: number, take: (rows: readonly ClaimedRow[]) => void): () => void {
    this.#taker = { leaseMs, take };
    return () => (this.#taker = null);
  }

  claimOutbox(limit: number, leaseMs: number): Promise<readonly ClaimedRow[]> {
    if (this.broken) return Promise.reject(new Error("away"));
    const now = this.#clock.now();
    const heads = this.rows.filter((one) => one.state === "owed" && this.#head(one) && one.dueAt <= now);
    const taken = heads.slice(0, limit);
    for (const one of taken) one.dueAt = now + leaseMs;
    return Promise.resolve(taken.map(({ row, tries }) => ({ ...row, tries })));
  }

  settleOutbox(verdicts: readonly OutboxVerdict[]): Promise<boolean> {
    if (this.broken) return Promise.reject(new Error("away"));
    this.verdicts.push(...verdicts);
    for (const verdict of verdicts) {
      const one = this.rows.find(({ row }) => row.id === verdict.id);
      if (one === undefined) continue;
      if (verdict.kind === "done" || verdict.kind === "parked") one.state = verdict.kind;
      else one.dueAt = this.#clock.now() + verdict.inMs;
      if (verdict.kind === "retry") one.tries++;
    }
    return Promise.resolve(this.rows.some((one) => one.state === "owed" && this.#head(one) && one.dueAt === 0));
  }

  #head(one: Owed): boolean {
    return one === this.rows.find(({ row, state }) => state === "owed" && row.order === one.row.order);
  }
}

/** Answers by URL, one after the other; the last repeats. */
function script(answers: Readonly<Record<string, readonly Fetched[]>>, clock: VirtualClock) {
  const log: { at: number; id: string; request: OutboundRequest; allowPrivate: boolean }[] = [];
  const asked = new Map<string, number>();
  const fetch = (request: OutboundRequest, { allowPrivate }: { allowPrivate: boolean }): Promise<Fetched> => {
    log.push({ at: clock.now(), id: request.headers[DELIVERY_HEADER] ?? "", request, allowPrivate });
    const n = asked.get(request.url) ?? 0;
    asked.set(request.url, n + 1);
    const list = answers[request.url] ?? [OK];
    return Promise.resolve(list[Math.min(n, list.length - 1)] ?? OK);
  };
  return { fetch, log };
}

function world(answers: Readonly<Record<string, readonly Fetched[]>> = {}, signingSecrets?: () => readonly string[]) {
  const clock = new VirtualClock(1_000_000);
  const store = new MemoryOutbox(clock);
  const fetcher = script(answers, clock);
  const parked: [id: string, error: string][] = [];
  const options = {
    store,
    fetcher,
    clock,
    log: silentLog,
    allowPrivate: (sid: string) => sid === "acme",
    onParked: ({ id }: ClaimedRow, error: string) => void parked.push([id, error]),
  };
  const worker = new OutboxWorker(signingSecrets === undefined ? options : { ...options, signingSecrets });
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    while (clock.now() < end) {
      clock.advance(Math.min(50, end - clock.now()));
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
  };
  return { clock, store, fetcher, worker, pass, parked };
}

describe("the outbox worker", () => {
  it("EVT-6: delivers what is owed, once, with its id in a header and its account's policy", async () => {
    const { store, fetcher, worker, pass } = world();
    worker.start();
    store.owe("a");
    await pass(300);
    expect(fetcher.log).toMatchObject([
      { id: "a", allowPrivate: true, request: { method: "GET", authorization: "Basic x", headers: { a: "b" } } },
    ]);
    expect(store.rows.map(({ state }) => state)).toEqual(["done"]);
  });

  it("REQ-9: signs each delivery of a row again, with the time of that delivery", async () => {
    const urls = { "https://app.example/event": [fails("reset"), OK] };
    const { store, fetcher, worker, pass } = world(urls, () => ["s".repeat(32)]);
    worker.start();
    store.owe("a");
    await pass(3_000);
    const times = fetcher.log.map(({ at, request }) => {
      const signature = request.headers[SIGNATURE_HEADER] ?? "";
      expect(signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
      return [Math.floor(at / 1000), Number(/^t=(\d+)/.exec(signature)?.[1])];
    });
    expect(times).toHaveLength(2);
    for (const [at, time] of times) expect(time).toBe(at);
    expect(times[1]).not.toEqual(times[0]);
  });

  it("EVT-6: a row waits for the one before it in its order, no matter how often that fails; others do not", async () => {
    const { store, fetcher, worker, pass } = world({
      "https://x.example/dial": [fails("refused"), fails("reset"), OK],
    });
    worker.start();
    store.owe("dial", "https://x.example/dial", "leg 2");
    store.owe("terminal", "https://x.example/terminal", "leg 2");
    store.owe("other", "https://y.example/", "leg 3");
    await pass(10_000);
    expect(fetcher.log.map(({ id }) => id)).toEqual(["dial", "other", "dial", "dial", "terminal"]);
    expect(store.rows.every(({ state }) => state === "done")).toBe(true);
  });

  it("EVT-6: any complete answer is a delivery, whatever its status or size", async () => {
    const status = (code: number): Fetched => ({
      ...OK,
      outcome: { ok: true, status: code, contentType: null, body: "" },
    });
    const urls = { "https://a/": [status(500)], "https://b/": [status(404)], "https://c/": [status(302)] };
    const { store, fetcher, worker, pass } = world({ ...urls, "https://d/": [fails("too_large")] });
    for (const url of ["https://a/", "https://b/", "https://c/", "https://d/"]) store.owe(url, url);
    worker.start();
    await pass(60_000);
    expect(fetcher.log).toHaveLength(4);
    expect(store.rows.every(({ state }) => state === "done")).toBe(true);
  });

  it("EVT-6: tries again after 1, 2, 4 … seconds, at most 30 minutes; parks after a day", async () => {
    const { clock, store, fetcher, worker, pass } = world({ "https://app.example/event": [fails("timeout")] });
    worker.start();
    store.owe("a");
    await pass(20_000);
    const gaps = fetcher.log.slice(1).map(({ at }, i) => at - (fetcher.log[i]?.at ?? 0));
    expect(gaps).toHaveLength(4);
    for (const [i, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(1000 * 2 ** i);
      expect(gap).toBeLessThan(1000 * 2 ** i + 1_200);
    }
    await pass(3 * 3_600_000);
    const last = fetcher.log.slice(-2).map(({ at }) => at);
    expect((last[1] ?? 0) - (last[0] ?? 0)).toBeLessThanOrEqual(30 * 60_000 + 1_200);
    const [owed] = store.rows;
    if (owed === undefined) throw new Error("no row");
    clock.advance(22 * 3_600_000);
    await pass(60_000);
    expect(owed.state).toBe("parked");
    expect(store.verdicts.at(-1)).toEqual({ kind: "parked", id: "a", error: "timeout: so." });
  });

  it("parks at once what retrying cannot help: an impossible URL, a refused address, an unreadable row", async () => {
    const { store, fetcher, worker, pass, parked } = world({
      "https://a/": [fails("bad_url")],
      "https://b/": [fails("blocked")],
    });
    store.owe("a", "https://a/");
    store.owe("b", "https://b/");
    store.owe("c");
    const third = store.rows[2];
    if (third !== undefined) store.rows[2] = { ...third, row: { ...third.row, request: "{" } };
    worker.start();
    await pass(500);
    expect(store.rows.map(({ state }) => state)).toEqual(["parked", "parked", "parked"]);
    expect(fetcher.log).toHaveLength(2);
    expect(parked.map(([id]) => id).toSorted()).toEqual(["a", "b", "c"]);
  });

  it("API-6: a status callback is delivered only by a 2xx, tried again otherwise, and parked if its URL is gone", async () => {
    const status = (code: number): Fetched => ({
      ...OK,
      outcome: { ok: true, status: code, contentType: null, body: "" },
    });
    const urls = {
      "https://a/": [status(500), status(404), status(302), status(204)],
      "https://b/": [status(410)],
    };
    const { store, fetcher, worker, pass, parked } = world(urls);
    worker.start();
    store.owe("a", "https://a/", "status", "acme", "status_callback");
    store.owe("a2", "https://a2/", "status", "acme", "status_callback");
    store.owe("b", "https://b/", "b", "acme", "status_callback");
    await pass(20_000);
    expect(fetcher.log.map(({ id }) => id).filter((id) => id !== "b")).toEqual(["a", "a", "a", "a", "a2"]);
    expect(store.rows.map(({ state }) => state)).toEqual(["done", "done", "parked"]);
    expect(store.verdicts.find(({ kind }) => kind === "retry")).toEqual({
      kind: "retry",
      id: "a",
      inMs: 1000,
      error: "http_error: The server answered 500.",
    });
    expect(parked).toEqual([["b", "http_error: The server answered 410."]]);
  });

  it("REQ-9: the signature of a delivery covers its body too, and its webhook-id stays the same when it is repeated", async () => {
    const urls = { "https://app.example/event": [fails("reset"), OK] };
    const { store, fetcher, worker, pass } = world(urls, () => ["s".repeat(32)]);
    worker.start();
    store.owe("a", "https://app.example/event", "a", "acme", "status_callback", "body");
    await pass(3_000);
    const headers = fetcher.log.map(({ request }) => request.headers);
    expect(headers.map((each) => each["webhook-id"])).toEqual(["a", "a"]);
    expect(new Set(headers.map((each) => each["webhook-signature"])).size).toBe(2);
  });

  it("a dead host's rows do not take the places of others, and do not count as tried while it is left alone", async () => {
    const { store, fetcher, worker, pass } = world({ "https://dead.example/": [fails("timeout")] });
    for (let i = 0; i < 500; i++) store.owe(`dead${i}`, "https://dead.example/");
    for (let i = 0; i < 50; i++) store.owe(`live${i}`, "https://live.example/");
    worker.start();
    await pass(5_000);
    expect(store.rows.filter(({ state }) => state === "done")).toHaveLength(50);
    expect(fetcher.log.filter(({ id }) => id.startsWith("dead")).length).toBeLessThan(40);
    expect(store.rows.reduce((sum, { tries }) => sum + tries, 0)).toBeLessThan(40);
  });

  it("A4: an account whose hosts all hang leaves places for the events of others", async () => {
    const { store, worker, pass, fetcher } = world();
    const { fetch } = fetcher;
    fetcher.fetch = (request, options) =>
      request.url.includes("hangs") ? new Promise(() => undefined) : fetch(request, options);
    worker.start();
    for (let i = 0; i < 300; i++) store.owe(`bad${i}`, `https://hangs${i}.example/`);
    await pass(100);
    for (let i = 0; i < 20; i++) store.owe(`good${i}`, "https://good.example/", `good${i}`, "other");
    await pass(500);
    expect(store.rows.filter(({ state }) => state === "done")).toHaveLength(20);
  });

  it("A4: a host that fails for one account is not left alone for another", async () => {
    const { store, worker, pass, fetcher } = world({ "https://shared.example/hangs": [fails("timeout")] });
    worker.start();
    store.owe("bad", "https://shared.example/hangs");
    await pass(300);
    store.owe("good", "https://shared.example/", "good", "other");
    await pass(100);
    expect(fetcher.log.map(({ id }) => id)).toEqual(["bad", "good"]);
  });

  it("works through more rows than it has places, without waiting for the next poll", async () => {
    const { store, worker, pass } = world();
    for (let i = 0; i < 1000; i++) store.owe(`r${i}`, `https://h${i}.example/`);
    worker.start();
    for (let i = 0; i < 90; i++) await pass(10);
    expect(store.rows.every(({ state }) => state === "done")).toBe(true);
  });

  it("continues when the database comes back; rows that could not be settled are delivered again", async () => {
    const { store, fetcher, worker, pass } = world();
    store.broken = true;
    store.owe("a");
    worker.start();
    await pass(3_000);
    store.broken = false;
    await pass(1_050);
    expect(fetcher.log).toHaveLength(1);
    store.broken = true;
    store.owe("b");
    await pass(2_000);
    store.broken = false;
    await pass(20_000);
    expect(store.rows.every(({ state }) => state === "done")).toBe(true);
  });

  it("stops after settling the running deliveries, and claims no more", async () => {
    const { store, fetcher, worker, pass } = world();
    store.owe("a");
    worker.start();
    await pass(10);
    const stopped = worker.stop();
    store.owe("b");
    await pass(5_000);
    await stopped;
    expect(fetcher.log.map(({ id }) => id)).toEqual(["a"]);
    expect(store.rows.map(({ state }) => state)).toEqual(["done", "owed"]);
  });
});
