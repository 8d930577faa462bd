import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, HTTPMethods, RouteOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { systemClock } from "../../base/system-clock.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { applyWorkspaceFile } from "../configuration/apply-file.ts";
import { Configuration } from "../configuration/configuration.ts";
import { Directory } from "../exchange/directory.ts";
import { Feed } from "../exchange/feed/feed.ts";
import { RecordingLinks } from "../exchange/recording-links.ts";
import { buildApi } from "./server.ts";
import { basic, PUBLIC_URL, testAccess } from "./testing/access.ts";
import type { InertCall } from "./testing/inert.ts";
import { inert } from "./testing/inert.ts";

/** Appears in all of acme's data, and nowhere else. */
const MARK = "zqacme";
const OWNER = basic("acme-key", "acme-token");
const STRANGER = basic("globex-key", "globex-token");
const STRANGERS_SESSION: Record<string, string> = {};
/** What a stranger could try as a path parameter. */
const IDS = [
  `${MARK}call`,
  `${MARK}live`,
  `rec-${MARK}call.wav`,
  `rec-${MARK}call`,
  `${MARK}e1`,
  "11754",
  "+918047100000",
];
/** Routes for everyone … */
const PUBLIC = new Set(["/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/asyncapi.json", "/api/session"]);
/** … for the platform's own members … */
const OF_MEMBERS = /^\/api\/(?:session\/|members|audit)/;
/** … and for several accounts at once. All others must have an account in their path. */
const OF_SEVERAL = /^\/api\/workspace(?:\/|$)/;
/** A stream of events never ends; it is enough that nothing came in this time. */
const STREAM_MS = 1000;
/** Enough for a thousand requests on a busy machine. */
const LIMIT_MS = 180_000;

let server: TestServer;
let url: string;
let store: Store;
let app: FastifyInstance;
let folder: string;
const routes: RouteOptions[] = [];
const calls: InertCall[] = [];
const ids = [...IDS];

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1", sealer: new Sealer("secret", seededRandom(1)) });
  const outbox = [{ id: `${MARK}e1`, order: "o", purpose: "dial_event" as const, request: `{"url":"${MARK}"}` }];
  await store.append(sampleCall(`${MARK}call`).map((row, i) => (i === 0 ? { ...row, outbox } : row)));
  await store.append(sampleCall(`${MARK}live`).slice(0, 2));
  await store.claimOutbox(10, 60_000);
  await store.settleOutbox([{ kind: "parked", id: `${MARK}e1`, error: MARK }]);
  folder = mkdtempSync(join(tmpdir(), "plugboard-hostile-"));
  mkdirSync(join(folder, "acme"));
  writeFileSync(join(folder, "acme", `${MARK}call.wav`), `RIFF ${MARK}`);
  const access = await testAccess(store, { accounts: ["acme", "globex"] });
  const links = new RecordingLinks("secret", "https://voice.example");
  const exchange = inert("exchange", (call) => calls.push(call));
  const feed = new Feed({ table: store.feed, clock: systemClock, log: silentLog });
  const configuration = await Configuration.open({ table: store.configuration, clock: systemClock, log: silentLog });
  const accounts = [configured("acme", "+918047100000", MARK), configured("globex", "+918047100009", "mallory")];
  const applied = await applyWorkspaceFile(
    configuration,
    { document: { accounts, flows: [] }, source: null },
    "n1",
    silentLog,
  );
  if (!applied.ok) throw new Error(applied.error);
  const directory = new Directory(configuration.workspace);
  const parts = {
    exchange,
    store,
    access,
    configuration,
    operatorToken: MARK,
    directory,
    feed,
    links,
    publicUrl: PUBLIC_URL,
  };
  const options = { ...parts, recordingsDir: folder, clock: systemClock, log: silentLog };
  app = await buildApi(options, (route) => routes.push(route));
  const made = await app.inject({
    method: "POST",
    url: "/api/accounts/acme/keys",
    headers: OWNER,
    payload: { name: MARK, scopes: ["read"] },
  });
  ids.push(made.json<{ key: string }>().key);
  ids.push(await memberOf("acme", OWNER, MARK));
  await memberOf("globex", STRANGER, "mallory");
});

afterAll(async () => {
  await app.close();
  await store.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function configured(sid: string, number: string, name: string): object {
  const trunks = [{ name: "main", address: "192.0.2.1", username: name, password: `${name} password` }];
  return { sid, tenant_id: 1409, trunks, exophones: [{ number, name }], users: [{ name }] };
}

/** Adds an administrator of an account; returns their id. */
async function memberOf(account: string, headers: Record<string, string>, login: string): Promise<string> {
  const added = await app.inject({
    method: "POST",
    url: `/api/accounts/${account}/members`,
    headers,
    payload: { login, role: "admin" },
  });
  const { id, password } = added.json<{ id: string; password: string }>();
  const signedIn = await app.inject({ method: "POST", url: "/api/session", payload: { account, login, password } });
  const cookie = String(signedIn.headers["set-cookie"]).split(";")[0] ?? "";
  const session = { cookie, "sec-fetch-site": "same-origin" };
  await app.inject({
    method: "PUT",
    url: "/api/session/password",
    headers: session,
    payload: { password, new_password: `${MARK} ${login}` },
  });
  if (account === "globex") Object.assign(STRANGERS_SESSION, session);
  return id;
}

interface Attempt {
  readonly method: HTTPMethods;
  readonly url: string;
}

const isAccount = (name: string): boolean => /^(?:account|accountSid|sid)$/.test(name);

function parametersOf(route: RouteOptions): string[] {
  return [...route.url.matchAll(/:([A-Za-z]+)/g)].map(([, name = ""]) => name);
}

/** Every request to a route with the account in its path, and each of acme's ids for each other parameter. */
function attemptsOf(route: RouteOptions, account: string): Attempt[] {
  let paths = [route.url];
  for (const name of parametersOf(route)) {
    const values = isAccount(name) ? [account] : ids;
    paths = paths.flatMap((path) => values.map((value) => path.replace(`:${name}`, encodeURIComponent(value))));
  }
  return [route.method].flat().flatMap((method) => paths.map((path) => ({ method, url: path })));
}

let sent = 0;

/** Sends each request from another address, so that no limit on attempts answers in place of the route. */
async function send(
  { method, url: path }: Attempt,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  const remoteAddress = `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent++ & 255}`;
  const request = { method: method as "GET", url: path, headers, remoteAddress };
  const answer = app
    .inject(method === "GET" || method === "HEAD" ? request : { ...request, payload: {} })
    .then(({ statusCode, body }) => ({ status: statusCode, body }));
  const streaming = new Promise<{ status: number; body: string }>((resolve) => {
    setTimeout(() => resolve({ status: 0, body: "" }), STREAM_MS);
  });
  return Promise.race([answer, streaming]);
}

/** All of acme's rows, and rows of no account that have its mark, without the time of last use. */
async function acmesRows(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const tables = await server.query(url, "select tablename from pg_tables where schemaname = 'public' order by 1");
  for (const { tablename } of tables) {
    const text = `select to_jsonb(t) - 'last_used_at' as row from ${String(tablename)} t
      where to_jsonb(t) ->> 'account' = 'acme' or (not to_jsonb(t) ? 'account' and t::text like '%${MARK}%') order by t::text`;
    found[String(tablename)] = await server.query(url, text);
  }
  return found;
}

const ofAccounts = (): RouteOptions[] => routes.filter((route) => parametersOf(route).some(isAccount));

describe("a hostile account", { timeout: LIMIT_MS }, () => {
  it("is in the path of every route except public ones and the platform's", () => {
    const others = routes.filter((route) => !parametersOf(route).some(isAccount)).map((route) => route.url);
    expect(others.filter((path) => !PUBLIC.has(path) && !OF_MEMBERS.test(path) && !OF_SEVERAL.test(path))).toEqual([]);
    expect(ofAccounts().length).toBeGreaterThan(8);
  });

  it("gets 401 from every route of another account, with its own key and without one", async () => {
    for (const attempt of ofAccounts().flatMap((route) => attemptsOf(route, "acme")))
      for (const headers of [STRANGER, {}, basic("acme-key", "globex-token")]) {
        const { status, body } = await send(attempt, headers);
        expect(status, `${attempt.method} ${attempt.url}: ${body}`).toBe(401);
        expect(body).not.toContain(MARK);
      }
  });

  it("gets 404 from every route of another account, with a session of its own administrator", async () => {
    for (const attempt of ofAccounts().flatMap((route) => attemptsOf(route, "acme"))) {
      const { status, body } = await send(attempt, STRANGERS_SESSION);
      expect(status, `${attempt.method} ${attempt.url}: ${body}`).toBe(404);
    }
  });

  it("gets nothing from the routes of the platform", async () => {
    const ofPlatform = routes.filter(({ url: path }) => OF_MEMBERS.test(path) && !path.startsWith("/api/session"));
    expect(ofPlatform.length).toBeGreaterThan(4);
    for (const attempt of ofPlatform.flatMap((route) => attemptsOf(route, ""))) {
      expect((await send(attempt, STRANGER)).status, attempt.url).toBe(401);
      expect((await send(attempt, STRANGERS_SESSION)).status, attempt.url).toBe(403);
    }
  });

  it("reads and changes nothing of another account through routes for several accounts", async () => {
    const before = await acmesRows();
    const workspace = { accounts: [configured("acme", "+918047100000", "stolen")], flows: [] };
    for (const headers of [STRANGER, STRANGERS_SESSION, {}]) {
      const read = await app.inject({ url: "/api/workspace?account=acme", headers });
      const all = await app.inject({ url: "/api/workspace", headers });
      const apply = await app.inject({ method: "POST", url: "/api/workspace/apply", headers, payload: { workspace } });
      expect([read.statusCode, all.statusCode, apply.statusCode]).toEqual([401, 401, 401]);
      expect(read.body + all.body + apply.body).not.toContain(MARK);
    }
    const own = await app.inject({ url: "/api/workspace?account=globex", headers: STRANGER });
    expect([own.statusCode, own.body]).toEqual([200, expect.not.stringContaining(MARK)]);
    expect(await acmesRows()).toEqual(before);
  });

  it("finds and changes nothing of another account under its own, whatever ids it tries", async () => {
    const before = await acmesRows();
    calls.length = 0;
    const attempts = ofAccounts().flatMap((route) => attemptsOf(route, "globex"));
    for (const [attempt, headers] of attempts.flatMap((one) => [
      [one, STRANGER] as const,
      [one, STRANGERS_SESSION] as const,
    ])) {
      const { status, body } = await send(attempt, headers);
      const shown = body
        .replaceAll(decodeURIComponent(attempt.url), "")
        .replaceAll(new RegExp(ids.join("|").replaceAll("+", "\\+"), "g"), "");
      expect(shown, `${attempt.method} ${attempt.url}`).not.toContain(MARK);
      expect(status, `${attempt.method} ${attempt.url}: ${body}`).toBeLessThan(500);
    }
    expect(await acmesRows()).toEqual(before);
    expect(calls.filter(({ args }) => JSON.stringify(args).includes(MARK))).toEqual([]);
  });

  it("would find all of it with the owner's key, which proves that these tests look at something", async () => {
    const bodies: string[] = [];
    for (const attempt of ofAccounts().flatMap((route) => attemptsOf(route, "acme")))
      if (attempt.method === "GET") bodies.push((await send(attempt, OWNER)).body);
    const found = bodies.filter((body) => body.includes(MARK) || body.includes("RIFF"));
    expect(found.length).toBeGreaterThan(4);
    expect((await send({ method: "POST", url: `/api/accounts/acme/calls/${MARK}live/hangup` }, OWNER)).status).toBe(
      202,
    );
    expect(calls.some(({ args }) => args.includes(`${MARK}live`))).toBe(true);
  });
});
