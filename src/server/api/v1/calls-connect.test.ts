import * as fc from "fast-check";
import type { InjectOptions, LightMyRequestResponse as Response } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { systemClock } from "../../../base/system-clock.ts";
import { plainAccount } from "../../../core/contract/account.ts";
import type { Flow } from "../../../core/call/setup.ts";
import type { MediaClient } from "../../../edges/media/process/client.ts";
import type { DialOptions, SipEndpointApi } from "../../../edges/sip/endpoint.ts";
import { Store } from "../../../edges/store/store.ts";
import { testTrunk } from "../../../../test/support/exchange-config.ts";
import { Directory } from "../../exchange/directory.ts";
import type { ExchangeOptions } from "../../exchange/exchange.ts";
import { Exchange } from "../../exchange/exchange.ts";
import { recoverCalls } from "../../exchange/recovery.ts";
import type { ApiOptions } from "../api-options.ts";
import { buildApi } from "../server.ts";
import { testAccess } from "../testing/access.ts";
import type { TestApi } from "../testing/test-api.ts";
import { acme, AUTHORIZATION, startTestApi } from "../testing/test-api.ts";

const PATH = "/v1/Accounts/acme/Calls/connect";
const FROM = "09812345678";
const TO = "09900000011";
const EXOPHONE = "08047100000";
const INTO_FLOW = { From: FROM, CallerId: EXOPHONE, Url: "http://my.exotel.com/acme/exoml/start_voice/11754" };
const TWO_NUMBERS = { From: FROM, To: TO, CallerId: EXOPHONE };

const account = plainAccount({ exophones: [{ number: "+918047100000", region: "KA", trunk: null }] });
const config = acme({ account, trunks: [testTrunk()], callsPerSecond: 1000, concurrentCalls: 1000 });
const flow: Flow = {
  id: "11754",
  name: "",
  start: "bye",
  validation: "strict",
  applets: { bye: { type: "hangup" } },
};

let api: TestApi;
let exchange: Exchange;
let app: TestApi["app"];
/** Numbers that an INVITE went out to. */
const dialled: string[] = [];

/** A process of the platform on this database; it places no real calls. */
async function startExchange(store: Store): Promise<Exchange> {
  const directory = new Directory({ accounts: [config], flows: new Map() });
  const made = new Exchange({
    clock: systemClock,
    random: seededRandom(Math.trunc(Math.random() * 1e9)),
    log: silentLog,
    store,
    fetcher: { usage: {} },
    directory,
    mediaAddress: "192.0.2.9",
    recordingsDir: "recordings",
    publicUrl: "https://voice.acme.example",
    version: "test",
  } as unknown as ExchangeOptions);
  await made.prepare({ accounts: [config], flows: new Map([["acme/11754", flow]]) });
  const dial = (options: DialOptions) => {
    dialled.push(options.target.uri);
    return { callId: "b", cancel: () => undefined, snapshot: () => null };
  };
  made.connect({ dial, queueDelayMs: 0, stats: {} } as unknown as SipEndpointApi);
  const opening = (_: MediaClient, name: string | symbol): unknown => {
    if (name === "open") return () => Promise.resolve({ port: 30_000 });
    return name === "list" ? () => Promise.resolve([]) : () => undefined;
  };
  made.addMedia(new Proxy({} as MediaClient, { get: opening }));
  await recoverCalls(made, store, directory, silentLog);
  return made;
}

beforeAll(async () => {
  api = await startTestApi();
  exchange = await startExchange(api.store);
  app = await apiOf(exchange, api.store);
});

afterAll(async () => {
  await app.close();
  await api.close();
});

beforeEach(() => {
  dialled.length = 0;
  // Each test has its own minute.
  api.clock.advance(60_000);
});

async function apiOf(of: Exchange, store: Store): Promise<TestApi["app"]> {
  const directory: ApiOptions["directory"] = {
    account: () => config,
  };
  return buildApi({
    exchange: of,
    store,
    directory,
    access: await testAccess(store, { clock: api.clock }),
    recordingsDir: api.recordingsDir,
    publicUrl: "https://voice.acme.example",
    clock: api.clock,
    log: silentLog,
  } as Partial<ApiOptions> as ApiOptions);
}

const FORM = "application/x-www-form-urlencoded";

function post(
  fields: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  {
    path = `${PATH}.json`,
    headers = {},
    on = app,
  }: { path?: string; headers?: Record<string, string>; on?: TestApi["app"] } = {},
): Promise<Response> {
  const pairs = Array.isArray(fields) ? (fields as [string, string][]) : Object.entries(fields);
  const payload = new URLSearchParams(pairs).toString();
  return send({ url: path, payload, headers: { "content-type": FORM, ...headers } }, on);
}

function send(options: InjectOptions, on = app): Promise<Response> {
  return on.inject({
    method: "POST",
    ...options,
    headers: { authorization: AUTHORIZATION, ...(options.headers as Record<string, string>) },
  });
}

function sidOf(response: Response): string {
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ Call: { Sid: string } }>().Call.Sid;
}

/** What the engine was told about a call. */
async function arrivalOf(sid: string): Promise<Record<string, unknown>> {
  const [row] = await api.server.query(api.database, `select event from journal where call_sid = '${sid}' and seq = 1`);
  return JSON.parse((row as { event: string }).event) as Record<string, unknown>;
}

async function placed(fields: Parameters<typeof post>[0]): Promise<Record<string, unknown>> {
  const { placed: placement, ...rest } = await arrivalOf(sidOf(await post(fields)));
  return { ...rest, ...(placement as object) };
}

function refusalOf(response: Response): string {
  expect(response.statusCode, response.body).toBe(400);
  return response.json<{ RestException: { Message: string } }>().RestException.Message;
}

describe("a call by API", () => {
  it("API-1, API-3: into a flow is dialled, and the answer is Exotel's Call", async () => {
    const response = await post(INTO_FLOW);
    const sid = sidOf(response);
    expect(response.json()).toMatchObject({
      Call: {
        Sid: sid,
        AccountSid: "acme",
        From: FROM,
        To: EXOPHONE,
        PhoneNumberSid: EXOPHONE,
        Status: "in-progress",
        Direction: "outbound-api",
        EndTime: null,
        Uri: `/v1/Accounts/acme/Calls/${sid}.json`,
      },
    });
    expect(await arrivalOf(sid)).toMatchObject({
      from: "+919812345678",
      to: "+918047100000",
      direction: "outbound-dial",
    });
    expect((await api.store.getCall("acme", sid))?.call).toMatchObject({ flow: "11754", direction: "outbound-dial" });
  });

  it("API-2: that connects two numbers shows the second as To, also in lists", async () => {
    const sid = sidOf(await post(TWO_NUMBERS));
    const listed = await app.inject({
      url: `/v1/Accounts/acme/Calls/${sid}.json`,
      headers: { authorization: AUTHORIZATION },
    });
    expect(listed.json()).toMatchObject({ Call: { From: FROM, To: TO, PhoneNumberSid: EXOPHONE } });
  });

  it("API-3: is answered in XML unless the path ends in .json", async () => {
    const response = await post(TWO_NUMBERS, { path: PATH });
    expect(response.headers["content-type"]).toMatch("application/xml");
    expect(response.body).toMatch(/<TwilioResponse><Call><Sid>[0-9a-z]{32}<\/Sid>/);
  });

  it("API-1, API-6: takes limits, StatusCallback and CustomField", async () => {
    const fields = {
      ...INTO_FLOW,
      TimeLimit: "14400",
      TimeOut: "45",
      CustomField: "order 12 & more",
      StatusCallback: "https://u:p@crm.example/status",
      "StatusCallbackEvents[0]": "terminal",
      "StatusCallbackEvents[1]": "answered",
      StatusCallbackContentType: "application/json",
    };
    expect(await placed(fields)).toMatchObject({
      timeLimitMs: 14_400_000,
      ringLimitMs: 45_000,
      customField: "order 12 & more",
      statusCallback: { url: "https://u:p@crm.example/status", events: ["terminal", "answered"], form: "json" },
    });
  });

  it("API-2: takes recording, hold music and a playback before the two are connected", async () => {
    const fields = {
      ...TWO_NUMBERS,
      Record: "true",
      RecordingChannels: "dual",
      WaitUrl: "https://cdn.example/wait.wav",
      StartPlaybackToNew: "Both",
      StartPlaybackValueNew: "This call is recorded",
    };
    expect(await placed(fields)).toMatchObject({
      dialTo: "+919900000011",
      second: {
        record: true,
        recordingChannels: "dual",
        waitUrl: "https://cdn.example/wait.wav",
        playback: { to: "both", kind: "text", value: "This call is recorded" },
      },
    });
  });

  it("leaves out empty parameters, and ignores those that only Exotel knows", async () => {
    const fields = { ...TWO_NUMBERS, TimeLimit: "", StatusCallback: "", CallType: "trans", MaxRetries: "3" };
    expect(await placed(fields)).toMatchObject({ statusCallback: null, ringLimitMs: 30_000 });
  });

  it.each<[string, [string, string][], string[]]>([
    ["none", [], ["terminal"]],
    ["the bare name", [["StatusCallbackEvents", "answered"]], ["answered"]],
    [
      "the bare name twice",
      [
        ["StatusCallbackEvents", "answered"],
        ["StatusCallbackEvents", "terminal"],
      ],
      ["terminal", "answered"],
    ],
    [
      "brackets",
      [
        ["StatusCallbackEvents[]", "terminal"],
        ["StatusCallbackEvents[]", "ringing"],
      ],
      ["terminal", "ringing"],
    ],
    ["indexes", [["StatusCallbackEvents[0]", "answered"]], ["answered"]],
    ["the singular", [["StatusCallbackEvent", "answered"]], ["answered"]],
  ])("API-1: takes StatusCallbackEvents as clients write them: %s", async (_, events, expected) => {
    const fields: [string, string][] = [
      ...Object.entries(TWO_NUMBERS),
      ["StatusCallback", "https://crm.example/"],
      ...events,
    ];
    expect(await placed(fields)).toMatchObject({ statusCallback: { events: expected, form: "multipart" } });
  });

  it.each([
    "http://my.exotel.com/acme/exoml/start_voice/11754",
    "https://my.exotel.com/acme/exoml/start_voice/11754/",
    "http://my.exotel.in/exoml/start/11754",
    "https://voice.acme.example/exoml/start_voice/11754",
    "http://localhost:8080/acme/exoml/start/11754?x=1",
    "http://my.exotel.com/ACME/exoml/start_voice/11754",
  ])("API-1: takes the flow from %s", async (Url) => {
    const sid = sidOf(await post({ ...INTO_FLOW, Url }));
    expect((await api.store.getCall("acme", sid))?.call.flow).toBe("11754");
  });

  it("API-1: accepts an ExoPhone as To together with Url, and does not dial it", async () => {
    expect(await placed({ ...INTO_FLOW, To: EXOPHONE })).toMatchObject({ second: null });
  });

  it.each(["+919812345678", " 919812345678", "919812345678", "9812345678", "0981 234 5678"])(
    "takes %s as a number",
    async (From) => {
      expect(await placed({ ...TWO_NUMBERS, From })).toMatchObject({ from: "+919812345678" });
    },
  );
});

describe("the body of the request", () => {
  it("may be a multipart form", async () => {
    const body = new FormData();
    for (const [name, value] of Object.entries(TWO_NUMBERS)) body.append(name, value);
    body.append("StatusCallback", "https://crm.example/");
    body.append("StatusCallbackEvents[0]", "terminal");
    body.append("StatusCallbackEvents[1]", "answered");
    const encoded = new Response(body);
    const payload = Buffer.from(await encoded.arrayBuffer());
    const headers = { "content-type": encoded.headers.get("content-type") ?? "" };
    const sid = sidOf(await send({ url: `${PATH}.json`, payload, headers }));
    expect(await arrivalOf(sid)).toMatchObject({ placed: { statusCallback: { events: ["terminal", "answered"] } } });
  });

  it("may be JSON, with lists and numbers", async () => {
    const payload = {
      ...TWO_NUMBERS,
      TimeOut: 20,
      Record: true,
      StatusCallback: "https://crm.example/",
      StatusCallbackEvents: ["terminal", "answered"],
      WaitUrl: null,
    };
    const sid = sidOf(await send({ url: `${PATH}.json`, payload }));
    expect(await arrivalOf(sid)).toMatchObject({
      placed: { ringLimitMs: 20_000, second: { record: true }, statusCallback: { events: ["terminal", "answered"] } },
    });
  });

  it.each([{}, { "content-type": FORM }, { "content-type": "application/json" }])(
    "may be empty, with the parameters in the query (%j)",
    async (headers) => {
      const url = `${PATH}.json?${new URLSearchParams(TWO_NUMBERS).toString()}`;
      sidOf(await send({ url, headers }));
    },
  );

  it.each<[string, InjectOptions, number]>([
    ["no JSON", { payload: "{", headers: { "content-type": "application/json" } }, 400],
    ["a JSON list", { payload: "[1]", headers: { "content-type": "application/json" } }, 400],
    ["a JSON text", { payload: '"x"', headers: { "content-type": "application/json" } }, 400],
    ["an object for a text", { payload: '{"From":{"a":1}}', headers: { "content-type": "application/json" } }, 400],
    ["lists in lists", { payload: '{"From":[["a"]]}', headers: { "content-type": "application/json" } }, 400],
    ["another type", { payload: "<x/>", headers: { "content-type": "application/xml" } }, 415],
    ["more than 64 KiB", { payload: `From=${"9".repeat(70_000)}`, headers: { "content-type": FORM } }, 413],
    [
      "a multipart form without an end",
      { payload: "--x\r\n", headers: { "content-type": "multipart/form-data; boundary=x" } },
      400,
    ],
    [
      "a file",
      {
        payload: '--x\r\nContent-Disposition: form-data; name="a"; filename="a.bin"\r\n\r\nb\r\n--x--\r\n',
        headers: { "content-type": "multipart/form-data; boundary=x" },
      },
      413,
    ],
    [
      "101 names",
      { payload: Array.from({ length: 101 }, (_, i) => `a${i}=1`).join("&"), headers: { "content-type": FORM } },
      400,
    ],
  ])("is refused in Exotel's form if it is %s", async (_, options, status) => {
    const response = await send({ url: `${PATH}.json`, ...options });
    expect(response.statusCode, response.body).toBe(status);
    expect(response.json<{ RestException: { Status: number } }>().RestException.Status).toBe(status);
    expect(dialled).toEqual([]);
  });

  it("never makes the platform answer 5xx, or dial without a valid From", async () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.object(),
    );
    const names = fc.constantFrom(
      ...Object.keys(INTO_FLOW),
      "To",
      "TimeOut",
      "StatusCallback",
      "__proto__",
      "constructor",
      "a[]",
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, value), async (payload) => {
        api.clock.advance(60_000);
        const response = await send({
          url: `${PATH}.json`,
          payload: JSON.stringify(payload),
          headers: { "content-type": "application/json" },
        });
        expect(response.statusCode).toBe(400);
        expect(response.json<{ RestException: { Message: string } }>().RestException.Message).toMatch(/^\S.{5,}$/s);
      }),
      { numRuns: 100 },
    );
  });
});

describe("what is wrong with a request", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ["no From", { CallerId: EXOPHONE, To: TO }, /^From is missing/],
    ["no CallerId", { From: FROM, To: TO }, /^CallerId is missing/],
    ["neither To nor Url", { From: FROM, CallerId: EXOPHONE }, /^Url and To are both missing/],
    ["both To and Url", { ...INTO_FLOW, To: TO }, /^Url and To are both given/],
    ["a From that is no number", { ...TWO_NUMBERS, From: "me" }, /From/],
    ["a From that is an ExoPhone", { ...TWO_NUMBERS, From: EXOPHONE }, /From.*loop/],
    [
      "a CallerId of another account",
      { ...TWO_NUMBERS, CallerId: "08099999999" },
      /CallerId is "08099999999", which is no ExoPhone/,
    ],
    ["a Url without a flow", { ...INTO_FLOW, Url: "https://example.com/" }, /^Url must name a flow, as in http/],
    [
      "a Url of another account",
      { ...INTO_FLOW, Url: "http://my.exotel.com/globex/exoml/start_voice/11754" },
      /^Url names account globex/,
    ],
    [
      "an unknown flow",
      { ...INTO_FLOW, Url: "http://my.exotel.com/exoml/start/999" },
      /^Url names flow 999, which account acme does not have/,
    ],
    [
      "a TimeLimit beyond API-1's",
      { ...TWO_NUMBERS, TimeLimit: "14401" },
      /^TimeLimit is "14401", it must be a whole number from 1 to 14400/,
    ],
    ["a TimeOut in words", { ...TWO_NUMBERS, TimeOut: "long" }, /^TimeOut is "long"/],
    [
      "an unknown event",
      { ...TWO_NUMBERS, StatusCallback: "https://a.example/", StatusCallbackEvents: "started" },
      /^StatusCallbackEvents is "started", it must be one of terminal, answered, ringing/,
    ],
    [
      "a StatusCallback that is no URL",
      { ...TWO_NUMBERS, StatusCallback: "crm.example" },
      /^StatusCallback must be an absolute http/,
    ],
    ["a WaitUrl that is no URL", { ...TWO_NUMBERS, WaitUrl: "wait.wav" }, /^WaitUrl must be/],
    [
      "a playback to nobody known",
      { ...TWO_NUMBERS, StartPlaybackToNew: "Caller", StartPlaybackValueNew: "x" },
      /^StartPlaybackToNew is "Caller"/,
    ],
    ["a playback of nothing", { ...TWO_NUMBERS, StartPlaybackToNew: "Both" }, /^StartPlaybackToNew needs/],
    ["an endless CustomField", { ...TWO_NUMBERS, CustomField: "x".repeat(4097) }, /^CustomField is longer than 4096/],
  ])("is reported in one sentence: %s", async (_, fields, message) => {
    expect(refusalOf(await post(fields))).toMatch(message);
    expect(dialled).toEqual([]);
  });

  it("is reported if a parameter comes twice, with different values", async () => {
    const twice: [string, string][] = [...Object.entries(TWO_NUMBERS), ["From", "09812345679"]];
    expect(refusalOf(await post(twice))).toMatch(/^From is given more than once/);
    sidOf(await post([...Object.entries(TWO_NUMBERS), ["From", FROM]]));
  });
});

describe("an Idempotency-Key", () => {
  const headers = (key: string) => ({ "idempotency-key": key });

  async function callsWith(sid: string): Promise<number> {
    const [row] = await api.server.query(
      api.database,
      `select count(*)::int as n from call_keys where call_sid = '${sid}'`,
    );
    return (row as { n: number }).n;
  }

  it("that comes again gives the same call, and rings no phone twice", async () => {
    const first = sidOf(await post(TWO_NUMBERS, { headers: headers("a") }));
    const begun = exchange.callsBegun;
    expect(sidOf(await post(TWO_NUMBERS, { headers: headers("a") }))).toBe(first);
    expect(exchange.callsBegun).toBe(begun);
    expect(await callsWith(first)).toBe(1);
    expect(sidOf(await post(TWO_NUMBERS, { headers: headers("b") }))).not.toBe(first);
  });

  it("that comes ten times at once gives one call", async () => {
    const begun = exchange.callsBegun;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(TWO_NUMBERS, { headers: headers("at-once") })),
    );
    expect(new Set(answers.map(sidOf)).size).toBe(1);
    expect(exchange.callsBegun).toBe(begun + 1);
  });

  it("that reaches two processes at once gives one call", async () => {
    const store = await Store.open(api.database, { log: silentLog, node: "n2" });
    const other = await apiOf(await startExchange(store), store);
    for (let round = 0; round < 5; round++) {
      const key = headers(`two-processes-${round}`);
      const answers = await Promise.all([app, other, app, other].map((on) => post(TWO_NUMBERS, { headers: key, on })));
      expect(new Set(answers.map(sidOf)).size).toBe(1);
    }
    await other.close();
    await store.close();
  });

  it("that comes again after a crash gives the same call, recorded as failed and not dialled again", async () => {
    const url = await api.server.database();
    const before = await Store.open(url, { log: silentLog, node: "n1" });
    const first = sidOf(
      await post(TWO_NUMBERS, { headers: headers("a"), on: await apiOf(await startExchange(before), before) }),
    );
    await before.close();
    dialled.length = 0;
    const after = await Store.open(url, { log: silentLog, node: "n1" });
    const again = await post(TWO_NUMBERS, {
      headers: headers("a"),
      on: await apiOf(await startExchange(after), after),
    });
    expect(sidOf(again)).toBe(first);
    await expect.poll(async () => (await after.getCall("acme", first))?.call.status).toBe("failed");
    expect(dialled).toEqual([]);
    await after.close();
  });

  it("with other parameters is refused", async () => {
    sidOf(await post(TWO_NUMBERS, { headers: headers("c") }));
    const response = await post({ ...TWO_NUMBERS, To: "09900000012" }, { headers: headers("c") });
    expect([
      response.statusCode,
      response.json<{ RestException: { Message: string } }>().RestException.Message,
    ]).toEqual([422, "this Idempotency-Key was used for a request with other parameters"]);
  });

  it.each(["", "with space", "x".repeat(256)])("that is not a valid key (%j) is refused", async (key) => {
    expect(refusalOf(await post(TWO_NUMBERS, { headers: headers(key) }))).toMatch(/^Idempotency-Key must be/);
  });

  it("is forgotten after a day", async () => {
    const key = headers("old");
    const first = sidOf(await post(TWO_NUMBERS, { headers: key }));
    await api.server.query(api.database, `update call_keys set created_at = 1 where key = 'old'`);
    expect(sidOf(await post(TWO_NUMBERS, { headers: key }))).not.toBe(first);
  });
});

describe("what Exotel offers and Plugboard does not", () => {
  it.each([
    "/v1/Accounts/acme/Sms/send.json",
    "/v1/Accounts/acme/CustomerWhitelist.json",
    "/v1/Accounts/acme/Campaigns.json",
  ])("is 501 with one sentence: %s", async (url) => {
    const response = await send({ url });
    expect([response.statusCode, response.json()]).toMatchObject([
      501,
      { RestException: { Status: 501, Message: expect.stringMatching(/^Plugboard does not offer /) as string } },
    ]);
  });

  it("is 501 below /v2 and /v3 too", async () => {
    expect((await send({ url: "/v3/accounts/acme/calls" })).statusCode).toBe(501);
    expect((await send({ url: "/v2/accounts/acme/campaigns" })).statusCode).toBe(501);
  });
});

describe("a platform that takes no calls", () => {
  it("answers 503 with Retry-After, or 429 if the account's own limit is reached", async () => {
    exchange.admission.draining = true;
    const closed = await post(TWO_NUMBERS);
    exchange.admission.draining = false;
    expect([closed.statusCode, closed.headers["retry-after"]]).toEqual([503, "2"]);
    const take = exchange.admission.take.bind(exchange.admission);
    exchange.admission.take = () => "account_full";
    const full = await post(TWO_NUMBERS);
    exchange.admission.take = take;
    expect([full.statusCode, full.headers["retry-after"]]).toEqual([429, "2"]);
    expect(full.body).toMatch(/concurrent_calls/);
  });
});
