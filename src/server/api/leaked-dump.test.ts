import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { TOTP, URI } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { systemClock } from "../../base/system-clock.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { Feed } from "../exchange/feed/feed.ts";
import { RecordingLinks } from "../exchange/recording-links.ts";
import { buildApi } from "./server.ts";
import { basic, PUBLIC_URL, testAccess } from "./testing/access.ts";
import { inert } from "./testing/inert.ts";

const KEY = basic("acme-key", "acme-token");
const OWN_PAGE = { "sec-fetch-site": "same-origin" };
const URL_PASSWORD = "pass-of-the-url";
const CHOSEN_PASSWORD = "chosen by the member";

let server: TestServer;
let url: string;
let store: Store;
let app: FastifyInstance;
/** Secrets by what they are. */
const secrets = new Map<string, string>([
  ["token of the workspace file", "acme-token"],
  ["password in a URL", URL_PASSWORD],
  ["password chosen by a member", CHOSEN_PASSWORD],
]);
let dump: string;

interface Answer {
  readonly body: Record<string, unknown>;
  readonly cookie: string;
}

async function send(request: string, payload: object, headers: Record<string, string>): Promise<Answer> {
  const [method, path] = request.split(" ");
  const response = await app.inject({ method: method as "POST", url: `/api${path ?? ""}`, payload, headers });
  expect(response.statusCode, `${request}: ${response.body}`).toBeLessThan(300);
  const cookie = String(response.headers["set-cookie"] ?? "").split(";")[0] ?? "";
  return { body: response.body === "" ? {} : response.json<Record<string, unknown>>(), cookie };
}

/** What calls leave: a flow and an answer with a password, and a pending delivery. */
async function leaveCalls(): Promise<void> {
  const address = `https://user:${URL_PASSWORD}@app.example/connect`;
  await store.putSetup("s1", JSON.stringify({ flow: { url: address } }));
  const owed = {
    id: "o1",
    order: "o",
    purpose: "dial_event" as const,
    request: JSON.stringify({ url: address, authorization: `Basic ${URL_PASSWORD}` }),
  };
  const rows = sampleCall("a").map((row) => ({
    ...row,
    event: JSON.stringify({ url: address }),
    legSnapshots: JSON.stringify({ url: address }),
  }));
  await store.append(rows.map((row, i) => (i === 0 ? { ...row, outbox: [owed] } : row)));
  await store.append(sampleCall("b").slice(0, 2));
}

async function leaveMember(): Promise<void> {
  const added = await send("POST /accounts/acme/members", { login: "priya", role: "admin" }, KEY);
  const password = String(added.body["password"]);
  const account = { account: "acme", login: "priya" };
  const { cookie } = await send("POST /session", { ...account, password }, {});
  const session = { cookie, ...OWN_PAGE };
  await send("PUT /session/password", { password, new_password: CHOSEN_PASSWORD }, session);
  const begun = await send("POST /session/totp", { password: CHOSEN_PASSWORD }, session);
  const totp = URI.parse(String(begun.body["uri"])) as TOTP;
  const confirmed = await send("POST /session/totp/confirm", { code: totp.generate() }, session);
  secrets.set("password made for a member", password);
  secrets.set("token of a session", cookie.split("=")[1] ?? "");
  secrets.set("secret of one-time codes", String(begun.body["secret"]));
  secrets.set("secret of one-time codes, as hex", totp.secret.hex);
  for (const code of confirmed.body["recovery_codes"] as string[]) secrets.set(`recovery code ${code}`, code);
}

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1", sealer: new Sealer("secret", seededRandom(1)) });
  const access = await testAccess(store);
  const links = new RecordingLinks("secret", PUBLIC_URL);
  const exchange = inert("exchange", () => undefined);
  const parts = { exchange, store, access, recordingsDir: "/nowhere", links, clock: systemClock, log: silentLog };
  app = await buildApi({
    ...parts,
    configuration: inert("configuration", () => undefined),
    operatorToken: "operator-password",
    directory: { account: () => undefined },
    feed: new Feed({ table: store.feed, clock: systemClock, log: silentLog }),
    publicUrl: PUBLIC_URL,
  });
  const admin = await access.signIns.makeFirstAdmin();
  secrets.set("password of the first administrator", admin?.password ?? "");
  secrets.set("link of the first start", admin?.linkToken ?? "");
  const made = await send("POST /accounts/acme/keys", { name: "CRM", scopes: ["call"] }, KEY);
  secrets.set("token of a created key", String(made.body["token"]));
  await leaveCalls();
  await leaveMember();
  const tables = await server.query(url, "select tablename from pg_tables where schemaname = 'public'");
  const texts = tables.map(({ tablename }) => server.query(url, `select t::text as row from ${String(tablename)} t`));
  dump = (await Promise.all(texts))
    .flat()
    .map(({ row }) => String(row))
    .join("\n");
});

afterAll(async () => {
  await app.close();
  await store.close();
  await server.stop();
});

/** The forms in which a secret could be read or looked up in a leaked dump. */
function formsOf(secret: string): string[] {
  const digest = (algorithm: string): string => createHash(algorithm).update(secret).digest("hex");
  const bare = secret.replaceAll("-", "").replace(/^pbt_/, "");
  const encoded = Buffer.from(secret);
  return [
    secret,
    bare,
    encoded.toString("base64"),
    encoded.toString("hex"),
    digest("sha256"),
    digest("sha1"),
    digest("md5"),
  ];
}

describe("a leaked dump of the database", () => {
  it("holds what was left there, which proves that these tests look at something", () => {
    for (const known of ["acme-key", "priya", "admin", "o1", "key.created", "member.totp_confirmed", "$argon2id$"])
      expect(dump).toContain(known);
    expect(secrets.size).toBe(20);
    for (const [name, secret] of secrets)
      expect([name, secret.length]).toEqual([name, expect.toSatisfy((n: number) => n >= 10)]);
  });

  it("holds no token, password, secret or code, in clear or in a form that can be looked up", () => {
    const found = [...secrets].filter(([, secret]) => formsOf(secret).some((form) => dump.includes(form)));
    expect(found.map(([name]) => name)).toEqual([]);
  });

  it("opens nothing: what it holds in place of a token does not work as one", async () => {
    const rows = await server.query(url, "select key, token_hash from api_keys");
    for (const { key, token_hash } of rows) {
      const answer = await app.inject({
        url: "/api/accounts/acme/calls",
        headers: basic(String(key), String(token_hash)),
      });
      expect(answer.statusCode).toBe(401);
    }
    const [session] = await server.query(url, "select token_hash from sessions");
    const cookie = `__Host-plugboard_session=${String(session?.["token_hash"])}`;
    expect((await app.inject({ url: "/api/session", headers: { cookie } })).statusCode).toBe(401);
  });
});
