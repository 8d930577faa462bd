import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenApiDocument } from "../server/api/openapi/openapi-types.ts";
import { TWO_ATTEMPTS } from "../server/api/testing/calls.ts";
import { clientSource } from "../server/api/testing/client-source.ts";
import type { TestApi } from "../server/api/testing/test-api.ts";
import { START_MS, startTestApi } from "../server/api/testing/test-api.ts";
import type { PlugboardApi } from "./client.ts";
import { createPlugboard, eachCall, PlugboardError } from "./client.ts";

const SOUND = "RIFF not really a sound";
const KEY = { account: "acme", key: "acme-key", token: "acme-token" };

let api: TestApi;
let url: string;
let plugboard: PlugboardApi;

beforeAll(async () => {
  api = await startTestApi();
  const recording = { id: "r1", file: "acme/r1.wav", layout: "dual", durationMs: 8000, failure: null } as const;
  await api.add({ sid: "talked", startedAt: START_MS, trace: TWO_ATTEMPTS, recordings: [recording] });
  for (let i = 0; i < 5; i++) await api.add({ sid: `c${i}`, startedAt: START_MS + i, from: "anonymous" });
  writeFileSync(join(api.recordingsDir, "acme", "r1.wav"), SOUND);
  url = await api.app.listen({ port: 0, host: "127.0.0.1" });
  plugboard = createPlugboard({ url, ...KEY });
}, 60_000);
afterAll(() => api.close());

it("is what the document says", async () => {
  const document = (await api.app.inject("/api/openapi.json")).json<OpenApiDocument>();
  const oxfmt = join(import.meta.dirname, "../../node_modules/.bin/oxfmt");
  const formatted = spawnSync(oxfmt, ["--stdin-filepath", "src/client/operations.ts"], {
    input: clientSource(document),
    encoding: "utf8",
  });
  expect(formatted.status, formatted.stderr).toBe(0);
  await expect(formatted.stdout).toMatchFileSnapshot("operations.ts");
});

describe("the client", () => {
  it("lists calls, finds one, and shows it with its trace", async () => {
    const { calls, next } = await plugboard.calls.list({ from: "anonymous", limit: 2 });
    expect([calls.map(({ call_sid }) => call_sid), next]).toEqual([["c4", "c3"], `${START_MS + 3}.c3`]);
    const call = await plugboard.calls.get({ callSid: "talked" });
    expect(call.attempts.map(({ destination, outcome }) => [destination, outcome])).toEqual([
      ["+919900000011", "no-answer"],
      ["+919900000012", "completed"],
    ]);
    expect(call.trace[0]).toMatchObject({ seq: 1, type: "call.started" });
  });

  it("goes through all pages of calls", async () => {
    const sids: string[] = [];
    for await (const { call_sid } of eachCall(plugboard, { limit: 2 })) sids.push(call_sid);
    expect(sids).toEqual(
      ["c4", "c3", "c2", "c1", "talked", "c0"].toSorted((a, b) => sids.indexOf(a) - sids.indexOf(b)),
    );
    expect(sids).toHaveLength(6);
  });

  it("reads Exotel's shapes, numbers, events, health and metrics", async () => {
    const { Call } = await plugboard.exotel.getCall({ callSid: "talked", details: "true" });
    expect(Call.Details?.Legs[1]?.Leg.OnCallDuration).toBe(8);
    expect((await plugboard.exotel.listCalls({ From: "anonymous", PageSize: 1 })).Metadata.Total).toBe(5);
    expect((await plugboard.numbers.list()).incoming_phone_numbers[1]?.friendly_name).toBe("Support");
    expect((await plugboard.events.list({ after: "0" })).newest).toMatch(/^\d+$/);
    expect((await plugboard.health.alive()).live_calls).toBe(0);
    expect(await plugboard.health.metrics()).toContain("plugboard_live_calls 0");
  });

  it("fetches a recording", async () => {
    const response = await plugboard.recordings.get({ file: "r1.wav" });
    expect([response.headers.get("content-type"), await response.text()]).toEqual(["audio/wav", SOUND]);
  });

  it("rejects with the platform's sentence, field and rule", async () => {
    const wrong = plugboard.calls.list({ limit: 101 });
    await expect(wrong).rejects.toBeInstanceOf(PlugboardError);
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      message: 'limit is "101", it must be a whole number from 1 to 100',
      field: "limit",
      rule: "minimum, maximum",
    });
    const missing = { status: 404, message: "account acme has no call nothing", field: null, rule: null };
    await expect(plugboard.calls.get({ callSid: "nothing" })).rejects.toMatchObject(missing);
    await expect(plugboard.exotel.getCall({ callSid: "nothing" })).rejects.toMatchObject(missing);
    const change = plugboard.numbers.change({ numberSid: "08047100000", body: { FriendlyName: "Sales" } });
    await expect(change).rejects.toMatchObject({ status: 501, message: /numbers can't be changed by API/ });
  });

  it("says what it can about an answer that is not the platform's, and about a wrong key", async () => {
    const proxy = { url, ...KEY, fetch: () => Promise.resolve(new Response("<html>", { status: 502 })) };
    await expect(createPlugboard(proxy).calls.list()).rejects.toMatchObject({ message: "the platform answered 502" });
    const stranger = createPlugboard({ url, ...KEY, token: "wrong" });
    await expect(stranger.calls.list()).rejects.toMatchObject({ status: 401 });
    await expect(plugboard.calls.list({ account: "globex" })).rejects.toMatchObject({ status: 401 });
  });

  it("sends a body with the condition under which it is accepted", async () => {
    const anil = { name: "anil", body: { number: "+919900000011" }, ifNoneMatch: "*" } as const;
    expect((await plugboard.users.put(anil)).changes).toMatchObject([{ kind: "user", name: "anil", change: "added" }]);
    const { users } = await plugboard.users.list();
    expect(users.map(({ name, document }) => [name, document])).toEqual([["anil", { name: "anil", ...anil.body }]]);
    await expect(plugboard.users.put(anil)).rejects.toMatchObject({ status: 412 });
    await plugboard.users.delete({ name: "anil", ...(users[0] && { ifMatch: users[0].etag }) });
    expect((await plugboard.users.list()).users).toEqual([]);
  });

  it("stops when told to", async () => {
    const signal = AbortSignal.abort(new Error("changed my mind"));
    await expect(plugboard.calls.list({}, { signal })).rejects.toThrow("changed my mind");
  });
});

describe("the example in docs/api.md", () => {
  it("does what it says", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/api.md"), "utf8");
    const [, example = ""] = /```js\nimport [^\n]*"plugboard\/client";\n(.*?)```/s.exec(page) ?? [];
    const lines: string[] = [];
    const console = { log: (...words: readonly unknown[]) => lines.push(words.join(" ")) };
    const names = { createPlugboard, eachCall, PlugboardError, console };
    const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
    const run = new AsyncFunction(...Object.keys(names), example.replace("http://127.0.0.1:8080", url)) as (
      ...given: readonly unknown[]
    ) => Promise<void>;
    await api.add({ sid: "missed", startedAt: START_MS + 9, record: { dial_call_status: "no-answer" } });
    await run(...Object.values(names));
    expect(lines).toEqual([
      "+919812345678: 0 attempts",
      "404 account acme has no call nothing",
      `${SOUND.length} bytes`,
    ]);
  });
});
