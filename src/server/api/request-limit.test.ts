import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testConfig } from "../../../test/support/exchange-config.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { defaultPolicy } from "../exchange/limits/dial-policy.ts";
import type { ApiOptions } from "./api-options.ts";
import { accountRequestLimit } from "./request-limit.ts";
import type { RequestLimitOptions } from "./request-limit.ts";
import type { TestApi } from "./testing/test-api.ts";
import { acme, startTestApi } from "./testing/test-api.ts";

interface Stage {
  readonly clock: VirtualClock;
  readonly refused: string[];
  readonly ask: (
    account?: string,
    key?: string | null,
  ) => Promise<{ status: number; retryAfter: string | undefined; body: string }>;
  /** Sends requests; returns how many are let through, and the first answer that is not 200. */
  readonly flood: (
    requests: number,
    account?: string,
    key?: string,
  ) => Promise<readonly [passed: number, first: string | undefined]>;
}

async function stage(api: "api" | "v1", limits: object = {}, own: Partial<RequestLimitOptions> = {}): Promise<Stage> {
  const app: FastifyInstance = Fastify();
  const clock = new VirtualClock(5_000_000);
  const refused: string[] = [];
  const config = testConfig({ limits: defaultPolicy(limits) });
  const options = {
    clock,
    directory: { account: (sid: string) => (sid === "gone" ? undefined : config) },
    exchange: { refusals: { note: (reason: string) => refused.push(reason) } },
  } as unknown as ApiOptions;
  app.decorateRequest("requester", null);
  app.addHook("onRequest", async (request) => {
    const { key } = request.query as { readonly key?: string };
    request.requester = { kind: key === undefined ? "user" : "key", id: key ?? "usr_1", scopes: ["read"] };
  });
  app.addHook("onRequest", accountRequestLimit(options, api, own));
  app.get("/:account/x", async () => "ok");
  await app.ready();
  const ask: Stage["ask"] = async (account = "acme", key = "k1") => {
    const answer = await app.inject({ url: `/${account}/x`, query: key === null ? {} : { key } });
    const retryAfter = answer.headers["retry-after"];
    return {
      status: answer.statusCode,
      retryAfter,
      body: answer.body,
    };
  };
  const flood: Stage["flood"] = async (requests, account = "acme", key = "k1") => {
    const answers = [];
    for (let i = 0; i < requests; i += 1) answers.push(await ask(account, key));
    const stopped = answers.find(({ status }) => status !== 200);
    return [answers.filter(({ status }) => status === 200).length, stopped?.retryAfter];
  };
  return { clock, refused, ask, flood };
}

describe("HTTP requests of an account", () => {
  it("200 a minute through /v1 pass, the next is 429 with Retry-After, and then they pass again", async () => {
    const { clock, ask, flood, refused } = await stage("v1");
    expect(await flood(200)).toEqual([200, undefined]);
    const next = await ask();
    expect([next.status, next.retryAfter]).toEqual([429, "60"]);
    expect(next.body).toContain("the account's 200 requests a minute are used up: come back in 60 s");
    expect(refused).toEqual(["requests_per_minute"]);
    clock.advance(59_000);
    expect((await ask()).status).toBe(429);
    clock.advance(1000);
    expect(await flood(201)).toEqual([200, "60"]);
  });

  it("requests spread over a minute leave the window one by one", async () => {
    const { clock, ask, flood } = await stage("v1");
    expect(await flood(100)).toEqual([100, undefined]);
    clock.advance(30_000);
    expect(await flood(101)).toEqual([100, "30"]);
    clock.advance(30_000);
    expect(await flood(101)).toEqual([100, "30"]);
    expect((await ask()).status).toBe(429);
  });

  it("refused requests do not count: clients that keep asking get in as early as those that wait", async () => {
    const { clock, ask, flood } = await stage("v1", { v1_requests_per_minute: 1 });
    expect(await flood(1)).toEqual([1, undefined]);
    for (let s = 0; s < 59; s += 1) {
      expect((await ask()).status).toBe(429);
      clock.advance(1000);
    }
    clock.advance(1000);
    expect((await ask()).status).toBe(200);
  });

  it("/api allows more; each account and API has its own limit", async () => {
    const { flood } = await stage("api");
    expect(await flood(1201)).toEqual([1200, "60"]);
    expect(await flood(1, "other")).toEqual([1, undefined]);
  });

  it("a key may have a lower limit than its account, and leaves the rest to other keys", async () => {
    const { ask, flood } = await stage("v1", { key: { requests_per_minute: 10 } });
    expect(await flood(11)).toEqual([10, "60"]);
    expect((await ask()).body).toContain("this API key's 10 requests a minute");
    expect(await flood(10, "acme", "k2")).toEqual([10, undefined]);
  });

  it("null means no limit; an unknown account has the default limit", async () => {
    const { flood } = await stage("v1", { v1_requests_per_minute: null });
    expect(await flood(300)).toEqual([300, undefined]);
    expect(await (await stage("v1")).flood(201, "gone")).toEqual([200, "60"]);
  });

  it("each API answers in its own form, with its own name for the account parameter", async () => {
    const { ask, flood } = await stage(
      "v1",
      { v1_requests_per_minute: 1 },
      {
        refuse: (_request, reply, { detail }) =>
          reply.code(429).send({ RestException: { Status: 429, Message: detail } }),
        accountOf: () => "one",
        keyOf: () => null,
      },
    );
    expect(await flood(1)).toEqual([1, undefined]);
    expect(JSON.parse((await ask("two")).body)).toMatchObject({ RestException: { Status: 429 } });
  });
});

describe("an account's limit counts all of its requests together", () => {
  let api: TestApi;
  beforeAll(async () => {
    const limits = defaultPolicy({ api_requests_per_minute: 5, v1_requests_per_minute: 4 });
    api = await startTestApi({ directory: { account: () => acme({ limits }) } });
  });
  afterAll(() => api.close());

  it.each([
    [
      "/api",
      ["/calls", "/trunks", "/flows", "/keys", "/exophones", "/flows"].map((path) => `/api/accounts/acme${path}`),
    ],
    [
      "/v1 and /v2_beta",
      [
        "/v1/Accounts/acme/Calls.json",
        "/v2_beta/Accounts/acme/IncomingPhoneNumbers",
        "/v1/Accounts/acme/IncomingPhoneNumbers.json",
        "/v2_beta/Accounts/acme/IncomingPhoneNumbers",
        "/v1/Accounts/acme/Calls.json",
      ],
    ],
  ])("below %s, whichever routes they are for", async (_, urls) => {
    const statuses = [];
    for (const url of urls) statuses.push((await api.get(url)).statusCode);
    expect(statuses).toEqual([...urls.slice(1).map(() => 200), 429]);
  });
});
