import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { Feed } from "../exchange/feed/feed.ts";
import type { RenderedEvent } from "../exchange/feed/rendered-event.ts";
import { eventRoutes } from "./event-routes.ts";
import { answerError } from "./problem.ts";

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: { readonly message?: string };
}

interface Page {
  readonly events: readonly Envelope[];
  readonly next: string;
  readonly newest: string;
}

let server: TestServer;
let url: string;
let store: Store;
let feed: Feed;
let app: FastifyInstance;
let base: string;
let acme = "acme0";
let tests = 0;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
  feed = new Feed({ table: store.feed, clock: systemClock, log: silentLog });
  feed.start();
  app = Fastify();
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, silentLog));
  const options = { feed, clock: systemClock, directory: { account: () => undefined } };
  await app.register(async (scope) => eventRoutes(scope, options), { prefix: "/api/accounts/:account" });
  await app.listen({ port: 0, host: "127.0.0.1" });
  base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/accounts`;
});
afterAll(async () => {
  await feed.stop();
  // Clients keep spare connections that never carried a request; Node waits for those.
  app.server.closeAllConnections();
  await app.close();
  await store.close();
  await server.stop();
});
beforeEach(() => void (acme = `acme${++tests}`));

/** Adds calls to the account, each with one event per step. */
async function calls(count: number, steps = 2): Promise<void> {
  const rows: JournalRow[] = [];
  for (let i = 0; i < count; i++) rows.push(...sampleCall(`${acme}-${tests}-${Math.random()}`, steps));
  const message = (seq: number): object[] => [
    { seq, at_ms: 1, type: "decision", rule: "REFUSED", message: `no ${seq}` },
  ];
  await store.append(
    rows.map((row) => ({ ...row, account: acme, feed: [row.seq], trace: JSON.stringify(message(row.seq)) })),
  );
}

async function page(query: string): Promise<Page> {
  const response = await fetch(`${base}/${acme}/events?${query}`, { headers: { accept: "application/json" } });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  return (await response.json()) as Page;
}

async function numbered(count: number): Promise<void> {
  await expect.poll(async () => (await page("")).newest, { interval: 20, timeout: 5000 }).toBe(String(count));
}

interface Stream {
  readonly response: Response;
  readonly frames: string[];
  readonly ids: () => number[];
  close(): void;
}

/** Reads frames until closed. */
async function stream(query: string, headers: Record<string, string> = {}): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(`${base}/${acme}/events${query}`, { headers, signal: abort.signal });
  const frames: string[] = [];
  void (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n\n");
      rest = parts.pop() ?? "";
      frames.push(...parts);
    }
  })().catch(() => undefined);
  const ids = (): number[] =>
    frames.flatMap((text) => (text.startsWith("id: ") ? [Number.parseInt(text.slice(4), 10)] : []));
  return { response, frames, ids, close: () => abort.abort() };
}

function upTo(n: number, from = 1): number[] {
  return Array.from({ length: n - from + 1 }, (_, i) => from + i);
}

describe("the stream of events", () => {
  it("starts from now without a cursor, and sends each event as soon as it is numbered", async () => {
    await calls(1);
    await numbered(2);
    const one = await stream("");
    expect(one.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    await expect.poll(() => one.frames).toEqual(["retry: 1000\nid: 2"]);
    await calls(1);
    await expect.poll(one.ids).toEqual([3, 4]);
    const [, frame = ""] = one.frames;
    expect(frame).toMatch(/^id: 3\ndata: \{"specversion":"1\.0","id":"3",.*"type":"plugboard\.call\.refused"/);
    one.close();
  });

  it("goes on after `Last-Event-ID`, or else after `after`, without a gap", async () => {
    await calls(400, 3);
    await numbered(1200);
    const whole = await stream("?after=0");
    await expect.poll(() => whole.ids().length).toBe(1200);
    expect(whole.ids()).toEqual(upTo(1200));
    const rest = await stream("?after=0", { "last-event-id": "1190" });
    await expect.poll(rest.ids).toEqual(upTo(1200, 1191));
    await calls(1, 1);
    await expect.poll(rest.ids).toEqual(upTo(1201, 1191));
    await expect.poll(() => whole.ids().length).toBe(1201);
    whole.close();
    rest.close();
  });

  it("misses nothing, however often its consumer disconnects and returns with its cursor", async () => {
    const seen: number[] = [];
    const writing = (async () => {
      for (let i = 0; i < 60; i++) await calls(2, 3);
    })();
    for (let last = 0; last < 360; last = seen.at(-1) ?? 0) {
      const one = await stream("", { "last-event-id": String(last) });
      const wanted = Math.min(25, 360 - last);
      await expect.poll(() => one.ids().length, { timeout: 5000 }).toBeGreaterThanOrEqual(wanted);
      one.close();
      // Events beyond those the consumer handled come again.
      seen.push(...one.ids().slice(0, wanted));
    }
    await writing;
    expect(seen).toEqual(upTo(360));
  });

  it("produces no more for a stalled reader, and disconnects it after a minute", async () => {
    const clock = new VirtualClock(0);
    let made = 0;
    const endless = async function* (): AsyncGenerator<readonly RenderedEvent[], void> {
      for (; made < 10_000; made++) {
        await new Promise((resolve) => setImmediate(resolve));
        yield [{ seq: made + 1, json: "x".repeat(1_000_000) }];
      }
    };
    const busy = Fastify();
    const slowFeed = { newest: () => Promise.resolve(0), follow: endless } as unknown as Feed;
    const options = { feed: slowFeed, clock, directory: { account: () => undefined } };
    await busy.register(async (scope) => eventRoutes(scope, options), { prefix: "/api/accounts/:account" });
    await busy.listen({ port: 0, host: "127.0.0.1" });
    const reader = connect((busy.server.address() as AddressInfo).port, "127.0.0.1").pause();
    reader.write("GET /api/accounts/acme/events HTTP/1.1\r\nhost: x\r\n\r\n");
    let last = -1;
    await expect.poll(() => last === (last = made) && made > 0, { interval: 200, timeout: 10_000 }).toBe(true);
    expect(made).toBeLessThan(50);
    const gone = new Promise((resolve) => reader.once("close", resolve));
    clock.advance(60_000);
    reader.resume();
    await gone;
    expect(made).toBeLessThan(50);
    await busy.close();
  });

  it("refuses more than 64 streams of one account, and takes one again when another ends", async () => {
    const many = await Promise.all(Array.from({ length: 64 }, () => stream("")));
    const tooMany = await fetch(`${base}/${acme}/events`);
    expect([tooMany.status, tooMany.headers.get("retry-after")]).toEqual([429, "10"]);
    many[0]?.close();
    await expect
      .poll(async () => {
        const again = await stream("");
        again.close();
        return again.response.status;
      })
      .toBe(200);
    for (const one of many) one.close();
  });
});

describe("a page of events", () => {
  it("holds at most `limit` events and leads to the next page", async () => {
    await calls(4, 3);
    await numbered(12);
    const ids: string[] = [];
    for (let next = "0"; ;) {
      const { events, ...rest } = await page(`after=${next}&limit=5`);
      if (events.length === 0) break;
      expect(events.length).toBeLessThanOrEqual(5);
      ids.push(...events.map(({ id }) => id));
      next = rest.next;
    }
    expect(ids).toEqual(upTo(12).map(String));
  });

  it("shows what the API shows about the call, in a CloudEvents envelope", async () => {
    await calls(1, 1);
    await numbered(1);
    expect((await page("")).events).toEqual([
      {
        specversion: "1.0",
        id: "1",
        source: `/api/accounts/${acme}`,
        type: "plugboard.call.refused",
        subject: expect.stringContaining(acme),
        time: "2026-01-05T08:00:00.000Z",
        datacontenttype: "application/json",
        data: { call_sid: expect.stringContaining(acme), at_ms: 1, message: "no 1" },
      },
    ]);
  });

  it("is empty for an account without events, whatever other accounts have", async () => {
    expect(await page("")).toEqual({ events: [], next: "0", newest: "0" });
  });
});

describe("a cursor", () => {
  async function refusal(query: string, headers: Record<string, string> = {}): Promise<readonly [number, string]> {
    const response = await fetch(`${base}/${acme}/events?${query}`, { headers });
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    return [response.status, ((await response.json()) as { detail: string }).detail];
  }

  it.each([{}, { accept: "application/json" }])(
    "older than the history is refused with the place to go on from, with %j",
    async (headers) => {
      await calls(3);
      await numbered(6);
      await server.query(url, "update feed_heads set gone = 4 where account = $1", [acme]);
      await server.query(url, "delete from feed where account = $1", [acme]);
      const detail =
        "events are kept for 30 days and those after 3 were deleted: 5 is the oldest, continue with after=4";
      expect(await refusal("after=3", headers)).toEqual([410, detail]);
    },
  );

  it("newer than anything is refused: the database is an older copy", async () => {
    await calls(1);
    await numbered(2);
    expect(await refusal("after=3")).toEqual([
      409,
      expect.stringContaining("there is no event 3: the newest one is 2"),
    ]);
  });

  it.each([
    ["after=last", /after is "last", it must be the id of an event, or 0/],
    ["after=1&after=2", /after is given more than once/],
    ["limit=0", /limit is "0", it must be a whole number from 1 to 1000/],
    ["since=5", /there is no parameter "since": after, limit are known/],
  ])("or another invalid parameter is refused: %s", async (query, detail) => {
    expect(await refusal(query)).toEqual([400, expect.stringMatching(detail)]);
  });
});
