import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, TWO_ATTEMPTS } from "../testing/calls.ts";
import type { TestApi } from "../testing/test-api.ts";
import { PUBLIC_URL, START_MS, startTestApi } from "../testing/test-api.ts";

const URL = "/v1/Accounts/acme/Calls";
const NOBODY = {
  status: "no-answer",
  dial_call_status: "no-answer",
  call_type: "incomplete",
  conversation_s: 0,
} as const;
const recording = (id: string, durationMs: number, failure: string | null = null) =>
  ({ id, file: `acme/${id}.wav`, layout: "dual", durationMs, failure }) as const;

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const short = recording("r-short", 1000);
  await api.add(
    { sid: "talked", startedAt: START_MS, trace: TWO_ATTEMPTS, recordings: [short, recording("r-long", 8000)] },
    { sid: "unanswered", startedAt: START_MS, record: NOBODY, trace: attempt(2, "+919900000011", 0, null, 30_000) },
    { sid: "silent", startedAt: START_MS, recordings: [recording("r-bad", 0, "the disk was full")] },
    { sid: "refused", startedAt: START_MS, record: { ...NOBODY, status: "failed", dial_call_status: null } },
    { sid: "byapi", startedAt: START_MS, direction: "outbound-dial", record: { ...NOBODY, status: "busy" } },
    { sid: "live", startedAt: START_MS, isLive: true, trace: [{ at_ms: 0, type: "call.answered" }] },
    { sid: "foreign", startedAt: START_MS, account: "globex" },
  );
}, 60_000);
afterAll(() => api.close());

async function call(path: string): Promise<Record<string, unknown>> {
  const response = await api.get(`${URL}/${path}`);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ Call: Record<string, unknown> }>().Call;
}

describe("one call", () => {
  it("API-3: has Exotel's fields, and Details only if they are requested", async () => {
    const plain = await call("talked.json");
    expect(plain).toMatchObject({ Sid: "talked", From: "09812345678", PhoneNumberSid: "08047100000", Duration: 21 });
    expect(plain).not.toHaveProperty("Details");
    expect(await call("talked.json?details=false&cache=1")).toEqual(plain);
  });

  it("API-4: Details show the leg that decided, not every leg", async () => {
    expect((await call("talked.json?details=true"))["Details"]).toEqual({
      ConversationDuration: 8,
      Leg1Status: "completed",
      Leg2Status: "completed",
      Legs: [{ Leg: { Id: 1, OnCallDuration: 21 } }, { Leg: { Id: 2, OnCallDuration: 8 } }],
    });
  });

  it("API-4: an incoming call is completed even if nobody answered; Leg2Status tells", async () => {
    expect(await call("unanswered.json?details=true")).toMatchObject({
      Status: "completed",
      Details: { Leg1Status: "completed", Leg2Status: "no-answer", ConversationDuration: 0, Legs: [{}, {}] },
    });
    expect(await call("refused.json?details=true")).toMatchObject({
      Status: "failed",
      Details: { Leg1Status: "failed", Leg2Status: null, Legs: [{ Leg: { Id: 1 } }] },
    });
    expect(await call("byapi.json")).toMatchObject({ Status: "busy", Direction: "outbound-api" });
  });

  it("API-4: a live call is in progress, and no part of it has an end", async () => {
    expect(await call("live.json?details=true")).toMatchObject({
      Status: "in-progress",
      EndTime: null,
      Duration: null,
      Details: { ConversationDuration: 0, Leg1Status: "in-progress", Leg2Status: null },
    });
  });

  it("API-4: is XML without .json, and found where Exotel's Uri puts it", async () => {
    const xml = await api.get(`${URL}/talked?details=true`);
    expect(xml.headers["content-type"]).toBe("application/xml; charset=utf-8");
    expect(xml.body).toContain("<TwilioResponse><Call><Sid>talked</Sid><ParentCallSid/>");
    expect(xml.body).toContain("<Legs><Leg><Id>1</Id><OnCallDuration>21</OnCallDuration></Leg><Leg><Id>2</Id>");
    const odd = await api.get("/v1/Accounts/acme/Calls.json/talked");
    expect(odd.json()).toEqual({ Call: await call("talked.json") });
  });

  it.each(["nothing.json", "foreign.json", "foreign/Legs.json", "nothing/Recording.json"])(
    "API-4: %s is a call that the account does not have",
    async (path) => {
      const response = await api.get(`${URL}/${path}`);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toMatchObject({ RestException: { Status: 404, Message: /has no call/ } });
    },
  );
});

it("API-4: a NUL in the address is refused before the database sees it", async () => {
  const response = await api.get(`${URL}/%00.json`);
  const message = "the address holds the character NUL";
  expect([response.statusCode, response.json()]).toEqual([400, { RestException: { Status: 400, Message: message } }]);
});

describe("the legs of a call", () => {
  it("API-4: are all listed, each with its outcome", async () => {
    expect((await api.get(`${URL}/talked/Legs.json`)).json()).toEqual({
      Legs: [
        { Leg: { Id: 1, Number: "09812345678", ...leg("completed", 21, 0), Cause: null, CauseCode: null } },
        { Leg: { Id: 2, Number: "09900000011", ...leg("no-answer", 0, 4), Cause: 1003, CauseCode: "RING_TIMEOUT" } },
        { Leg: { Id: 3, Number: "09900000012", ...leg("completed", 8, 6), Cause: 16, CauseCode: "NORMAL_CLEARING" } },
      ],
    });
    expect((await api.get(`${URL}/talked/Legs`)).body).toContain("<Legs><Leg><Id>1</Id><Number>09812345678</Number>");
  });

  function leg(Status: string, OnCallDuration: number, RingingDuration: number) {
    return { Status, OnCallDuration, RingingDuration, AnsweredBy: null };
  }
});

describe("the recording of a call", () => {
  it("API-4: is the longest playable one, with a link that opens without a key until it expires", async () => {
    const { RecordingUrl } = await call("talked.json");
    const link = String(RecordingUrl);
    expect(link).toMatch(`${PUBLIC_URL}/api/accounts/acme/recordings/r-long.wav?expires=`);
    const { Recording } = (await api.get(`${URL}/talked/Recording.json`)).json<{ Recording: object }>();
    const asked = { Sid: "r-long", CallSid: "talked", Duration: 8, Channels: "dual" };
    expect(Recording).toEqual({ ...asked, RecordingUrl: link });
    // There is no file: 404 says that the link was accepted.
    const path = link.slice(PUBLIC_URL.length);
    expect((await api.get(path, {})).statusCode).toBe(404);
    expect((await api.get(path.replace("r-long", "r-short"), {})).statusCode).toBe(401);
    api.clock.advance(31 * 86_400_000);
    expect((await api.get(path, {})).statusCode).toBe(401);
    expect((await api.get(path)).statusCode, "with Basic, expired or not").toBe(404);
  });

  it("API-4: that failed counts as none", async () => {
    expect(await call("silent.json")).toMatchObject({ RecordingUrl: null });
    const response = await api.get(`${URL}/silent/Recording.json`);
    expect([response.statusCode, response.body]).toEqual([
      404,
      expect.stringContaining("call silent has no recording"),
    ]);
  });
});
