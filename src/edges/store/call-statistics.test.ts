import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { readStatistics } from "./call-statistics.ts";
import { Store } from "./store.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";
import type { AttemptRow, RequestRow } from "./types.ts";

const KOLKATA = "Asia/Kolkata";
const at = (time: string): number => Date.parse(`2026-01-05T${time}+05:30`);

let server: TestServer;
let url: string;
let store: Store;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
  await add("c1", at("10:00:00"), { dial: "completed", attempts: [busy(2, 0), answered(3, 500, 4500)] });
  await add("c2", at("10:59:59"), { dial: "completed", attempts: [answered(2, 0, 2000)] });
  await add("c3", at("11:00:00"), { dial: "busy", attempts: [busy(2, 0), busy(3, 900)] });
  await add("c4", at("11:30:00"), {
    type: "incomplete",
    requests: [request("/a", "timeout", 5000), request("/a", "usable", 80)],
  });
  await add("c5", at("13:00:00"), { requests: [request("/b", "usable", 120), request("/b", "abandoned", null)] });
  await add("c6", at("09:59:59"), { dial: "failed" });
  await add("c7", at("11:00:00"), { account: "globex", dial: "failed", attempts: [busy(2, 0)] });
}, 60_000);
afterAll(async () => {
  await store.close();
  await server.stop();
});

interface Sample {
  readonly account?: string;
  readonly dial?: string;
  readonly type?: string;
  readonly attempts?: readonly AttemptRow[];
  readonly requests?: readonly RequestRow[];
}

async function add(sid: string, startedAt: number, sample: Sample): Promise<void> {
  const { account = "acme", dial = null, type = "completed", attempts = [], requests = [] } = sample;
  const cdr = JSON.stringify({ status: "completed", dial_call_status: dial, call_type: type, duration_ms: 9000 });
  const call = {
    setup: "s1",
    flow: "1",
    from: "+911",
    to: "+912",
    direction: "incoming",
    customField: null,
    startedAt,
  } as const;
  const end = { endedAt: startedAt + 9000, status: "completed", cdr, attempts, requests, recordings: [] };
  await store.append([
    { callSid: sid, account, seq: 1, at: startedAt, startedAt, event: "{}", trace: "[]", call, end },
  ]);
}

function attempt(
  leg: number,
  startedMs: number,
  answeredMs: number | null,
  outcome: string,
  cause: string,
): AttemptRow {
  const where = { applet: "sales", destination: "+913", callerId: "+912", trunk: "main" };
  return { leg, ...where, startedMs, ringingMs: null, answeredMs, endedMs: 9000, outcome, causeCode: 0, cause };
}

const busy = (leg: number, startedMs: number) => attempt(leg, startedMs, null, "busy", "USER_BUSY");
const answered = (leg: number, startedMs: number, answeredMs: number) =>
  attempt(leg, startedMs, answeredMs, "completed", "NORMAL_CLEARING");

function request(path: string, result: string, elapsedMs: number | null): RequestRow {
  return {
    id: `${path}${result}`,
    atMs: 0,
    purpose: "connect",
    url: `https://app.example${path}`,
    result,
    elapsedMs,
    body: "{}",
  };
}

const DAY = { since: at("10:20:00"), until: at("13:00:00"), step: "hour", timezone: KOLKATA } as const;

describe("the statistics of calls", () => {
  it("count each call in the hour of the account's zone in which it began, and hours without one", async () => {
    const { steps, total, countedFrom } = await store.callStatistics("acme", DAY);
    expect(steps.map((step) => [step.at, step.calls, step.dialled, step.connected, step.failed])).toEqual([
      [at("10:00:00"), 2, 2, 2, 0],
      [at("11:00:00"), 2, 1, 0, 2],
      [at("12:00:00"), 0, 0, 0, 0],
    ]);
    expect(total).toMatchObject({ calls: 4, dialled: 3, connected: 2, failed: 2, requests: 2, requestsFailed: 1 });
    expect(countedFrom).toBeNull();
  });

  it("measure from the first dialling of a call to its first answer", async () => {
    const { total, steps } = await store.callStatistics("acme", DAY);
    expect(total.answer).toEqual({ p50: 2000, p95: 4500, max: 4500 });
    expect(steps[1]?.answer).toEqual({ p50: null, p95: null, max: null });
  });

  it("tell why destinations did not answer, and how each URL did", async () => {
    const { causes, urls } = await store.callStatistics("acme", { ...DAY, until: at("14:00:00") });
    expect(causes).toEqual([{ outcome: "busy", cause: "USER_BUSY", attempts: 3, calls: 2 }]);
    const others = { invalid: 0, httpError: 0, unreachable: 0 };
    expect(urls).toEqual([
      {
        url: "https://app.example/a",
        requests: 2,
        calls: 1,
        timeout: 1,
        ...others,
        time: { p50: 80, p95: 5000, max: 5000 },
      },
      {
        url: "https://app.example/b",
        requests: 1,
        calls: 1,
        timeout: 0,
        ...others,
        time: { p50: 120, p95: 120, max: 120 },
      },
    ]);
  });

  it("take the account's midnights for days, and twenty-three hours for the day on which clocks go forward", async () => {
    const days = {
      since: Date.parse("2026-03-28T12:00:00Z"),
      until: Date.parse("2026-03-31T00:00:00Z"),
      step: "day",
    } as const;
    const { steps } = await store.callStatistics("acme", { ...days, timezone: "Europe/Berlin" });
    expect(steps.map((step) => new Date(step.at).toISOString())).toEqual([
      "2026-03-27T23:00:00.000Z",
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
      "2026-03-30T22:00:00.000Z",
    ]);
  });

  it("count the newest calls where there are more than the database may read at once, and say since when", async () => {
    const { total, countedFrom } = await store.withinAccount("acme", (db) => readStatistics(db, "acme", DAY, 2));
    expect([total.calls, countedFrom]).toEqual([2, at("11:00:00")]);
  });

  it.each([
    [{ cause: "USER_BUSY" }, ["c3", "c1"]],
    [{ request: { url: "https://app.example/a" } }, ["c4"]],
    [{ request: { failed: true } }, ["c4"]],
    [{ request: { url: "https://app.example/b", failed: true } }, []],
    [{ request: { minMs: 100 } }, ["c5", "c4"]],
    [{ request: { url: "https://app.example/a", minMs: 5001 } }, []],
  ] as const)("lead to the calls behind a figure: %j", async (filter, sids) => {
    expect((await store.listCalls("acme", filter)).map(({ callSid }) => callSid)).toEqual(sids);
  });
});
