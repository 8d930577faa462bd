import type { LightMyRequestResponse as Response } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordedCall } from "../testing/recorded-call.ts";
import type { TestApi } from "../testing/test-api.ts";
import { AUTHORIZATION, START_MS, startTestApi } from "../testing/test-api.ts";

const CONNECT = "https://app.example/connect";
const FALLBACK = "https://backup.example/connect";
const FLOW = {
  flow: "11754",
  start: "sales",
  applets: {
    sales: {
      type: "connect",
      url: { primary: CONNECT, fallback: FALLBACK },
      exits: { conversation_ended: "bye", nobody_answered: "vm", nobody_dialed: "vm" },
    },
    vm: { type: "voicemail", say: { text: "Please leave a message" }, max_duration: 20, next: "bye" },
    bye: { type: "hangup" },
  },
} as const;
const NUMBERS = { destination: { numbers: ["+919900000011"] } };
const ANSWERS = { [CONNECT]: [{ after_ms: 100, json: NUMBERS }] };
const TALKS = { "+919900000011": [{ answer_after_ms: 3000, talk_ms: 20_000 }] };
const SCENARIO = { urls: ANSWERS, phones: TALKS };

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.add(recordedCall("talked", START_MS, { ...SCENARIO, flow: FLOW }), {
    sid: "live",
    startedAt: START_MS,
    isLive: true,
  });
  for (const document of [FLOW, { ...FLOW, start: "vm" }]) {
    await send("PUT", "flows/11754/draft", document);
    if (document === FLOW) await send("POST", "flows/11754/publish", {}, { "if-match": "*" });
  }
}, 60_000);
afterAll(() => api.close());

function send(method: "POST" | "PUT", path: string, payload: object, headers = {}): Promise<Response> {
  const url = `/api/accounts/acme/${path}`;
  return api.app.inject({ method, url, payload, headers: { authorization: AUTHORIZATION, ...headers } });
}

interface Shown {
  readonly call: {
    readonly call_sid: string;
    readonly applets: readonly string[];
    readonly attempts: readonly object[];
    readonly ended_by: string;
  };
  readonly detail: string;
}

const simulated = async (scenario: object) => (await send("POST", "simulate", { scenario })).json<Shown>();
const whatIf = async (body: object) => (await send("POST", "calls/talked/what-if", body)).json<Shown>();

describe("POST simulate", () => {
  it("plays a scenario in the account, through a flow of its own or a published one", async () => {
    for (const flow of [FLOW, "11754", 11754, "11754@2"])
      expect((await simulated({ ...SCENARIO, flow })).call).toMatchObject({
        applets: ["sales", "bye"],
        attempts: [{ destination: "+919900000011", caller_id: "+918047100000", outcome: "completed" }],
      });
    expect((await simulated({ ...SCENARIO, flow: "11754@draft" })).call.applets).toEqual(["vm", "bye"]);
  });

  it("says what is wrong with the scenario, or which flow is missing", async () => {
    const answer = await send("POST", "simulate", { scenario: { flow: "11754", call: { from: 7 }, urlz: {} } });
    expect([answer.statusCode, answer.json<{ errors: string[] }>().errors]).toEqual([
      422,
      expect.arrayContaining([expect.stringMatching(/^urlz: is not a key|^urlz/)]),
    ]);
    expect((await simulated({ flow: "11754@9" })).detail).toBe("account acme has no flow 11754@9");
    expect((await simulated({ flow: "/etc/passwd" })).detail).toMatch(/cannot be read: files are not available here/);
  });

  it("gives the same ids for the same seed", async () => {
    const idOf = async (seed: number) =>
      (await send("POST", "simulate", { scenario: { flow: FLOW }, seed })).json<Shown>().call.call_sid;
    const [a, b, c] = await Promise.all([1, 1, 2].map(idOf));
    expect([a === b, a === c]).toEqual([true, false]);
  });
});

describe("POST calls/{CallSid}/what-if", () => {
  it("replays a call with another answer, and says what that changes", async () => {
    const answer = await whatIf({ urls: { [CONNECT]: [{ status: 500 }] } });
    expect(answer).toMatchObject({
      flow: "published",
      drift: [],
      unused_urls: [],
      changes: [
        "applets: was sales → bye, is sales → vm → bye",
        "attempts: was +919900000011 completed, is none",
        "ended by: was callee, is platform",
      ],
      call: { call_sid: "talked", applets: ["sales", "vm", "bye"] },
    });
  });

  it("requests the Fallback that the recorded call did not need, and names URLs that are not requested", async () => {
    const urls = { [CONNECT]: [{ error: "timeout" }], [FALLBACK]: [{ json: NUMBERS }], "https://x.example/": [{}] };
    const answer = await whatIf({ urls });
    expect(answer).toMatchObject({ unused_urls: ["https://x.example/"], call: { applets: ["sales", "bye"] } });
    expect(answer).toMatchObject({ changes: [] });
  });

  it("plays another version of the flow, or only the part that the call used", async () => {
    expect((await whatIf({ urls: {}, flow: "draft" })).call.applets).toEqual(["vm", "bye"]);
    const recorded = await whatIf({ urls: { [CONNECT]: [{ status: 500 }] }, flow: "recorded" });
    expect(recorded).toMatchObject({ flow: "recorded", call: { applets: ["sales"] } });
    expect((await whatIf({ urls: {}, flow: "7" })).detail).toBe("account acme has no flow 11754@7");
  });

  it("refuses live and unknown calls, and answers that are invalid in a scenario", async () => {
    expect((await send("POST", "calls/live/what-if", { urls: {} })).statusCode).toBe(409);
    expect((await send("POST", "calls/nothing/what-if", { urls: {} })).statusCode).toBe(404);
    const wrong = await send("POST", "calls/talked/what-if", { urls: { [CONNECT]: [{ status: 9 }] } });
    expect([wrong.statusCode, wrong.json<Shown>().detail]).toEqual([422, expect.stringContaining("status")]);
  });
});
