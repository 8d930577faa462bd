import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt } from "./testing/calls.ts";
import type { TestApi } from "./testing/test-api.ts";
import { START_MS, startTestApi } from "./testing/test-api.ts";

const HOUR_MS = 3_600_000;
const TWO_REQUESTS = [
  {
    id: "f1",
    atMs: 0,
    purpose: "connect",
    url: "https://app.example/connect",
    result: "timeout",
    elapsedMs: 5000,
    body: "{}",
  },
  {
    id: "f2",
    atMs: 5000,
    purpose: "connect",
    url: "https://app.example/fallback",
    result: "usable",
    elapsedMs: 90,
    body: "{}",
  },
];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.add(
    {
      sid: "busy",
      startedAt: START_MS,
      record: { dial_call_status: "busy" },
      attempts: [BUSY],
      requests: TWO_REQUESTS,
    },
    { sid: "talked", startedAt: START_MS + HOUR_MS, trace: attempt(2, "+919900000011", 0, 3000, 9000) },
    { sid: "foreign", startedAt: START_MS, account: "globex" },
  );
  api.clock.advance(2 * HOUR_MS);
}, 60_000);
afterAll(() => api.close());

const BUSY = {
  leg: 2,
  applet: "sales",
  destination: "+919900000011",
  callerId: "+918047100000",
  trunk: "main",
  startedMs: 0,
  ringingMs: null,
  answeredMs: null,
  endedMs: 900,
  outcome: "busy",
  causeCode: 17,
  cause: "USER_BUSY",
};

const PATH = "/api/accounts/acme/statistics";

describe("GET statistics", () => {
  it("shows the last day by the hour, with failures by cause and by URL", async () => {
    const answer = await api.get(PATH);
    expect(answer.statusCode).toBe(200);
    const { steps, ...figures } = answer.json<{ steps: { at: string; calls: number }[] }>();
    expect(figures).toMatchObject({
      step: "hour",
      timezone: "Asia/Kolkata",
      counted_from: null,
      total: {
        calls: 2,
        dialled: 2,
        connected: 1,
        failed: 1,
        requests: 2,
        requests_failed: 1,
        url: { p50: 90, max: 5000 },
      },
      causes: [{ outcome: "busy", cause: "USER_BUSY", attempts: 1, calls: 1 }],
      urls: [
        { url: "https://app.example/connect", requests: 1, timeout: 1, http_error: 0 },
        { url: "https://app.example/fallback", requests: 1, timeout: 0 },
      ],
    });
    expect(steps.map(({ at }) => at).slice(-2)).toEqual(["2026-01-05T04:30:00.000Z", "2026-01-05T05:30:00.000Z"]);
    expect(steps.map(({ calls }) => calls).slice(-2)).toEqual([1, 1]);
  });

  it.each([
    ["cause=USER_BUSY", ["busy"]],
    ["url=https://app.example/connect&url_failed=true", ["busy"]],
    ["url=https://app.example/fallback&url_failed=true", []],
    ["min_url_ms=5000", ["busy"]],
    ["min_url_ms=5001", []],
  ])("leads to the calls behind a figure: %s", async (query, sids) => {
    const { calls } = (await api.get(`/api/accounts/acme/calls?${query}`)).json<{ calls: { call_sid: string }[] }>();
    expect(calls.map(({ call_sid }) => call_sid)).toEqual(sids);
  });

  it.each([
    ["since=2026-01-06&until=2026-01-05", "until must be later than since"],
    ["since=2026-01-01&until=2026-02-02", "since to until is more than 31 days, the most by hour"],
    ["since=2025-01-01&until=2026-02-02&step=day", "since to until is more than 366 days, the most by day"],
    ["step=week", /^step/],
    ["from=x", /there is no parameter "from"/],
  ])("refuses %s", async (query, detail) => {
    const answer = await api.get(`${PATH}?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ detail: expect.stringMatching(detail) });
  });

  it("is read only by a key of the account", async () => {
    expect((await api.get(PATH, {})).statusCode).toBe(401);
    expect((await api.get("/api/accounts/globex/statistics")).statusCode).toBe(401);
  });
});
