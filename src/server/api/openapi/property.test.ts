import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import type { LightMyRequestResponse as Response } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyRequest, Placed } from "../testing/any-request.ts";
import { anyRequest, operationsOf } from "../testing/any-request.ts";
import type { SampleCall } from "../testing/calls.ts";
import { attempt, TWO_ATTEMPTS } from "../testing/calls.ts";
import { signedInAdmin } from "../testing/access.ts";
import type { TestApi } from "../testing/test-api.ts";
import { ACME, FLOW, START_MS, startTestApi } from "../testing/test-api.ts";
import { silentLog } from "../../../base/log.ts";
import { applyWorkspaceFile } from "../../configuration/apply-file.ts";
import type { OpenApiDocument } from "./openapi-types.ts";

const RUNS = 60;
/** Few, because each needs a hash that is slow by design. */
const RUNS_WITH_PASSWORD = 20;
const MINUTE_MS = 60_000;

let api: TestApi;
let document: OpenApiDocument;
let fits: (schema: object, value: unknown) => string | null;

beforeAll(async () => {
  api = await startTestApi();
  await api.add(
    TALKED,
    { sid: "live", startedAt: START_MS + 1, isLive: true, trace: attempt(2, "sip:anil", 0, null, 9) },
    { sid: "foreign", startedAt: START_MS, account: "globex" },
  );
  const added = { id: "usr_acme", account: "acme", login: "priya", role: "viewer", password_hash: "none" } as const;
  const made = { must_change: false, created_at: START_MS, created_by: "test" };
  await api.store.withinAccount("acme", (db) => api.store.members.add(db, { ...added, ...made }));
  document = (await api.app.inject("/api/openapi.json")).json<OpenApiDocument>();
  fits = checkerOf(document);
}, 60_000);
afterAll(() => api.close());

/** Returns a function that says how a value does not fit a schema of the document. */
function checkerOf({ components }: OpenApiDocument): typeof fits {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: "document", components });
  return (schema, value) => {
    const resolved = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
    return ajv.validate(resolved, value) ? null : ajv.errorsText(ajv.errors, { dataVar: "answer" });
  };
}

const RECORDING = { id: "r1", file: "acme/r1.wav", layout: "dual", durationMs: 8000, failure: null } as const;
const TALKED: SampleCall = { sid: "talked", startedAt: START_MS, trace: TWO_ATTEMPTS, recordings: [RECORDING] };

const KNOWN = {
  account: ["acme", "acme", "acme", "globex", "nobody"],
  callSid: ["talked", "live", "foreign", "nothing"],
  file: ["r1.wav", "r2.wav", "r1.mp3", "foreign.wav"],
  name: ["main", "+918047100000", "+918047100001", "anil", "nobody"],
  flow: ["11754", "2", "x"],
  number: ["1", "2", "x"],
  id: ["usr_admin", "usr_acme", "usr_nobody"],
  key: ["acme-key", "key_nobody"],
  numberSid: ["08047100000", "+918047100001", "08047100009"],
};

/** Meaningful bodies for operations that change the configuration. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  "workspace.apply": { workspace: { accounts: [ACME], flows: [FLOW] } },
  "trunks.put": { address: "192.0.2.9" },
  "exophones.put": { flow: "11754" },
  "users.put": { email: "anil@acme.example" },
  "groups.put": { users: ["anil"] },
  "flows.saveDraft": { start: "bye", applets: { bye: { type: "hangup" } } },
  "flows.validate": FLOW,
  "calls.simulate": { scenario: { flow: "11754" }, seed: 1 },
  "calls.whatIf": { urls: { "https://app.example/connect": [{ status: 500 }] }, flow: "recorded" },
  "flows.rollBack": { version: 1 },
  "flows.backtest": { since: "2026-01-05", draft: { start: "bye", applets: { bye: { type: "hangup" } } } },
  "erasures.create": { number: "+919812345678" },
};

/** Restores the configuration, with some more to change and remove, and a call that was erased. */
async function restored(): Promise<void> {
  if ((await api.store.getCall("acme", TALKED.sid)) === null) await api.add(TALKED);
  writeFileSync(join(api.recordingsDir, RECORDING.file), "RIFF not really a sound");
  const account = {
    ...ACME,
    trunks: [...ACME.trunks, { name: "anil", address: "192.0.2.8" }],
    users: [{ name: "anil" }],
  };
  const other = { ...FLOW, flow: "2" };
  const document = { accounts: [{ ...account, groups: [{ name: "nobody", users: ["anil"] }] }], flows: [FLOW, other] };
  await applyWorkspaceFile(api.configuration, { document, source: null }, "n1", silentLog);
  const drafts = ["11754", "2"].map((flow) => ({ account: "acme", flow, document: { ...FLOW, flow } }));
  await api.configuration.change("test", async () => ({ ok: true, value: { put: [], remove: [], drafts } }));
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
  return type.endsWith("json") ? fits(content.schema ?? {}, response.json()) : null;
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
  if (!isForMembers || request.headers["authorization"] === "") return api.app.inject(request);
  const session = await signedInAdmin(api.store, api.clock.now());
  return api.app.inject({ ...request, headers: { ...request.headers, ...session } });
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
      await fc.assert(requests, { numRuns: /\/(?:session|members)/.test(placed.path) ? RUNS_WITH_PASSWORD : RUNS });
    }
    const reached = (...statuses: readonly string[]) =>
      [...seen.keys()].filter((key) => statuses.some((status) => key.endsWith(` ${status}`))).length;
    expect(reached("200", "201", "202"), [...seen].join("\n")).toBeGreaterThan(operationsOf(document).length * 0.7);
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
