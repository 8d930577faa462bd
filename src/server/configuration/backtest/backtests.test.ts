import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { TWO_NUMBERS_FLOW } from "../../../core/call/two-numbers-flow.ts";
import type { RecordedRow } from "../../../edges/store/recorded-calls.ts";
import type { BacktestsOptions } from "./backtests.ts";
import { Backtests } from "./backtests.ts";

const RANGE = { flow: "1", from: 0, to: 1 };
const ROW: RecordedRow = { callSid: "a", startedAt: 0, setup: "s1", trace: "[]", digits: "[]" };

let clock: VirtualClock;
let backtests: Backtests;
let calls: number;
let pages: () => Promise<readonly RecordedRow[]>;

beforeEach(() => {
  clock = new VirtualClock(0);
  calls = 1;
  pages = () => Promise.resolve([ROW]);
  const recordedCalls = { count: () => Promise.resolve(calls), page: () => pages() };
  const store = { recordedCalls, getSetup: () => Promise.resolve(null) } as unknown as BacktestsOptions["store"];
  backtests = new Backtests({ store, clock, log: silentLog });
});
afterEach(() => backtests.close());

function start(account: string) {
  const order = { draft: TWO_NUMBERS_FLOW, people: [], traces: false };
  return backtests.start({ ...order, account, range: RANGE });
}

async function stream(account: string) {
  const started = await start(account);
  if (!started.ok) throw new Error(started.error.message);
  return started.value;
}

it("runs one backtest per account and two in all, until their readers disconnect", async () => {
  const first = await stream("acme");
  expect(await start("acme")).toMatchObject({ ok: false, error: { kind: "account" } });
  const second = await stream("globex");
  expect(await start("initech")).toMatchObject({ ok: false, error: { kind: "platform" } });
  first.destroy();
  second.destroy();
  await once(second, "close");
  (await stream("acme")).destroy();
});

it("refuses a range with too many calls, and frees its place", async () => {
  calls = 1_000_001;
  for (const _ of [1, 2])
    expect(await start("acme")).toMatchObject({
      ok: false,
      error: { kind: "range", message: "the range has 1000001 calls, more than the limit of 1000000: narrow it" },
    });
});

it("says in the last line that it failed if the database does", async () => {
  pages = () => Promise.reject(new Error("gone"));
  const lines = (await text(await stream("acme"))).trim().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ type: "failed" });
});

it("disconnects a reader who takes nothing for a minute", async () => {
  const lines = await stream("acme");
  lines.once("readable", () => undefined);
  await vi.waitFor(() => expect(lines.readableLength).toBeGreaterThan(0), 10_000);
  await vi.waitFor(() => {
    clock.advance(60_000);
    expect(lines.destroyed).toBe(true);
  }, 10_000);
  await vi.waitFor(async () => (await stream("acme")).destroy());
});
