import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TWO_ATTEMPTS } from "./testing/calls.ts";
import type { TestApi } from "./testing/test-api.ts";
import { START_MS, startTestApi } from "./testing/test-api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const missed = { dial_call_status: "no-answer", call_type: "incomplete", conversation_s: 0 } as const;
  const undialled = { ...missed, dial_call_status: null } as const;
  const voicemail = { ...missed, call_type: "voicemail" } as const;
  const failed = { ...undialled, status: "failed", call_type: "call-attempt" } as const;
  const menu = { dial_call_status: null, call_type: "call-attempt", conversation_s: 0 } as const;
  const entered = { at_ms: 0, type: "applet.entered", applet: "sales", kind: "connect" } as const;
  await api.add(
    { sid: "talked", startedAt: START_MS, trace: [entered, ...TWO_ATTEMPTS] },
    { sid: "missed", startedAt: START_MS + 1, record: missed },
    { sid: "undialled", startedAt: START_MS + 2, record: undialled },
    { sid: "voicemail", startedAt: START_MS + 3, record: voicemail },
    { sid: "failed", startedAt: START_MS + 4, record: failed },
    { sid: "menu", startedAt: START_MS + 5, record: menu },
    { sid: "live", startedAt: START_MS + 6, isLive: true },
    { sid: "other", startedAt: START_MS, account: "globex", record: missed },
  );
}, 60_000);
afterAll(() => api.close());

describe("GET …/calls/{CallSid}/why", () => {
  it("says in one paragraph what decided the call, with the evidence", async () => {
    const response = await api.get("/api/accounts/acme/calls/talked/why");
    expect(response.statusCode).toBe(200);
    const { call_sid, text, sentences } = response.json<{
      call_sid: string;
      text: string;
      sentences: readonly { text: string; rules: string[]; entries: number[] }[];
    }>();
    expect(call_sid).toBe("talked");
    expect(text).toMatch(/^The call from \+919812345678 to \+918047100000 was answered, but/);
    expect(text).toContain("+919900000011 did not answer: RING_TIMEOUT (#6)");
    expect(text).toBe(sentences.map((sentence) => sentence.text).join(" "));
    expect(sentences.flatMap(({ entries }) => entries)).toContain(6);
  });

  it("says how a live call is going", async () => {
    const response = await api.get("/api/accounts/acme/calls/live/why");
    expect(response.json<{ text: string }>().text).toContain("is still up after 0 s");
  });

  it.each(["nothing", "other"])("has no explanation of %s, which is not a call of the account", async (sid) => {
    const response = await api.get(`/api/accounts/acme/calls/${sid}/why`);
    expect(response.statusCode).toBe(404);
    expect(response.json<{ detail: string }>().detail).toBe(`account acme has no call ${sid}`);
  });

  it("is for holders of a key of the account", async () => {
    expect((await api.get("/api/accounts/acme/calls/talked/why", {})).statusCode).toBe(401);
  });
});

describe("the filter failed", () => {
  it("keeps ended calls that were refused, or meant to be connected without a conversation", async () => {
    const response = await api.get("/api/accounts/acme/calls?failed=true");
    const sids = response.json<{ calls: { call_sid: string }[] }>().calls.map(({ call_sid }) => call_sid);
    expect(sids).toEqual(["failed", "voicemail", "undialled", "missed"]);
  });

  it("is either set to true or left out", async () => {
    const response = await api.get("/api/accounts/acme/calls?failed=no");
    expect(response.statusCode).toBe(400);
    expect(response.json<{ detail: string }>().detail).toContain("failed");
  });
});
