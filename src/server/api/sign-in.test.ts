import type { FastifyInstance } from "fastify";
import { TOTP, URI } from "otpauth";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Store } from "../../edges/store/store.ts";
import { PasswordsBusyError } from "./password.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { Feed } from "../exchange/feed/feed.ts";
import { RecordingLinks } from "../exchange/recording-links.ts";
import type { Access } from "./access.ts";
import { buildApi } from "./server.ts";
import { basic, PUBLIC_URL, testAccess } from "./testing/access.ts";
import { inert } from "./testing/inert.ts";

const START_MS = 1_767_600_000_000;
const HOUR_MS = 3_600_000;
const OWN_PAGE = { "sec-fetch-site": "same-origin" };
const KEY = basic("acme-key", "acme-token");
const PASSWORD = "correct horse battery";

let server: TestServer;
let url: string;
let store: Store;
let clock: VirtualClock;
let access: Access;
let app: FastifyInstance;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.query(url, "truncate members, sessions, api_keys");
  store = await Store.open(url, { log: silentLog, node: "n1" });
  clock = new VirtualClock(START_MS);
  access = await testAccess(store, { accounts: ["acme", "globex"], clock });
  const exchange = inert("exchange", () => undefined);
  const links = new RecordingLinks("secret", PUBLIC_URL);
  const trustedProxies = ["127.0.0.0/8"];
  const parts = { exchange, store, access, trustedProxies, recordingsDir: "/nowhere", links, clock, log: silentLog };
  app = await buildApi({
    ...parts,
    configuration: inert("configuration", () => undefined),
    operatorToken: "operator-password",
    directory: { account: () => undefined },
    feed: new Feed({ table: store.feed, clock: clock, log: silentLog }),
    publicUrl: PUBLIC_URL,
  });
});
afterEach(async () => {
  await app.close();
  await store.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly cookie: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface Sent {
  readonly payload?: object;
  readonly headers?: Record<string, string>;
  readonly remoteAddress?: string;
}

async function send(request: string, sent: Sent = {}): Promise<Answer> {
  const [method, path] = request.split(" ");
  const response = await app.inject({ method: method as "GET", url: `/api${path ?? ""}`, ...sent });
  const [cookie = ""] = String(response.headers["set-cookie"] ?? "").split(";");
  const body = response.body === "" ? {} : response.json<Record<string, unknown>>();
  return { status: response.statusCode, body, cookie, headers: response.headers };
}

/** Sends as a page of ours with this session. */
function as(cookie: string, request: string, payload?: object): Promise<Answer> {
  return send(request, { headers: { cookie, ...OWN_PAGE }, ...(payload && { payload }) });
}

function signIn(login: string, password: string, more: object = {}, sent: Sent = {}): Promise<Answer> {
  return send("POST /session", { payload: { account: "acme", login, password, ...more }, ...sent });
}

/** Creates a member of acme with their own password; returns the cookie of their session. */
async function member(login: string, role: string): Promise<{ readonly id: string; readonly cookie: string }> {
  const made = await send("POST /accounts/acme/members", { headers: KEY, payload: { login, role } });
  expect(made.status).toBe(201);
  const { cookie } = await signIn(login, String(made.body["password"]));
  const change = { password: made.body["password"], new_password: PASSWORD };
  expect((await as(cookie, "PUT /session/password", change)).status).toBe(200);
  return { id: String(made.body["id"]), cookie };
}

describe("the first administrator", () => {
  it("is created once, with a password that must be changed before anything else", async () => {
    const made = await access.signIns.makeFirstAdmin();
    expect(await access.signIns.makeFirstAdmin()).toBeNull();
    const password = made?.password ?? "";
    expect(password).toMatch(/^(?:[0-9a-f]{5}-){3}[0-9a-f]{5}$/);
    const { status, cookie } = await signIn("admin", password, { account: null });
    expect(status).toBe(200);
    expect((await as(cookie, "GET /accounts/acme/calls")).body["detail"]).toContain("change your password first");
    expect((await as(cookie, "GET /members")).status).toBe(403);
    await as(cookie, "PUT /session/password", { password, new_password: PASSWORD });
    expect((await as(cookie, "GET /accounts/acme/calls")).status).toBe(200);
    expect((await as(cookie, "GET /accounts/globex/keys")).status).toBe(200);
    expect((await as(cookie, "GET /accounts/nobody/calls")).status).toBe(404);
    expect((await signIn("admin", password, { account: null })).status).toBe(401);
  });

  it("can't be removed or demoted while there is no other", async () => {
    const made = await access.signIns.makeFirstAdmin();
    const { cookie, body } = await signIn("admin", made?.password ?? "", { account: null });
    await as(cookie, "PUT /session/password", { password: made?.password, new_password: PASSWORD });
    const path = `/members/${String(body["id"])}`;
    expect((await as(cookie, `PATCH ${path}`, { role: "viewer" })).status).toBe(409);
    expect((await as(cookie, `DELETE ${path}`, {})).status).toBe(409);
    expect((await as(cookie, "POST /members", { login: "second", role: "admin" })).status).toBe(201);
    expect((await as(cookie, `DELETE ${path}`, {})).status).toBe(200);
    expect((await as(cookie, "GET /session")).status).toBe(401);
    const entries = await store.audit.list(null, { limit: 4 });
    expect(entries.map(({ action, actor }) => `${actor.kind} ${action}`)).toEqual([
      "user member.removed",
      "user member.added",
      "user member.password_changed",
      "system member.added",
    ]);
  });
});

describe("the link of the first start", () => {
  const open = (token: string, sent: Sent = {}) => send("POST /session/link", { payload: { token }, ...sent });

  async function firstAdmin() {
    const made = await access.signIns.makeFirstAdmin();
    if (made === null) throw new Error("there is an administrator");
    return made;
  }

  it("signs in once, and lets a password be chosen without knowing the printed one", async () => {
    const { linkToken, password } = await firstAdmin();
    const { status, cookie, body } = await open(linkToken);
    expect([status, body["login"], body["must_change"]]).toEqual([200, "admin", true]);
    expect((await as(cookie, "GET /members")).status).toBe(403);
    expect((await open(linkToken)).status).toBe(401);
    expect((await as(cookie, "PUT /session/password", { new_password: PASSWORD })).status).toBe(200);
    expect((await as(cookie, "GET /members")).status).toBe(200);
    expect((await signIn("admin", password, { account: null })).status).toBe(401);
    expect((await signIn("admin", PASSWORD, { account: null })).status).toBe(200);
    const entries = await store.audit.list(null, { limit: 2 });
    expect(entries.map(({ action }) => action)).toEqual(["member.password_changed", "member.signed_in_by_link"]);
  });

  it("spares the old password only in its own session, and only until one is chosen", async () => {
    const { linkToken, password } = await firstAdmin();
    const { cookie } = await open(linkToken);
    const other = (await signIn("admin", password, { account: null })).cookie;
    expect((await as(other, "PUT /session/password", { new_password: PASSWORD })).status).toBe(400);
    expect((await as(cookie, "PUT /session/password", { new_password: PASSWORD })).status).toBe(200);
    expect((await as(cookie, "PUT /session/password", { new_password: `${PASSWORD}!` })).status).toBe(400);
  });

  it("ends after a quarter of an hour, with the first sign-in by password, and with another process", async () => {
    const { linkToken, password } = await firstAdmin();
    const later = await testAccess(store, { clock });
    expect(await later.signIns.signInByLink(linkToken, "192.0.2.1")).toEqual({ kind: "wrong" });
    await signIn("admin", password, { account: null });
    expect((await open(linkToken)).status).toBe(401);
    await server.query(url, "truncate members, sessions");
    const next = await firstAdmin();
    clock.advance(15 * 60_000);
    expect((await open(next.linkToken)).status).toBe(401);
  });

  it("is not used up by guesses, which are limited, nor by another site", async () => {
    const { linkToken } = await firstAdmin();
    expect((await open(linkToken, { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    for (let guess = 0; guess < 10; guess += 1)
      expect((await open("0".repeat(64), { remoteAddress: "192.0.2.7" })).status).toBe(401);
    expect((await open(linkToken, { remoteAddress: "192.0.2.7" })).status).toBe(429);
    expect((await open(linkToken, { remoteAddress: "192.0.2.8" })).status).toBe(200);
  });
});

describe("a session", () => {
  it("has a cookie that scripts, other sites and plain HTTP do not get", async () => {
    await member("priya", "viewer");
    const { headers } = await signIn("priya", PASSWORD);
    expect(headers["set-cookie"]).toMatch(
      /^__Host-plugboard_session=[0-9a-f]{64}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  it.each([
    ["viewer", [200, 403, 403]],
    ["operator", [200, 404, 403]],
    ["admin", [200, 404, 200]],
  ])("of a %s may read, control calls and change the account: %s", async (role, statuses) => {
    const { cookie } = await member("priya", role);
    const answers = [
      await as(cookie, "GET /accounts/acme/calls"),
      await as(cookie, "POST /accounts/acme/calls/none/hangup"),
      await as(cookie, "GET /accounts/acme/keys"),
    ];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  it("sees only its own account, not the platform", async () => {
    const { cookie } = await member("priya", "admin");
    for (const path of ["calls", "keys", "members", "audit"])
      expect((await as(cookie, `GET /accounts/globex/${path}`)).status).toBe(404);
    expect([(await as(cookie, "GET /members")).status, (await as(cookie, "GET /audit")).status]).toEqual([403, 403]);
  });

  it.each<[string, Record<string, string>]>([
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another host of the same site", { "sec-fetch-site": "same-site" }],
    ["another origin", { origin: "https://evil.example" }],
    ["a page without an origin", { origin: "null" }],
    ["nowhere", {}],
  ])("changes nothing for a request from %s", async (_, headers) => {
    const { cookie } = await member("priya", "admin");
    const payload = { name: "n", scopes: ["read"] };
    const { status, body } = await send("POST /accounts/acme/keys", { headers: { cookie, ...headers }, payload });
    expect([status, String(body["detail"])]).toEqual([
      403,
      expect.stringContaining("only from the platform's own pages"),
    ]);
    expect(access.refusals.counts.get("cross_site")).toBe(1);
  });

  it.each<Record<string, string>>([
    { origin: PUBLIC_URL },
    { origin: "http://10.0.0.5:8080", host: "10.0.0.5:8080" },
    { "sec-fetch-site": "same-origin" },
  ])("changes things for a request from our own page: %o", async (headers) => {
    const { cookie } = await member("priya", "admin");
    const payload = { name: "n", scopes: ["read"] };
    expect((await send("POST /accounts/acme/keys", { headers: { cookie, ...headers }, payload })).status).toBe(201);
  });

  it("is not started for a page of another site", async () => {
    await member("priya", "viewer");
    const headers = { origin: "https://evil.example" };
    expect((await signIn("priya", PASSWORD, {}, { headers })).status).toBe(403);
  });

  it("ends twelve hours after its last use, a week after it began, and on signing out", async () => {
    const { cookie } = await member("priya", "viewer");
    const isOpen = async (): Promise<boolean> => (await as(cookie, "GET /session")).status === 200;
    const noted = async (): Promise<unknown> => (await server.query(url, "select max(used_at) as at from sessions"))[0];
    const begun = clock.now();
    while (clock.now() + 11 * HOUR_MS < begun + 7 * 24 * HOUR_MS) {
      clock.advance(11 * HOUR_MS);
      expect(await isOpen()).toBe(true);
      await expect.poll(noted).toEqual({ at: String(clock.now()) });
    }
    clock.advance(11 * HOUR_MS);
    expect(await isOpen()).toBe(false);
    const second = await signIn("priya", PASSWORD);
    clock.advance(12 * HOUR_MS + 1);
    expect((await as(second.cookie, "GET /session")).status).toBe(401);
    const third = await signIn("priya", PASSWORD);
    expect((await as(third.cookie, "DELETE /session")).status).toBe(200);
    expect((await as(third.cookie, "GET /session")).status).toBe(401);
  });

  it("ends with a reset or the member's removal; a changed password ends the member's other sessions", async () => {
    const { id, cookie } = await member("priya", "viewer");
    const other = await signIn("priya", PASSWORD);
    const change = { password: PASSWORD, new_password: "another good password" };
    expect((await as(cookie, "PUT /session/password", change)).status).toBe(200);
    expect([(await as(cookie, "GET /session")).status, (await as(other.cookie, "GET /session")).status]).toEqual([
      200, 401,
    ]);
    const path = `/accounts/acme/members/${id}`;
    const reset = await send(`POST ${path}/reset`, { headers: KEY, payload: {} });
    expect((await as(cookie, "GET /session")).status).toBe(401);
    const again = await signIn("priya", String(reset.body["password"]));
    expect(again.status).toBe(200);
    expect((await send(`DELETE ${path}`, { headers: KEY })).status).toBe(200);
    expect((await as(again.cookie, "GET /session")).status).toBe(401);
  });
});

describe("a sign-in", () => {
  it("gives the same answer for an unknown login, a wrong password and another account", async () => {
    await member("priya", "viewer");
    const answers = [
      await signIn("nobody", PASSWORD),
      await signIn("priya", "wrong"),
      await signIn("priya", PASSWORD, { account: "globex" }),
      await signIn("priya", PASSWORD, { account: null }),
    ];
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(body["detail"])}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
  });

  it("is refused after ten failures from one address, even if they come at once", async () => {
    await member("priya", "viewer");
    const attempts = await Promise.all(Array.from({ length: 15 }, (_, i) => signIn("priya", `guess ${i}`)));
    expect(attempts.filter(({ status }) => status === 401)).toHaveLength(10);
    const late = await signIn("priya", PASSWORD);
    expect([late.status, late.headers["retry-after"]]).toEqual([429, "60"]);
    expect((await signIn("priya", PASSWORD, {}, { remoteAddress: "192.0.2.9" })).status).toBe(200);
    clock.advance(60_000);
    expect((await signIn("priya", PASSWORD)).status).toBe(200);
    expect(access.refusals.counts.get("too_many_failures")).toBe(6);
  });

  it("whose password could not be checked is not a failure; nor is such a change of password", async () => {
    const { cookie } = await member("priya", "viewer");
    const matches = vi.spyOn(access.signIns.passwords, "matches");
    matches.mockRejectedValue(new PasswordsBusyError("too many passwords are waiting to be checked"));
    for (let i = 0; i < 12; i++) expect((await signIn("priya", PASSWORD)).status).toBe(503);
    const change = { password: PASSWORD, new_password: "x".repeat(12) };
    for (let i = 0; i < 12; i++) expect((await as(cookie, "PUT /session/password", change)).status).toBe(503);
    matches.mockRestore();
    expect((await signIn("priya", PASSWORD)).status).toBe(200);
  });

  it("for one login is refused after fifty failures from anywhere, except where its owner has signed in", async () => {
    await member("priya", "viewer");
    for (let i = 0; i < 50; i++) await signIn("priya", "guess", {}, { remoteAddress: `198.51.100.${i}` });
    expect((await signIn("priya", PASSWORD, {}, { remoteAddress: "203.0.113.1" })).status).toBe(429);
    expect((await signIn("priya", PASSWORD)).status).toBe(200);
  }, 60_000);

  it("counts for the client named by a trusted proxy, or for the sender if the proxy is not trusted", async () => {
    const from = (remoteAddress: string, client: string): Promise<Answer> =>
      signIn("nobody", "guess", {}, { remoteAddress, headers: { "x-forwarded-for": client } });
    for (let i = 0; i < 10; i++) await from("127.0.0.1", "192.0.2.1");
    expect((await from("127.0.0.1", "192.0.2.1")).status).toBe(429);
    expect((await from("127.0.0.1", "192.0.2.2")).status).toBe(401);
    for (let i = 0; i < 10; i++) await from("203.0.113.5", `192.0.2.${i}`);
    expect((await from("203.0.113.5", "192.0.2.99")).status).toBe(429);
  });

  it.each([
    [{ login: "priya" }, /^password is missing/],
    [{ login: "priya", password: "x".repeat(257) }, /^password is "x+, it must be at most 256 characters/],
    [{ login: "priya", password: "x", scope: "admin" }, /scope/],
    [[1], /body/],
  ])("refuses the body %o with a sentence", async (payload, sentence) => {
    const { status, body } = await send("POST /session", { payload });
    expect([status, String(body["detail"])]).toEqual([400, expect.stringMatching(sentence)]);
  });

  it("refuses a new password that is short or the same as before", async () => {
    const { cookie } = await member("priya", "viewer");
    const change = (new_password: string): Promise<Answer> =>
      as(cookie, "PUT /session/password", { password: PASSWORD, new_password });
    expect((await change("short")).body["detail"]).toContain("at least 12 characters");
    expect((await change(PASSWORD)).status).toBe(400);
    expect(
      (await as(cookie, "PUT /session/password", { password: "wrong", new_password: "x".repeat(12) })).status,
    ).toBe(403);
  });
});

describe("a second factor", () => {
  interface Enrolled {
    readonly cookie: string;
    readonly recovery: readonly string[];
    readonly code: () => string;
  }

  async function enrolled(): Promise<Enrolled> {
    const { cookie } = await member("priya", "viewer");
    const { body } = await as(cookie, "POST /session/totp", { password: PASSWORD });
    const totp = URI.parse(String(body["uri"])) as TOTP;
    expect(totp).toMatchObject({ issuer: "Plugboard", label: "priya", period: 30, digits: 6 });
    const code = (): string => totp.generate({ timestamp: clock.now() });
    const confirmed = await as(cookie, "POST /session/totp/confirm", { code: code() });
    clock.advance(60_000);
    return { cookie, code, recovery: confirmed.body["recovery_codes"] as string[] };
  }

  it("is asked for only after a code has confirmed it", async () => {
    const { cookie } = await member("priya", "viewer");
    await as(cookie, "POST /session/totp", { password: PASSWORD });
    expect((await as(cookie, "POST /session/totp/confirm", { code: "000000" })).status).toBe(409);
    expect((await signIn("priya", PASSWORD)).status).toBe(200);
  });

  it("is asked for after the right password, and accepts the code of the current, previous or next step", async () => {
    const { code } = await enrolled();
    const asked = await signIn("priya", PASSWORD);
    expect([asked.status, asked.body["field"], asked.cookie]).toEqual([401, "code", ""]);
    expect((await signIn("priya", "wrong")).body["field"]).toBeUndefined();
    const early = code();
    clock.advance(30_000);
    expect((await signIn("priya", PASSWORD, { code: early })).status).toBe(200);
    const old = code();
    clock.advance(60_000);
    expect((await signIn("priya", PASSWORD, { code: old })).status).toBe(401);
  });

  it("accepts no code twice, not even at the same moment", async () => {
    const { code } = await enrolled();
    const answers = await Promise.all(Array.from({ length: 4 }, () => signIn("priya", PASSWORD, { code: code() })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401]);
  });

  it("accepts each recovery code once, however it is typed", async () => {
    const { recovery } = await enrolled();
    expect(new Set(recovery).size).toBe(10);
    const [first = "", second = ""] = recovery;
    expect((await signIn("priya", PASSWORD, { code: first })).status).toBe(200);
    expect((await signIn("priya", PASSWORD, { code: first })).status).toBe(401);
    expect((await signIn("priya", PASSWORD, { code: second.toUpperCase().replaceAll("-", " ") })).status).toBe(200);
  });

  it("can be ended with the password, and only with it", async () => {
    const { cookie } = await enrolled();
    expect((await as(cookie, "DELETE /session/totp", { password: "wrong" })).status).toBe(403);
    expect((await as(cookie, "DELETE /session/totp", { password: PASSWORD })).status).toBe(200);
    expect((await signIn("priya", PASSWORD)).status).toBe(200);
  });
});

describe("members", () => {
  it("of an account are managed with its admin key, and every change is recorded without secrets", async () => {
    const { id } = await member("priya", "viewer");
    expect(
      (await send("POST /accounts/acme/members", { headers: KEY, payload: { login: "priya", role: "admin" } })).status,
    ).toBe(409);
    await send(`PATCH /accounts/acme/members/${id}`, { headers: KEY, payload: { role: "operator" } });
    const listed = await send("GET /accounts/acme/members", { headers: KEY });
    expect(listed.body["members"]).toMatchObject([{ id, login: "priya", role: "operator", account: "acme" }]);
    expect(JSON.stringify(listed.body)).not.toMatch(/argon2|hash|secret/);
    await send(`DELETE /accounts/acme/members/${id}`, { headers: KEY });
    const audit = await send("GET /accounts/acme/audit?limit=4", { headers: KEY });
    expect(audit.body["entries"]).toMatchObject([
      { action: "member.removed", subject: id, by: { kind: "key", id: "acme-key" }, before: { role: "operator" } },
      { action: "member.role_changed", before: { role: "viewer" }, after: { role: "operator" } },
      { action: "member.password_changed", by: { kind: "user", id } },
      { action: "member.added", after: { login: "priya", role: "viewer" } },
    ]);
  });

  it("of different accounts may have the same login", async () => {
    await member("priya", "viewer");
    const other = await send("POST /accounts/globex/members", {
      headers: basic("globex-key", "globex-token"),
      payload: { login: "priya", role: "viewer" },
    });
    expect(other.status).toBe(201);
  });
});
