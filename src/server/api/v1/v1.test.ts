import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { plainAccount } from "../../../core/contract/account.ts";
import type { ApiOptions } from "../api-options.ts";
import { answer, callFields, formatOf, page, type Representation, type ShownCall } from "./representation.ts";
import { accessWithoutStore } from "../testing/access.ts";
import { exotelRequestLimit, v1Routes } from "./routes.ts";

const START_MS = Date.parse("2026-01-05T10:00:00+05:30");
const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;
const clock = new VirtualClock(START_MS);

const ENDED: ShownCall = {
  callSid: "5f3a",
  from: "+919812345678",
  to: "+918047100000",
  dialTo: "+919900000011",
  direction: "outbound-dial",
  startedAt: START_MS,
  endedAt: START_MS + 64_210,
  status: "completed",
  cdr: '{"duration_s":64}',
  recordingUrl: "https://voice.acme.example/r.wav?a=1&b=2",
};

let app: FastifyInstance;

beforeAll(async () => {
  app = Fastify();
  const access = await accessWithoutStore({ clock });
  const directory = { account: () => undefined };
  const exchange = { refusals: { note: () => undefined } };
  const options = { access, directory, clock, exchange, log: silentLog } as unknown as ApiOptions;
  await app.register((scope) => v1Routes(scope, options, exotelRequestLimit(options)), {
    prefix: "/v1/Accounts/:account",
  });
});

afterAll(() => app.close());

function get(path: string, headers: Record<string, string> = { authorization: AUTHORIZATION }) {
  return app.inject({ url: `/v1/Accounts/${path}`, headers });
}

async function written(format: "json" | "xml", model: Representation): Promise<string> {
  const server = Fastify();
  server.get("/", (_request, reply) => answer(reply, format, model));
  const { body } = await server.inject("/");
  await server.close();
  return body;
}

describe("the fields of a call", () => {
  it("API-3: are Exotel's, in its order; To of a call that connects two numbers is the second", () => {
    expect(callFields(ENDED, plainAccount(), "json")).toEqual({
      Sid: "5f3a",
      ParentCallSid: null,
      DateCreated: "2026-01-05 10:00:00",
      DateUpdated: "2026-01-05 10:01:04",
      AccountSid: "acme",
      To: "09900000011",
      From: "09812345678",
      PhoneNumberSid: "08047100000",
      Status: "completed",
      StartTime: "2026-01-05 10:00:00",
      EndTime: "2026-01-05 10:01:04",
      Duration: 64,
      Price: null,
      Direction: "outbound-api",
      AnsweredBy: null,
      ForwardedFrom: null,
      CallerName: null,
      Uri: "/v1/Accounts/acme/Calls/5f3a.json",
      RecordingUrl: "https://voice.acme.example/r.wav?a=1&b=2",
    });
  });

  it("API-3: of a live incoming call say that it is live", () => {
    const live = { ...ENDED, dialTo: null, direction: "incoming", endedAt: null, status: null, cdr: null } as const;
    expect(callFields(live, plainAccount(), "xml")).toMatchObject({
      Status: "in-progress",
      To: "08047100000",
      EndTime: null,
      Duration: null,
      Direction: "inbound",
      Uri: "/v1/Accounts/acme/Calls/5f3a",
    });
  });
});

describe("an answer", () => {
  it("API-3: is one model in two forms", async () => {
    const model = { Call: { Sid: "a", To: 'x & <y> "z"', Price: null, Duration: 64 } };
    expect(JSON.parse(await written("json", model))).toEqual(model);
    expect(await written("xml", model)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse><Call><Sid>a</Sid>' +
        "<To>x &amp; &lt;y&gt; &quot;z&quot;</To><Price/><Duration>64</Duration></Call></TwilioResponse>\n",
    );
  });

  it("API-4, API-5: has one element for each item of a list, however JSON writes it", async () => {
    const legs = { Legs: [{ Leg: { Id: 1 } }, { Leg: { Id: 2 } }] };
    expect(await written("xml", legs)).toContain("<Legs><Leg><Id>1</Id></Leg><Leg><Id>2</Id></Leg></Legs>");
    const metadata = { total: 2, pageSize: 50, firstPageUri: "/f", prevPageUri: null, nextPageUri: null };
    const list = page(metadata, "Calls", [{ Sid: "a" }, { Sid: "b" }]);
    expect(list).toMatchObject({ Metadata: { Total: 2, PageSize: 50, FirstPageUri: "/f", NextPageUri: null } });
    expect(await written("xml", list)).toContain("<Calls><Call><Sid>a</Sid></Call><Call><Sid>b</Sid></Call></Calls>");
  });

  it("stays readable XML whatever a customer entered", async () => {
    expect(await written("xml", { CustomField: "a\u0000b\ud800c\u{1f600}" })).toContain(
      "<CustomField>a\ufffdb\ufffdc\u{1f600}</CustomField>",
    );
  });

  it.each([
    ["/v1/Accounts/acme/Calls.json?a=b", "json"],
    ["/v1/Accounts/acme/Calls.json/5f3a", "json"],
    ["/v1/Accounts/acme/Calls", "xml"],
    ["/v1/Accounts/acme/Calls?x=.json", "xml"],
  ])("to %s is written as %s", async (url, format) => {
    const server = Fastify();
    server.get("/*", (request) => formatOf(request));
    expect((await server.inject(url)).body).toBe(format);
    await server.close();
  });
});

describe("an error", () => {
  it("has Exotel's form, in JSON and in XML", async () => {
    const json = await get("acme/Nothing.json");
    expect([json.statusCode, json.json()]).toEqual([
      404,
      { RestException: { Status: 404, Message: "nothing answers GET /v1/Accounts/acme/Nothing.json here" } },
    ]);
    const xml = await get("acme/Nothing");
    expect(xml.headers["content-type"]).toMatch("application/xml");
    expect(xml.body).toContain("<TwilioResponse><RestException><Status>404</Status><Message>nothing answers");
  });

  it("is 401 without a key, and with another account's", async () => {
    for (const response of [await get("acme/Calls.json", {}), await get("globex/Calls.json")]) {
      expect(response.statusCode).toBe(401);
      expect(response.headers["www-authenticate"]).toMatch("Basic");
      expect(response.json()).toMatchObject({ RestException: { Status: 401 } });
    }
  });

  it("is 429 with Retry-After for the 201st request within a minute, until the minute is over", async () => {
    clock.advance(60_000);
    const statuses: number[] = [];
    for (let i = 0; i < 200; i++) statuses.push((await get("acme/Nothing")).statusCode);
    expect(new Set(statuses)).toEqual(new Set([404]));
    clock.advance(45_000);
    const refused = await get("acme/Nothing.json");
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "15"]);
    clock.advance(15_000);
    expect((await get("acme/Nothing")).statusCode).toBe(404);
  });
});
