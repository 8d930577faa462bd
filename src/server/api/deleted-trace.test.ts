import { afterAll, beforeAll, expect, it } from "vitest";
import type { AttemptRow } from "../../edges/store/types.ts";
import { attempt } from "./testing/calls.ts";
import type { TestApi } from "./testing/test-api.ts";
import { START_MS, startTestApi } from "./testing/test-api.ts";

const SENTENCE = "the trace of call old was deleted: account acme keeps traces for 90 days";
const ANSWERED: AttemptRow = {
  leg: 2,
  applet: "sales",
  destination: "+919900000012",
  callerId: "+918047100000",
  trunk: "main",
  startedMs: 5200,
  ringingMs: 6200,
  answeredMs: 12_200,
  endedMs: 20_200,
  outcome: "completed",
  causeCode: 16,
  cause: "NORMAL_CLEARING",
};

let api: TestApi;
let legsBefore: unknown;

beforeAll(async () => {
  api = await startTestApi();
  const trace = [{ at_ms: 0, type: "call.answered" } as const, ...attempt(2, "+919900000012", 5200, 12_200, 20_200)];
  await api.add(
    { sid: "old", startedAt: START_MS, trace, attempts: [ANSWERED] },
    { sid: "new", startedAt: START_MS + 1, trace, attempts: [ANSWERED] },
  );
  legsBefore = (await api.get("/v1/Accounts/acme/Calls/old/Legs.json")).json();
  for (const kind of ["traces", "journal"] as const) await api.store.retention.batch(kind, "acme", START_MS + 1, "");
}, 60_000);
afterAll(() => api.close());

it("a call whose trace has expired keeps its record and attempts, and says that the trace was deleted", async () => {
  const old = (await api.get("/api/accounts/acme/calls/old")).json<object>();
  expect(old).toMatchObject({
    call_sid: "old",
    status: "completed",
    ended_by: "caller",
    duration_ms: 21_000,
    cdr: { conversation_s: 8 },
    attempts: [{ destination: "+919900000012", answered_ms: 12_200, outcome: "completed" }],
    requests: [],
    trace: [],
    trace_deleted: SENTENCE,
  });
  const kept = (await api.get("/api/accounts/acme/calls/new")).json<{ trace: object[] }>();
  expect(kept).toMatchObject({ trace_deleted: null });
  expect(kept.trace).toHaveLength(7);
});

it("the reason for its outcome is no longer available (410)", async () => {
  const why = await api.get("/api/accounts/acme/calls/old/why");
  expect([why.statusCode, why.json<{ detail: string }>().detail]).toEqual([410, SENTENCE]);
  expect((await api.get("/api/accounts/acme/calls/new/why")).statusCode).toBe(200);
});

it("API-4: its legs come from the record", async () => {
  expect((await api.get("/v1/Accounts/acme/Calls/old/Legs.json")).json()).toEqual(legsBefore);
  const { Call } = (await api.get("/v1/Accounts/acme/Calls/old.json?details=true")).json<{ Call: object }>();
  expect(Call).toMatchObject({
    Details: { ConversationDuration: 8, Leg1Status: "completed", Leg2Status: "completed" },
  });
});
