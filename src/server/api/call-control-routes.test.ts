import { readFileSync } from "node:fs";
import type { LightMyRequestResponse as Response } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CALL_ACTIONS, CALL_PHASES } from "../../core/call/call-action.ts";
import type { CallAction, CallPhase } from "../../core/call/call-action.ts";
import type { CallCommand } from "../../core/call/command.ts";
import type { Flow } from "../../core/call/setup.ts";
import type { TestApi } from "./testing/test-api.ts";
import { AUTHORIZATION, idleExchange, START_MS, startTestApi } from "./testing/test-api.ts";

const flow: Flow = {
  id: "11754",
  name: "",
  start: "greet",
  validation: "strict",
  applets: { greet: { type: "hangup" }, desk: { type: "hangup" } },
};
const other: Flow = { ...flow, id: "22", start: "menu", applets: { menu: { type: "hangup" } } };

let api: TestApi;
const given: { readonly callSid: string; readonly command: CallCommand }[] = [];
let refusal: string | null;

beforeAll(async () => {
  const exchange = Object.assign(idleExchange(), {
    command: (callSid: string, command: CallCommand) => {
      given.push({ callSid, command });
      return refusal;
    },
    flow: (_account: string, id: string) => (id === "22" ? other : undefined),
    flowOf: (callSid: string) => (callSid === "live" ? flow : undefined),
    actionsOf: () => [{ action: "hang_up", does: CALL_ACTIONS.hang_up.does, refusal: null }],
  });
  api = await startTestApi({ exchange });
  await api.add(
    { sid: "live", startedAt: START_MS, isLive: true },
    { sid: "ended", startedAt: START_MS },
    { sid: "foreign", startedAt: START_MS, isLive: true, account: "globex" },
  );
});
afterAll(() => api.close());
beforeEach(() => {
  given.length = 0;
  refusal = null;
  api.clock.advance(60_000);
});

function post(path: string, payload?: object, sid = "live"): Promise<Response> {
  return api.app.inject({
    method: "POST",
    url: `/api/accounts/acme/calls/${sid}/${path}`,
    headers: { authorization: AUTHORIZATION },
    ...(payload === undefined ? {} : { payload }),
  });
}

function detailOf(response: Response): string {
  return response.json<{ detail: string }>().detail;
}

describe("control of a live call", () => {
  it.each<[string, object | undefined, CallCommand]>([
    ["redirect", { applet: "desk" }, { command: "redirect", applet: "desk" }],
    ["redirect", { flow: "22" }, { command: "redirect", applet: "menu", flow: other }],
    ["redirect", { flow: "22", applet: "menu" }, { command: "redirect", applet: "menu", flow: other }],
    ["recording/start", undefined, { command: "start_recording", layout: "mono" }],
    ["recording/start", { channels: "dual" }, { command: "start_recording", layout: "dual" }],
    ["recording/stop", undefined, { command: "stop_recording" }],
    ["recording/pause", undefined, { command: "pause_recording" }],
    ["recording/resume", undefined, { command: "resume_recording" }],
    ["digits", { digits: "12#" }, { command: "send_digits", to: "callee", digits: "12#" }],
    ["digits", { digits: "0", to: "caller" }, { command: "send_digits", to: "caller", digits: "0" }],
    [
      "play",
      { url: "https://cdn.example/a.wav" },
      { command: "play", to: "both", what: { kind: "url", url: "https://cdn.example/a.wav" } },
    ],
    [
      "play",
      { text: "One minute left", to: "caller" },
      { command: "play", to: "caller", what: { kind: "text", text: "One minute left", language: "en" } },
    ],
  ])("POST %s %j gives the command", async (path, body, command) => {
    const response = await post(path, body);
    expect([response.statusCode, response.json()], response.body).toEqual([202, { call_sid: "live" }]);
    expect(given).toEqual([{ callSid: "live", command }]);
  });

  it("is 409 with the reason if the state of the call does not allow it", async () => {
    refusal = "play is not possible now: the call is in its flow, and nobody is being dialled";
    const response = await post("play", { text: "x" });
    expect([response.statusCode, detailOf(response)]).toEqual([409, refusal]);
    refusal = null;
    const ended = await post("redirect", { applet: "desk" }, "ended");
    expect([ended.statusCode, detailOf(ended)]).toEqual([409, "redirect is not possible now: the call has ended"]);
  });

  it("is 404 for a call of another account, and for an unknown call", async () => {
    for (const sid of ["foreign", "nothing"])
      for (const path of ["redirect", "recording/stop", "digits", "play"]) {
        const bodies = { redirect: { applet: "desk" }, digits: { digits: "1" }, play: { text: "x" } };
        const response = await post(path, bodies[path as keyof typeof bodies], sid);
        expect([response.statusCode, given]).toEqual([404, []]);
      }
  });

  it.each<[string, object | undefined, RegExp]>([
    ["redirect", {}, /it must be an object with `applet`, `flow` or both/],
    ["redirect", { applet: "nowhere" }, /^applet is "nowhere", which flow 11754 does not have/],
    ["redirect", { applet: "constructor" }, /^applet is "constructor"/],
    ["redirect", { flow: "99" }, /^flow is "99", which account acme does not have/],
    ["redirect", { flow: "22", applet: "desk" }, /^applet is "desk", which flow 22 does not have/],
    ["redirect", { to: "desk" }, /there is no field "to"/],
    ["recording/start", { channels: "stereo" }, /^channels is "stereo", it must be one of single, dual/],
    ["digits", {}, /^digits is missing/],
    ["digits", { digits: "12x" }, /^digits is "12x", it must be 1 to 32 of 0-9/],
    ["digits", { digits: "1".repeat(33) }, /^digits/],
    ["play", {}, /it must be an object with either `url` or `text`/],
    ["play", { url: "https://a.example/", text: "x" }, /either `url` or `text`/],
    ["play", { url: "ftp://a.example/" }, /^url is "ftp:/],
    ["play", { text: "x", to: "everyone" }, /^to is "everyone"/],
  ])("refuses POST %s %j with a sentence", async (path, body, detail) => {
    const response = await post(path, body);
    expect([response.statusCode, detailOf(response)]).toEqual([400, expect.stringMatching(detail)]);
    expect(given).toEqual([]);
  });

  it("says which actions are possible now", async () => {
    const get = (sid: string) => api.get(`/api/accounts/acme/calls/${sid}/actions`);
    expect((await get("live")).json()).toEqual({
      actions: [{ action: "hang_up", does: "ends the call", refusal: null }],
    });
    expect((await get("nothing")).statusCode).toBe(404);
  });
});

describe("the table of actions in docs/api.md", () => {
  it("is the one that engine and API follow", () => {
    const page = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");
    const recording = {
      none: "nothing is recorded",
      running: "recorded",
      "not paused": "recorded, not paused",
      paused: "recorded, paused",
    };
    const phases = Object.keys(CALL_PHASES).filter((phase) => phase !== "ending") as CallPhase[];
    const row = (action: CallAction): string => {
      const rule = CALL_ACTIONS[action];
      const legal = phases.map((phase) => (rule.phases.includes(phase) ? "yes" : ""));
      const need = rule.recording === undefined ? "" : recording[rule.recording];
      return `| \`${action}\` | ${[rule.does, ...legal, need].join(" | ")} |`;
    };
    for (const action of Object.keys(CALL_ACTIONS) as CallAction[])
      expect(page).toContain(row(action).replaceAll("  ", " "));
  });
});
