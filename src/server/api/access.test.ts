import { assert, asyncProperty, string } from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { TokenHash } from "../../edges/store/token-hash.ts";
import { Access } from "./access.ts";

const START_MS = 1_767_600_000_000;
const ADDRESS = "198.51.100.7";
const FILE_KEY = { key: "acme-key", token: "acme-token", scopes: ["read"] } as const;

let server: TestServer;
let url: string;
let store: Store;
let clock: VirtualClock;
let access: Access;
let accounts: string[];

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
});
afterAll(async () => {
  await store.close();
  await server.stop();
});
beforeEach(async () => {
  await server.query(url, "truncate api_keys");
  clock = new VirtualClock(START_MS);
  accounts = ["acme", "globex"];
  access = new Access({
    keys: store.keys,
    members: store.members,
    sealer: new Sealer("secret", seededRandom(2)),
    publicUrl: "http://127.0.0.1:8080",
    tokens: new TokenHash("secret"),
    isAccount: (sid) => accounts.includes(sid),
    clock,
    random: seededRandom(7),
    log: silentLog,
  });
  await access.useFileKeys("acme", [FILE_KEY]);
});

async function check(account: string, key: string, token: string, address = ADDRESS): Promise<string> {
  return (await access.checkKey(account, key, token, address)).kind;
}

async function make(account: string): Promise<{ key: string; token: string }> {
  const { key, token, tokenHash } = access.makeKey(account);
  const row = { account, key, tokenHash, name: "n", scopes: ["call"], createdAt: clock.now(), createdBy: "t" } as const;
  await store.withinAccount(account, (db) => store.keys.add(db, row));
  return { key, token };
}

describe("a key", () => {
  it("opens only its own account, with its scopes", async () => {
    const { key, token } = await make("acme");
    expect(await access.checkKey("acme", key, token, ADDRESS)).toEqual({
      kind: "ok",
      requester: { kind: "key", id: key, scopes: ["call"] },
    });
    expect([await check("globex", key, token), await check("acme", "acme-key", token)]).toEqual(["wrong", "wrong"]);
  });

  it("opens nothing once it is revoked or its account is deleted", async () => {
    const { key, token } = await make("acme");
    await store.withinAccount("acme", (db) => store.keys.revoke(db, "acme", key, clock.now()));
    expect(await check("acme", key, token)).toBe("wrong");
    expect(await check("acme", "acme-key", "acme-token")).toBe("ok");
    accounts = ["globex"];
    expect(await check("acme", "acme-key", "acme-token")).toBe("wrong");
  });

  it("from the file opens nothing once its token has changed or it was removed; other keys stay", async () => {
    const made = await make("acme");
    await access.useFileKeys("acme", [{ ...FILE_KEY, token: "new" }]);
    expect([await check("acme", "acme-key", "acme-token"), await check("acme", "acme-key", "new")]).toEqual([
      "wrong",
      "ok",
    ]);
    await access.useFileKeys("acme", []);
    expect([await check("acme", "acme-key", "new"), await check("acme", made.key, made.token)]).toEqual([
      "wrong",
      "ok",
    ]);
  });

  it("is opened by no other token", async () => {
    const { key, token } = await make("acme");
    await assert(
      asyncProperty(string({ unit: "binary" }), string({ unit: "binary" }), async (otherKey, otherToken) => {
        clock.advance(3_600_000);
        expect(await check("acme", key, otherToken)).not.toBe("ok");
        expect(await check("acme", otherKey, token)).not.toBe("ok");
      }),
      { numRuns: 50 },
    );
  });

  it("has 256 bits that are nowhere in the database; nor is a token from the file", async () => {
    const { token } = await make("acme");
    expect(token).toMatch(/^pbt_[0-9a-f]{64}$/);
    const rows = JSON.stringify(await server.query(url, "select * from api_keys"));
    expect(rows).toContain("acme-key");
    for (const secret of [token, token.slice(4), "acme-token"]) expect(rows).not.toContain(secret);
  });

  it("copied by hand to another account's row opens nothing there", async () => {
    const { key, token } = await make("acme");
    await server.query(url, "update api_keys set account = 'globex' where key = $1", [key]);
    expect(await check("globex", key, token)).toBe("wrong");
  });

  it("notes its last use, at most once a minute", async () => {
    const row = async (): Promise<Record<string, unknown> | undefined> =>
      (await server.query(url, "select last_used_at, xmin::text as version from api_keys"))[0];
    const use = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 5 }, () => check("acme", "acme-key", "acme-token")));
    await use();
    await expect.poll(row).toMatchObject({ last_used_at: String(START_MS) });
    const first = await row();
    clock.advance(59_999);
    await use();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await row()).toEqual(first);
    clock.advance(1);
    await use();
    await expect.poll(row).toMatchObject({ last_used_at: String(START_MS + 60_000) });
  });
});

describe("guessing", () => {
  it("is stopped after ten wrong tokens, even if they come at once; the right one has to wait too", async () => {
    const attempts = Array.from({ length: 50 }, (_, i) => check("acme", "acme-key", `guess ${i}`));
    const kinds = await Promise.all(attempts);
    expect(kinds.filter((kind) => kind === "wrong")).toHaveLength(10);
    expect(kinds.filter((kind) => kind === "later")).toHaveLength(40);
    expect(await access.checkKey("acme", "acme-key", "acme-token", ADDRESS)).toEqual({ kind: "later", after: 30 });
    clock.advance(30_000);
    expect(await check("acme", "acme-key", "acme-token")).toBe("ok");
  });

  it("delays neither other addresses nor other keys", async () => {
    const { key, token } = await make("acme");
    for (let i = 0; i < 10; i++) await check("acme", "acme-key", "guess");
    expect(await check("acme", "acme-key", "acme-token")).toBe("later");
    expect(await check("acme", "acme-key", "acme-token", "203.0.113.9")).toBe("ok");
    expect(await check("acme", key, token)).toBe("ok");
  });

  it("with ever new keys is stopped after a hundred", async () => {
    const kinds = await Promise.all(Array.from({ length: 150 }, (_, i) => check("acme", `key ${i}`, "guess")));
    expect(kinds.filter((kind) => kind === "wrong")).toHaveLength(100);
    clock.advance(3_000);
    expect(await check("acme", "acme-key", "acme-token")).toBe("ok");
  });

  it("from another address in the same IPv6 network counts as the same", async () => {
    for (let i = 0; i < 10; i++) await check("acme", "acme-key", "guess", `2001:db8::${i}`);
    expect(await check("acme", "acme-key", "guess", "2001:db8::ffff")).toBe("later");
  });
});
