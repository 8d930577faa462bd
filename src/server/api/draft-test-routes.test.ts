import { Readable } from "node:stream";
import Fastify from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConfiguredApi, Method } from "../../../test/support/configured-api.ts";
import { startConfiguredApi } from "../../../test/support/configured-api.ts";
import { ok } from "../../base/result.ts";
import { systemClock } from "../../base/system-clock.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { Backtests } from "../configuration/backtest/backtests.ts";
import type { ApiOptions } from "./api-options.ts";
import { draftTestRoutes } from "./draft-test-routes.ts";
import { storeExplored } from "./testing/explored-calls.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { DraftTickets, TICKET_LIFE_MS } from "./draft-ticket.ts";
import { accessWithoutStore } from "./testing/access.ts";

const BYE = { type: "hangup" };
const HOURS = { type: "time_condition", open: ["mon-sun 09:00-18:00"], exits: { open: "bye", closed: "vm" } };
const VM = { type: "voicemail", say: { text: "Please leave a message" }, next: "bye" };
const FLOW = { flow: "1", account: "acme", start: "bye", applets: { bye: BYE } };
const CHANGED = { flow: "1", start: "hours", applets: { hours: HOURS, vm: VM, bye: BYE } };
const SCOPES = {
  reader: ["read"],
  caller: ["read", "call"],
  drafter: ["read", "draft"],
  publisher: ["read", "draft", "publish"],
  admin: ["admin"],
} as const;
type Key = keyof typeof SCOPES;
const ACME = {
  sid: "acme",
  tenant_id: 1,
  api_keys: Object.entries(SCOPES).map(([key, scopes]) => ({ key, token: "t", scopes })),
  trunks: [{ name: "main", address: "192.0.2.1" }],
  exophones: [{ number: "+918047100000", flow: "1" }],
};

let api: ConfiguredApi;
beforeAll(async () => (api = await startConfiguredApi({ accounts: [ACME], flows: [FLOW, { ...FLOW, flow: "2" }] })));
afterAll(() => api.stop());
beforeEach(async () => {
  const body = { workspace: { accounts: [ACME], flows: [FLOW, { ...FLOW, flow: "2" }] } };
  expect((await api.ask("POST", "/api/workspace/apply", { body })).statusCode).toBe(200);
  await api.ask("DELETE", "/api/accounts/acme/flows/1/draft", { headers: { "if-match": "*" } });
});

async function ask(key: Key, method: Method, path: string, body?: unknown, headers = {}) {
  const answer = await api.ask(method, `/api/accounts/acme/flows/${path}`, { body, credentials: `${key}:t`, headers });
  return { status: answer.statusCode, ...answer.json<Shown>() };
}

interface Shown {
  readonly detail: string;
  readonly ticket: string;
  readonly draft: string;
  readonly published: number;
}

const statusesOf = async (method: Method, path: string, body?: unknown) => {
  const found: string[] = [];
  for (const key of Object.keys(SCOPES) as Key[])
    found.push(`${key} ${(await ask(key, method, path, body, { "if-match": "*" })).status}`);
  return found;
};

describe("the scopes draft and publish", () => {
  it("let a key store and test drafts; read and call do not", async () => {
    const some = ["reader 403", "caller 403", "drafter 200", "publisher 200", "admin 200"];
    await ask("drafter", "PUT", "1/draft", CHANGED);
    // Not publishable, so nothing has to be compared.
    expect(await statusesOf("PUT", "1/draft", { ...CHANGED, start: "nowhere" })).toEqual(some);
    expect(await statusesOf("POST", "1/validate")).toEqual(some);
    expect(await statusesOf("POST", "1/draft/test")).toEqual(some);
    expect(await statusesOf("DELETE", "1/draft")).toEqual(
      ["reader", "caller", "drafter", "publisher"].map((key) => `${key} 403`).concat("admin 200"),
    );
  });

  it("publish only with the ticket of a test; admin publishes without one", async () => {
    await ask("drafter", "PUT", "1/draft", CHANGED);
    const { ticket } = await ask("drafter", "POST", "1/draft/test");
    const refused = await ask("publisher", "POST", "1/publish", undefined, { "if-match": "*" });
    expect(refused).toMatchObject({
      status: 403,
      detail:
        "publishing without the ticket of a test needs the scope admin; the key publisher has read, draft, publish",
    });
    expect(await ask("admin", "POST", "1/publish", { ticket })).toMatchObject({ status: 403 });
    expect(await ask("drafter", "POST", "1/publish", { ticket })).toMatchObject({ status: 403 });
    expect(await ask("publisher", "POST", "1/publish", { ticket })).toMatchObject({ status: 200 });
    expect(api.configuration.workspace.flows.get("acme/1")?.start).toBe("hours");
  });
});

describe("the test of a draft", () => {
  it("proves it and says what would change for whom", async () => {
    await ask("drafter", "PUT", "1/draft", CHANGED);
    const tested = await ask("drafter", "POST", "1/draft/test");
    expect(tested).toMatchObject({ status: 200, publishable: true, draft: expect.stringMatching(/^"\d+"$/) });
    expect(tested).toMatchObject({ comparison: { outcomes: expect.arrayContaining([expect.anything()]) } });
  });

  it("plays the account's recorded calls through exactly this draft", async () => {
    const flow = parseFlow({ ...FLOW, flow: "2" });
    if (!flow.ok) throw new Error("the flow has mistakes");
    const startMs = systemClock.now() - 60_000;
    await storeExplored(api.store, flow.value, 5, (scenario) => ({ ...scenario, startMs }));
    await ask("drafter", "PUT", "2/draft", { ...FLOW, flow: "2", start: "vm", applets: { vm: VM, bye: BYE } });
    const tested = await ask("drafter", "POST", "2/draft/test");
    expect(tested).toMatchObject({ status: 200, backtest: { calls: 5, same: 0 } });
    const since = new Date(startMs + 1000).toISOString();
    expect(await ask("drafter", "POST", "2/draft/test", { since })).toMatchObject({ backtest: { calls: 0 } });
  });

  it("is abandoned if the recorded calls take longer than programs wait", async () => {
    await ask("drafter", "PUT", "1/draft", CHANGED);
    const [app, clock, endless] = [Fastify(), new VirtualClock(0), new Readable({ read: () => undefined })];
    const { configuration, directory } = api;
    const options = { configuration, directory, clock, access: await accessWithoutStore() } as unknown as ApiOptions;
    const backtests = { start: () => Promise.resolve(ok(endless)) } as Partial<Backtests> as Backtests;
    await app.register(async (scope) => draftTestRoutes(scope, options, backtests), { prefix: "/:account" });
    const answer = app.inject({ method: "POST", url: "/acme/flows/1/draft/test" });
    const waiting = setInterval(() => clock.advance(10_000), 5);
    const { statusCode, body } = await answer;
    clearInterval(waiting);
    expect([statusCode, body]).toEqual([504, expect.stringContaining("set a later since")]);
    expect(endless.destroyed).toBe(true);
  });

  it("gives no ticket for a draft with mistakes, and compares nothing if nothing is published", async () => {
    await ask("drafter", "PUT", "1/draft", { ...CHANGED, start: "nowhere" });
    expect(await ask("drafter", "POST", "1/draft/test")).toMatchObject({
      publishable: false,
      backtest: null,
      comparison: null,
      ticket: null,
    });
    await ask("drafter", "PUT", "77/draft", { ...FLOW, flow: "77" });
    const first = await ask("drafter", "POST", "77/draft/test");
    expect(first).toMatchObject({ publishable: true, published: null, backtest: { calls: 0 }, comparison: null });
    expect(await ask("publisher", "POST", "77/publish", { ticket: first.ticket })).toMatchObject({ status: 200 });
    expect(await ask("drafter", "POST", "5/draft/test")).toMatchObject({ status: 404 });
  });

  it("is valid for exactly one draft, one published version and one flow", async () => {
    await ask("drafter", "PUT", "1/draft", CHANGED);
    const { ticket, draft } = await ask("drafter", "POST", "1/draft/test");
    const publish = (used: string, path = "1/publish") => ask("publisher", "POST", path, { ticket: used });
    await ask("drafter", "PUT", "2/draft", { ...CHANGED, flow: "2" });
    for (const forged of [`${ticket.slice(0, -1)}0`, ticket.replace(/^\d+/, "1"), "x"].filter((one) => one !== ticket))
      expect(await publish(forged)).toMatchObject({
        status: 412,
        detail: expect.stringContaining("test the draft again"),
      });
    expect(await publish(ticket, "2/publish")).toMatchObject({ status: 412 });
    await ask("drafter", "PUT", "1/draft", { ...CHANGED, name: "sneaked in" }, { "if-match": draft });
    expect(await publish(ticket)).toMatchObject({ status: 412 });
    const again = await ask("drafter", "POST", "1/draft/test");
    await ask("admin", "POST", "1/rollback", { version: 1 }, { "if-match": "*" });
    await ask("admin", "POST", "1/publish", undefined, { "if-match": "*" });
    await ask("drafter", "PUT", "1/draft", CHANGED);
    expect(await publish(again.ticket)).toMatchObject({ status: 412 });
  });
});

it("a ticket expires after an hour", async () => {
  const clock = new VirtualClock(0);
  const tickets = new DraftTickets(await accessWithoutStore(), clock);
  const tested = { account: "acme", flow: "1", draft: 7, published: null };
  const ticket = tickets.issue(tested);
  clock.advance(TICKET_LIFE_MS);
  expect(tickets.read(tested, ticket)).toEqual(tested);
  expect(tickets.read({ account: "globex", flow: "1" }, ticket)).toBeNull();
  clock.advance(1);
  expect(tickets.read(tested, ticket)).toBeNull();
});
