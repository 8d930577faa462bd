import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import type { LightMyRequestResponse as Response } from "fastify";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyRequest, Placed } from "../testing/any-request.ts";
import { anyRequest, meantRequest, operationsOf } from "../testing/any-request.ts";
import type { SampleCall } from "../testing/calls.ts";
import { attempt, rowsOf, TWO_ATTEMPTS } from "../testing/calls.ts";
import { signedInAdmin } from "../testing/access.ts";
import { recordedCall } from "../testing/recorded-call.ts";
import type { TestApi } from "../testing/test-api.ts";
import { ACME, FLOW, idleExchange, START_MS, startTestApi } from "../testing/test-api.ts";
import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { ok } from "../../../base/result.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { parseFlow } from "../../../core/flow/flow.ts";
import type { AccountDb } from "../../../edges/store/account-rows.ts";
import type { UrlCheckParts } from "../../supervisor/url-check.ts";
import { urlChecker } from "../../supervisor/url-check.ts";
import type { ApiOptions } from "../api-options.ts";
import { Passwords } from "../password.ts";
import { applyWorkspaceFile } from "../../configuration/apply-file.ts";
import type { OpenApiDocument } from "./openapi-types.ts";

const RUNS = 60;
/** Few, because each needs a hash that is slow by design, or plays more than a thousand calls. */
const SLOW_RUNS = 20;
const MINUTE_MS = 60_000;

let api: TestApi;
let document: OpenApiDocument;
let fits: (schema: object, value: unknown) => string | null;

let passwordHash: string;

beforeAll(async () => {
  api = await startTestApi({ exchange: takingExchange(), numberRouting: CHANGED, checkUrl: urlChecker(ANSWERING) });
  passwordHash = await new Passwords(seededRandom(1)).hash(PASSWORD);
  document = (await api.app.inject("/api/openapi.json")).json<OpenApiDocument>();
  fits = checkerOf(document);
}, 60_000);
afterAll(() => api.close());

/** Places every call, and does with live ones what is asked. */
function takingExchange(): ApiOptions["exchange"] {
  const flow = parseFlow(FLOW);
  if (!flow.ok) throw new Error("the flow has mistakes");
  const call = { setup: "s1", flow: "11754", from: "+919812345678", to: "+918047100000", customField: null } as const;
  const row = { ...call, direction: "outbound-dial", startedAt: START_MS } as const;
  return Object.assign(idleExchange(), {
    hangUp: (sid: string) => sid === "live",
    flow: (account: string, id: string) => (account === "acme" && id === "11754" ? flow.value : undefined),
    flowOf: (sid: string) => (sid === "live" ? flow.value : undefined),
    place: () => Promise.resolve({ kind: "placed", callSid: "placed", row }),
  });
}

const CHANGED: NonNullable<ApiOptions["numberRouting"]> = { change: () => Promise.resolve(ok(undefined)) };

/** A customer's server that knows no audio. */
const ANSWERED = { ok: true, status: 200, contentType: "text/plain", body: "ok" } as const;
const ANSWERING: UrlCheckParts = {
  fetcher: {
    fetch: () => Promise.resolve({ outcome: ANSWERED, elapsedMs: 5 }),
    head: () => Promise.resolve(ANSWERED),
    download: () => Promise.resolve({ ok: false, reason: "refused", detail: "no audio" }),
  },
  clock: new VirtualClock(START_MS),
  random: seededRandom(2),
};

/** Returns a function that says how a value does not fit a schema of the document. */
function checkerOf({ components }: OpenApiDocument): typeof fits {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: "document", components });
  const compiled = new Map<string, ValidateFunction>();
  return (schema, value) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, validate);
    return validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: "answer" });
  };
}

const RECORDING = { id: "r1", file: "acme/r1.wav", layout: "dual", durationMs: 8000, failure: null } as const;
const CALLS: readonly SampleCall[] = [
  { sid: "talked", startedAt: START_MS, trace: TWO_ATTEMPTS, recordings: [RECORDING] },
  recordedCall("played", START_MS, { flow: FLOW }),
  { sid: "live", startedAt: START_MS + 1, isLive: true, trace: attempt(2, "sip:anil", 0, null, 9) },
  { sid: "foreign", startedAt: START_MS, account: "globex" },
];
const OWED = [{ id: "e_parked", order: "leg 2", purpose: "dial_event", request: '{"url":"https://app.example/"}' }];

const PASSWORD = "correct horse battery";
/** Stands for the one-time code of the moment. */
const CODE = "the code";
const LINK_TOKEN = "0".repeat(64);
const START_VOICE = "http://my.exotel.com/acme/exoml/start_voice/11754";
const CALL = { From: "+919812345678", CallerId: "08047100000", Url: START_VOICE };

const KNOWN = {
  account: [...Array.from({ length: 8 }, () => "acme"), "globex", "nobody"],
  callSid: ["talked", "played", "live", "foreign", "nothing"],
  file: ["r1.wav", "r2.wav", "r1.mp3", "foreign.wav"],
  name: ["main", "+918047100000", "+918047100001", "anil", "priya", "nobody"],
  flow: ["11754", "2", "x"],
  number: ["1", "2", "x"],
  id: ["usr_admin", "usr_ops", "usr_acme", "usr_nobody", "e_parked"],
  key: ["acme-key", "key_made", "key_nobody"],
  numberSid: ["08047100000", "+918047100001", "08047100009"],
};

/** What a request that should succeed names; by operation or group of operations where that differs. */
const MEANT = {
  account: "acme",
  callSid: "talked",
  file: "r1.wav",
  flow: "11754",
  number: "1",
  id: "usr_acme",
  key: "key_made",
  numberSid: "08047100000",
};
const MEANT_BY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...Object.fromEntries(["hangUp", "redirect"].map((name) => [`calls.${name}`, { callSid: "live" }])),
  "calls.whatIf": { callSid: "played" },
  platform: { id: "usr_ops" },
  "calls.export": { format: "csv" },
  outbox: { id: "e_parked" },
  trunks: { name: "anil" },
  exophones: { name: "+918047100001" },
  users: { name: "priya" },
  groups: { name: "nobody" },
  "flows.delete": { flow: "2" },
};

function meantOf(placed: Placed): AnyRequest {
  const { operationId } = placed.operation;
  const [group = ""] = operationId.split(".");
  return meantRequest(placed, { ...MEANT, ...MEANT_BY[group], ...MEANT_BY[operationId] }, EXAMPLES[operationId]);
}

/** Meaningful bodies for operations that change the configuration. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  "session.begin": { login: "test-admin", password: PASSWORD },
  "session.beginByLink": { token: LINK_TOKEN },
  "session.changePassword": { password: PASSWORD, new_password: "staple of a correct horse" },
  "session.beginTotp": { password: PASSWORD },
  "session.confirmTotp": { code: CODE },
  "session.endTotp": { password: PASSWORD },
  "platform.addMember": { login: "new", role: "viewer" },
  "platform.changeMember": { role: "viewer" },
  "members.add": { login: "new", role: "viewer" },
  "members.change": { role: "viewer" },
  "calls.sendDigits": { digits: "1" },
  "calls.play": { text: "hello" },
  "keys.create": { name: "CRM", scopes: ["read"] },
  "calls.redirect": { applet: "bye" },
  "account.checkUrl": { url: "https://app.example/events", as: "event", runs: 0 },
  "exotel.connect": CALL,
  "exotel.connectXml": CALL,
  "exotel.changeNumber": { VoiceUrl: START_VOICE },
  "exotel.changeNumberXml": { VoiceUrl: START_VOICE },
  "numbers.change": { VoiceUrl: START_VOICE },
  "mcp.send": { jsonrpc: "2.0", id: 1, method: "tools/list" },
  "workspace.apply": { workspace: { accounts: [ACME], flows: [FLOW] } },
  "trunks.put": { address: "192.0.2.9" },
  "exophones.put": { flow: "11754" },
  "users.put": { email: "anil@acme.example" },
  "groups.put": { users: ["anil"] },
  "flows.saveDraft": { start: "bye", applets: { bye: { type: "hangup" } } },
  "flows.validate": FLOW,
  "calls.simulate": { scenario: { flow: "11754" }, seed: 1 },
  "calls.whatIf": { urls: { "https://app.example/connect": [{ status: 500 }] } },
  "flows.rollBack": { version: 1 },
  "flows.backtest": { since: "2026-01-05", draft: { start: "bye", applets: { bye: { type: "hangup" } } } },
  "erasures.create": { number: "+919900000012" },
};

/** What must be there before a request of this kind can succeed. */
const PREPARED: Readonly<Record<string, (request: AnyRequest, session: Headers) => Promise<AnyRequest>>> = {
  "session.begin": async (request) => {
    await signedInAdmin(api.store, api.clock.now(), passwordHash);
    return request;
  },
  "session.beginByLink": async (request) => {
    await api.server.query(api.database, "delete from members where account is null");
    const { linkToken = "" } = (await api.access.signIns.makeFirstAdmin()) ?? {};
    return {
      ...request,
      ...(request.payload === undefined ? {} : { payload: request.payload.replace(LINK_TOKEN, linkToken) }),
    };
  },
  "session.confirmTotp": async (request, session) => {
    const begin = {
      method: "POST",
      url: "/api/session/totp",
      headers: session,
      payload: { password: PASSWORD },
    } as const;
    const { secret } = (await api.app.inject(begin)).json<{ secret: string }>();
    const code = new TOTP({ secret }).generate({ timestamp: api.clock.now() });
    return { ...request, ...(request.payload === undefined ? {} : { payload: request.payload.replace(CODE, code) }) };
  },
  "keys.revoke": async (request) => {
    await api.server.query(api.database, "delete from api_keys where key = 'key_made'");
    const key = { account: "acme", key: "key_made", name: "made", scopes: ["read"], tokenHash: "none" } as const;
    const made = { createdAt: START_MS, createdBy: "test" };
    await api.store.withinAccount("acme", (db) => api.store.keys.add(db, { ...key, ...made }));
    return request;
  },
  "outbox.replay": async (request) => {
    await api.store.settleOutbox([{ kind: "parked", id: "e_parked", error: "no answer" }]);
    return request;
  },
  "mcp.send": (request) =>
    Promise.resolve({
      ...request,
      headers: { ...request.headers, accept: "application/json, text/event-stream" },
    }),
};

type Headers = Readonly<Record<string, string>>;

/** Restores the configuration, with some more to change and remove, and a call that was erased. */
async function restored(): Promise<void> {
  for (const call of CALLS)
    if ((await api.store.getCall(call.account ?? "acme", call.sid)) === null) await api.add(call);
  const owing = rowsOf({ sid: "owing", startedAt: START_MS - 1 });
  if ((await api.store.getCall("acme", "owing")) === null)
    await api.store.append(owing.map((row, index) => (index === 0 ? { ...row, outbox: OWED } : row)));
  writeFileSync(join(api.recordingsDir, RECORDING.file), "RIFF not really a sound");
  const account = {
    ...ACME,
    trunks: [...ACME.trunks, { name: "anil", address: "192.0.2.8" }],
    users: [{ name: "anil" }, { name: "priya" }],
  };
  const other = { ...FLOW, flow: "2" };
  const document = { accounts: [{ ...account, groups: [{ name: "nobody", users: ["anil"] }] }], flows: [FLOW, other] };
  await applyWorkspaceFile(api.configuration, { document, source: null }, "n1", silentLog);
  const drafts = ["11754", "2"].map((flow) => ({ account: "acme", flow, document: { ...FLOW, flow } }));
  await api.configuration.change("test", async () => ({ ok: true, value: { put: [], remove: [], drafts } }));
  for (const account of ["acme", null]) {
    const id = account === null ? "usr_ops" : "usr_acme";
    const made = { must_change: false, created_at: START_MS, created_by: "test", password_hash: "none" };
    const replace = async (db: AccountDb): Promise<void> => {
      await api.store.members.remove(db, id);
      await api.store.members.add(db, { id, account, login: "priya", role: "viewer", ...made });
    };
    await (account === null ? api.store.asPlatform(replace) : api.store.withinAccount(account, replace));
  }
}

/** How an answer breaks the promise of the document; null: it keeps it. */
function brokenBy({ operation }: Placed, response: Response): string | null {
  const status = String(response.statusCode);
  if (response.statusCode >= 500 && operation.responses[status] === undefined) return `${status}: ${response.body}`;
  const promised = operation.responses[status];
  if (promised === undefined) return `${status} is not documented: ${response.body}`;
  const type = String(response.headers["content-type"]).split(";", 1)[0] ?? "";
  const content = promised.content?.[type];
  if (content === undefined) return `${type} is not documented for ${status}`;
  if (type === "application/xml") return isReadable(response.body) ? null : `no XML: ${response.body}`;
  return /[/+]json$/.test(type) ? fits(content.schema ?? {}, response.json()) : null;
}

/** Whether every opened element is closed, inside one root. */
function isReadable(xml: string): boolean {
  const open: string[] = [];
  for (const [, close, name = "", empty] of xml.matchAll(/<(\/?)(\w+)(\/?)>/g)) {
    if (close === "") {
      if (empty === "") open.push(name);
    } else if (open.pop() !== name) return false;
  }
  return open.length === 0 && /^<\?xml [^>]*\?>\n<TwilioResponse>/.test(xml) && !/&(?!\w+;)/.test(xml);
}

async function send({ operation }: Placed, request: AnyRequest): Promise<Response> {
  api.clock.advance(MINUTE_MS); // This test is not about the limit of requests a minute.
  const isForMembers = operation.security?.some((one) => "session" in one) ?? false;
  const isMeant = isForMembers && request.headers["authorization"] !== "";
  const session = isMeant ? await signedInAdmin(api.store, api.clock.now(), passwordHash) : {};
  const prepared = (await PREPARED[operation.operationId]?.(request, session)) ?? request;
  return api.app.inject({ ...prepared, headers: { ...prepared.headers, ...session } });
}

describe("every operation of the document", () => {
  it("answers any request without an internal error, and as documented", async () => {
    const seen = new Map<string, number>();
    for (const placed of operationsOf(document)) {
      await restored();
      const example = EXAMPLES[placed.operation.operationId];
      const requests = fc.asyncProperty(anyRequest(placed, KNOWN, example), async (request) => {
        const response = await send(placed, request);
        const key = `${placed.operation.operationId} ${response.statusCode}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        expect(brokenBy(placed, response), `${request.method} ${request.url}`).toBeNull();
      });
      await fc.assert(requests, {
        examples: [[meantOf(placed)]],
        numRuns: /\/(?:session|members|draft\/test)/.test(placed.path) ? SLOW_RUNS : RUNS,
      });
    }
    const never = operationsOf(document)
      .map(({ operation }) => operation.operationId)
      .filter((id) => ![...seen.keys()].some((key) => key.startsWith(`${id} 2`)));
    expect(never, [...seen].join("\n")).toEqual([]);
    const reached = (...statuses: readonly string[]) =>
      [...seen.keys()].filter((key) => statuses.some((status) => key.endsWith(` ${status}`))).length;
    for (const status of ["400", "401", "404"]) expect(reached(status)).toBeGreaterThan(10);
  }, 300_000);

  it("is caught if it breaks its promise", async () => {
    const placed = operationsOf(document).find(({ operation }) => operation.operationId === "exotel.getCall");
    if (placed === undefined) throw new Error("no such operation");
    const answered = async (payload: unknown, code = 200, type = "application/json") => {
      const response = await api.app.inject({ url: "/healthz" });
      const headers = { ...response.headers, "content-type": type };
      const parts = { statusCode: code, headers, body: JSON.stringify(payload), json: () => payload };
      return brokenBy(placed, { ...response, ...parts } as unknown as Response);
    };
    const { Call } = (await api.get("/v1/Accounts/acme/Calls/talked.json")).json<{ Call: object }>();
    expect(await answered({ Call })).toBeNull();
    expect(await answered({ Call: { ...Call, Duration: "21" } })).toMatch("answer/Call/Duration must be integer");
    expect(await answered({ Call: { ...Call, Secret: 1 } })).toMatch("must NOT have additional properties");
    expect(await answered({ Call }, 500)).toMatch("500");
    expect(await answered({ Call }, 418)).toMatch("418 is not documented");
    expect(await answered({ Call }, 200, "text/html")).toMatch("text/html is not documented");
    expect(isReadable("<?xml version='1.0'?>\n<TwilioResponse><a></TwilioResponse>")).toBe(false);
  });
});
