import type { FastifyInstance } from "fastify";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { outboxRoutes } from "./outbox-routes.ts";
import { answerError } from "./problem.ts";

const CREATED = 1_767_600_000_000;
const URL_ASKED = "https://me:secret@app.example/events?CallSid=a&From=%2B919812345678";

let server: TestServer;
let store: Store;
let app: FastifyInstance;
let call = 0;

beforeAll(async () => {
  server = await startTestServer();
  const sealer = new Sealer("a secret of the platform", seededRandom(1));
  store = await Store.open(await server.database(), { log: silentLog, node: "n1", sealer });
  app = Fastify();
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, silentLog));
  await app.register(async (scope) => outboxRoutes(scope, { store }), { prefix: "/api/accounts/:account" });
});
afterAll(async () => {
  await app.close();
  await store.close();
  await server.stop();
});

/** Queues requests of one call, each after the one before. */
async function owe(account: string, ...ids: string[]): Promise<void> {
  const request = { method: "GET", url: URL_ASKED, headers: {}, authorization: "Basic bWU6c2VjcmV0", body: "secret" };
  const [step] = sampleCall(`call${++call}`, 1, CREATED);
  if (step === undefined) throw new Error("no step");
  const outbox = ids.map((id) => ({
    id,
    order: "leg 2",
    purpose: "dial_event",
    request: JSON.stringify(request),
  }));
  await store.append([{ ...step, account, outbox }]);
}

async function park(id: string): Promise<void> {
  await store.settleOutbox([{ kind: "parked", id, error: "timeout: no answer within 5 s." }]);
}

interface List {
  readonly deliveries: readonly { readonly id: string; readonly state: string }[];
  readonly next: string | null;
}

async function list(account: string, query = ""): Promise<List> {
  const response = await app.inject(`/api/accounts/${account}/outbox${query}`);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<List>();
}

function idsOf({ deliveries }: List): readonly string[] {
  return deliveries.map(({ id }) => id);
}

async function replay(account: string, id: string): Promise<readonly [number, string | undefined]> {
  const response = await app.inject({ method: "POST", url: `/api/accounts/${account}/outbox/${id}/replay` });
  return [response.statusCode, response.json<{ detail?: string }>().detail];
}

describe("the outbox of an account", () => {
  it("EVT-6: shows pending and parked deliveries, with the reason but without credentials or body", async () => {
    await owe("others", "o1");
    await owe("shows", "s1");
    await park("s1");
    const { deliveries } = await list("shows");
    expect(deliveries).toEqual([
      {
        id: "s1",
        call_sid: `call${call}`,
        purpose: "dial_event",
        order: "leg 2",
        state: "parked",
        method: "GET",
        url: "https://***@app.example/events?CallSid=a&From=%2B919812345678",
        tries: 1,
        created_at: "2026-01-05T08:00:00.000Z",
        due_at: null,
        parked_at: expect.stringMatching(/^\d{4}-/),
        error: "timeout: no answer within 5 s.",
      },
    ]);
    expect(JSON.stringify(deliveries)).not.toContain("secret");
  });

  it("is filtered by state, and paged from the newest on", async () => {
    await owe("pages", "p1", "p2", "p3", "p4", "p5");
    await park("p2");
    await park("p4");
    expect(idsOf(await list("pages", "?state=parked"))).toEqual(["p4", "p2"]);
    expect(idsOf(await list("pages", "?state=waiting"))).toEqual(["p5", "p3", "p1"]);
    const first = await list("pages", "?limit=3");
    expect(idsOf(first)).toEqual(["p5", "p4", "p3"]);
    const second = await list("pages", `?limit=3&before=${first.next}`);
    expect([idsOf(second), second.next]).toEqual([["p2", "p1"], null]);
  });

  it("EVT-6: sends a parked delivery again under its id, before its successors", async () => {
    await owe("replays", "r1", "r2");
    await park("r1");
    expect(await replay("replays", "r1")).toEqual([202, undefined]);
    const due = (await store.claimOutbox(100, 60_000)).filter(({ account }) => account === "replays");
    expect(due).toMatchObject([{ id: "r1", tries: 0 }]);
    expect(idsOf(await list("replays", "?state=parked"))).toEqual([]);
  });

  it.each([
    ["one that was not given up", "refuses", "f1", 409, /was not given up/],
    ["one of another account", "others", "f1", 404, /account others owes no delivery f1/],
    ["a missing one", "refuses", "nothing", 404, /owes no delivery nothing/],
  ])("does not resend %s", async (_, account, id, status, detail) => {
    await owe("refuses", "f1");
    expect(await replay(account, id)).toEqual([status, expect.stringMatching(detail)]);
  });

  it.each([
    ["state=dead", /state is "dead", it must be one of parked, waiting/],
    ["limit=0", /limit is "0"/],
    ["limit=101", /limit is "101", it must be a whole number from 1 to 100/],
    ["before=x", /before is "x"/],
    ["call=c1", /there is no filter "call": state, before, limit are known/],
  ])("refuses %s with a sentence that names it", async (query, detail) => {
    const response = await app.inject(`/api/accounts/acme/outbox?${query}`);
    expect([response.statusCode, response.json<{ detail: string }>().detail]).toEqual([
      400,
      expect.stringMatching(detail),
    ]);
  });
});
