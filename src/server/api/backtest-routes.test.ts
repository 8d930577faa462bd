import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Flow } from "../../core/call/setup.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { BacktestLine, BacktestSummary } from "../../tools/simulator/backtest/backtest-report.ts";
import type { Scenario } from "../../tools/simulator/scenario/scenario-types.ts";
import { basic } from "./testing/access.ts";
import type { ExploredCall } from "./testing/explored-calls.ts";
import { storeExplored } from "./testing/explored-calls.ts";
import type { TestApi } from "./testing/test-api.ts";
import { AUTHORIZATION, START_MS, startTestApi } from "./testing/test-api.ts";

/** A small number for a month's calls; the same test with 100,000 takes a few minutes. */
const CALLS = Number(process.env["PLUGBOARD_BACKTEST_CALLS"] ?? 300);
const LIMIT_MS = 60_000 + CALLS * 20;
const MONTH_MS = 30 * 86_400_000;
/** Spreads any number of calls evenly over the month and the hours of the day. */
const GOLDEN = 0.618_033_988_749_895;
const PRESS_MS = 500;
const IST_MS = 19_800_000;
const URL_ASKED = "https://app.example/connect";

const sales = {
  type: "connect",
  url: { primary: URL_ASKED },
  exits: { conversation_ended: "bye", nobody_answered: "vm" },
};
const applets = {
  menu: {
    type: "menu",
    say: { text: "For sales press 1" },
    keys: { "1": "hours", "2": "desk" },
    no_input: "desk",
    invalid: "desk",
  },
  hours: { type: "time_condition", open: ["mon-fri 09:00-18:00"], exits: { open: "sales", closed: "vm" } },
  sales,
  desk: {
    type: "connect",
    parameters: { destination: { numbers: ["+919900000011"] } },
    exits: { conversation_ended: "bye", nobody_answered: "vm" },
  },
  vm: { type: "voicemail", say: { text: "Please leave a message" }, max_duration: 60, next: "bye" },
  bye: { type: "hangup" },
};
const document = { flow: "11754", account: "acme", name: "support", start: "menu", applets };

/** Sales closes five hours earlier. */
const DRAFT = { ...document, applets: { ...applets, hours: { ...applets.hours, open: ["mon-fri 09:00-13:00"] } } };

function flowOf(from: object): Flow {
  const read = parseFlow(from);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** Spread over the last month; half of the callers press 1 at once, the others 2. */
function spread(scenario: Scenario, run: number): Scenario {
  const startMs = START_MS - MONTH_MS + Math.floor(((run * GOLDEN) % 1) * MONTH_MS);
  const { hangUpAfterMs, silentAfterMs } = scenario.caller;
  const caller = {
    hangUpAfterMs: hangUpAfterMs === null ? null : hangUpAfterMs + 2 * PRESS_MS,
    presses: [{ afterMs: PRESS_MS, digits: pressedBy(run) }],
    silentAfterMs,
  };
  const call = { from: "+919812345678", to: "+918047100000", direction: "incoming", customField: null } as const;
  return { ...scenario, startMs, caller, call };
}

function pressedBy(run: number): string {
  return run % 2 === 0 ? "1" : "2";
}

/** Known from how the calls were made, without playing any: those who pressed 1 in the hours when the draft is closed. */
function touched(calls: readonly ExploredCall[]): readonly string[] {
  return calls.flatMap(({ callSid, scenario }, index) => {
    const local = new Date(scenario.startMs + PRESS_MS + IST_MS);
    const [day, hour] = [local.getUTCDay(), local.getUTCHours()];
    return pressedBy(index + 1) === "1" && day >= 1 && day <= 5 && hour >= 13 && hour < 18 ? [callSid] : [];
  });
}

type Line =
  | BacktestLine
  | ({ readonly type: "summary" } & BacktestSummary)
  | { readonly type: "progress"; readonly calls: number; readonly of: number }
  | { readonly type: "failed"; readonly detail: string };

let api: TestApi;
let calls: readonly ExploredCall[];

beforeAll(async () => {
  api = await startTestApi();
  calls = await storeExplored(api.store, flowOf(document), CALLS, spread);
  await api.add({ sid: "bare", startedAt: START_MS - 2 * MONTH_MS });
  await api.add({ sid: "foreign", startedAt: START_MS - 1000, account: "globex" });
}, LIMIT_MS);
afterAll(() => api.close());

function post(payload: object, headers: Record<string, string> = { authorization: AUTHORIZATION }, flow = "11754") {
  return api.app.inject({ method: "POST", url: `/api/accounts/acme/flows/${flow}/backtest`, headers, payload });
}

async function backtest(payload: object): Promise<readonly Line[]> {
  const answer = await post(payload);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/jsonl"]);
  return answer.body
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as Line);
}

function listed(lines: readonly Line[], verdict: BacktestLine["verdict"]): readonly BacktestLine[] {
  return lines.filter((line): line is BacktestLine => line.type === "call" && line.verdict === verdict);
}

describe("a month's calls against a draft", () => {
  it(
    "lists exactly the calls that the change affects",
    async () => {
      const lines = await backtest({ draft: DRAFT });
      const leftOut = new Set(listed(lines, "not_reproducible").map(({ call_sid }) => call_sid));
      const expected = touched(calls).filter((sid) => !leftOut.has(sid));
      const changed = listed(lines, "changed");
      expect(changed.map(({ call_sid }) => call_sid).toSorted()).toEqual(expected.toSorted());
      expect(expected.length).toBeGreaterThan(CALLS / 100);
      expect(leftOut.size).toBeLessThanOrEqual(CALLS / 500);
      const summary = { type: "summary", calls: CALLS, changed: expected.length, unknown: 0 };
      expect(lines.at(-1)).toMatchObject(summary);
    },
    LIMIT_MS,
  );

  it("reports progress, says which outcomes would change, and shows both paths side by side", async () => {
    const lines = await backtest({ draft: DRAFT, traces: true });
    const progress = lines.filter((line) => line.type === "progress").map((line) => line.calls);
    expect([progress[0], progress.at(-1)]).toEqual([0, CALLS]);
    const first = listed(lines, "changed").find(({ was }) => was.startsWith("talked to"));
    expect(first).toMatchObject({
      would: 'reach voicemail "vm"',
      before: expect.stringContaining("menu (1) → hours (open) → sales"),
      after: expect.stringContaining("menu (1) → hours (closed) → vm"),
    });
    const [before, after] = [first?.traces?.before, first?.traces?.after];
    const stored = await api.get(`/api/accounts/acme/calls/${first?.call_sid ?? ""}`);
    expect(before).toEqual(stored.json<{ trace: unknown }>().trace);
    expect(after?.at(-1)).toMatchObject({ type: "call.ended" });
    const { groups } = lines.at(-1) as BacktestSummary;
    expect(groups.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^\d+ callers? who .* would reach voicemail "vm"\.$/),
    );
  });

  it("plays only the calls in the range, or a single one", async () => {
    const [first, second, third] = calls.map(({ scenario }) => scenario.startMs).toSorted((a, b) => a - b);
    const range = { since: new Date(second ?? 0).toISOString(), until: new Date((third ?? 0) + 1).toISOString() };
    expect(first).toBeLessThan(second ?? 0);
    expect((await backtest({ draft: DRAFT, ...range })).at(-1)).toMatchObject({ calls: 2 });
    const [sid = ""] = touched(calls);
    expect((await backtest({ draft: DRAFT, call: sid })).at(-1)).toMatchObject({ calls: 1, changed: 1 });
    expect((await backtest({ draft: DRAFT, call: "foreign" })).at(-1)).toMatchObject({ calls: 0 });
    expect(listed(await backtest({ draft: DRAFT, call: "bare" }), "not_reproducible")).toMatchObject([
      { call_sid: "bare", reason: "its setup is no longer kept" },
    ]);
  });

  it("uses the stored draft, and says if there is none or it has mistakes", async () => {
    expect((await post({})).statusCode).toBe(404);
    const url = "/api/accounts/acme/flows/11754/draft";
    const headers = { authorization: AUTHORIZATION };
    await api.app.inject({ method: "PUT", url, headers, payload: document });
    expect((await backtest({})).at(-1)).toMatchObject({ calls: CALLS, changed: 0, unknown: 0 });
    const wrong = await post({ draft: { start: "nowhere", applets: {} } });
    expect([wrong.statusCode, wrong.json<{ detail: string }>().detail]).toEqual([
      422,
      expect.stringMatching(/^the draft has mistakes: /),
    ]);
    expect((await post({ drafts: 1 })).statusCode).toBe(400);
  });

  it("accepts a key with only the scope read", async () => {
    const headers = { authorization: AUTHORIZATION };
    const payload = { name: "reader", scopes: ["read"] };
    const made = await api.app.inject({ method: "POST", url: "/api/accounts/acme/keys", headers, payload });
    const { key, token } = made.json<{ key: string; token: string }>();
    expect((await post({ draft: DRAFT, call: "none" }, basic(key, token))).statusCode).toBe(200);
    expect((await post({ draft: DRAFT, call: "none" }, basic(key, "wrong"))).statusCode).toBe(401);
  });

  it("runs one at a time for each account, and ends when the client disconnects", async () => {
    const running = await open();
    const second = await post({ draft: DRAFT });
    expect([second.statusCode, second.headers["retry-after"]]).toEqual([409, "30"]);
    running.destroy();
    await vi.waitFor(async () => expect((await post({ draft: DRAFT, call: "none" })).statusCode).toBe(200), 10_000);
  });
});

/** A client over a real connection that has received the first line and stops reading. */
async function open(): Promise<IncomingMessage> {
  const address = new URL(await api.app.listen({ port: 0, host: "127.0.0.1" }));
  const path = "/api/accounts/acme/flows/11754/backtest";
  const headers = { authorization: AUTHORIZATION, "content-type": "application/json" };
  const asked = request({ method: "POST", host: address.hostname, port: address.port, path, headers });
  asked.end(JSON.stringify({ draft: DRAFT, traces: true }));
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}
