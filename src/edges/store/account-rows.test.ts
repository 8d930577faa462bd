import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ACCOUNT_ROLE } from "./account-rows.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";

/** Tables with nothing that belongs to an account, or that are read before the requester is known: the role has no rights to them. */
const OF_THE_PLATFORM = [
  "configuration_state",
  // Parts of the journal, which the role reaches through the whole only.
  "journal_before_weeks",
  "journal_rest",
  "kysely_migration",
  "kysely_migration_lock",
  "sessions",
  "setups",
  "store_key",
];

/** Tables that hold a row of acme's here; for the others the test only shows that no rows of another account are seen. */
const WITH_ROWS = ["api_keys", "audit_log", "calls", "feed", "feed_heads", "journal", "live", "members", "outbox"];

let server: TestServer;
let url: string;
let store: Store;

beforeAll(async () => {
  server = await startTestServer();
  url = await server.database();
  store = await Store.open(url, { log: silentLog, node: "n1" });
  const owed = { id: "o1", order: "o", purpose: "dial_event" as const, request: "{}" };
  await store.append(sampleCall("done").map((row, i) => (i === 0 ? { ...row, outbox: [owed] } : row)));
  await store.append(sampleCall("live").slice(0, 2));
  await store.keys.replaceFileKeys("acme", [{ key: "k", scopes: ["read"], tokenHash: "h" }], 1);
  const member = {
    id: "u",
    account: "acme",
    login: "u",
    role: "admin",
    password_hash: "",
    must_change: false,
  } as const;
  await store.withinAccount("acme", (db) => store.members.add(db, { ...member, created_at: 1, created_by: "" }));
  const note = { account: "acme", at: 1, actor: { kind: "system", id: "test" }, action: "a.b", subject: "s" } as const;
  await store.withinAccount("acme", (db) => store.audit.note(db, note));
  await store.feed.append("acme", [{ at: 1, type: "test", data: {} }]);
  await store.feed.sequence();
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

async function tables(): Promise<{ name: string; isBound: boolean }[]> {
  const rows = await server.query(
    url,
    `select relname, relrowsecurity and exists (select 1 from pg_policy where polrelid = c.oid) as bound
     from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`,
  );
  return rows.map(({ relname, bound }) => ({ name: String(relname), isBound: bound === true }));
}

const countAs = (account: string, table: string): Promise<number> =>
  store.withinAccount(account, async (db) => {
    const { rows } = await sql.raw<{ count: number }>(`select count(*) as count from ${table}`).execute(db);
    return Number(rows[0]?.count);
  });

describe("a session under the account role", () => {
  it("finds a policy on every table except the platform's", async () => {
    const unbound = (await tables()).filter(({ isBound }) => !isBound).map(({ name }) => name);
    expect(unbound).toEqual(OF_THE_PLATFORM);
  });

  it("sees its account's rows in every table, and another account sees none", async () => {
    for (const { name } of (await tables()).filter(({ isBound }) => isBound)) {
      const [all] = await server.query(url, `select count(*) as count from ${name}`);
      expect([name, await countAs("acme", name)]).toEqual([name, Number(all?.["count"])]);
      if (WITH_ROWS.includes(name)) expect([name, Number(all?.["count"])]).not.toEqual([name, 0]);
      for (const account of ["globex", "", "acme'--", "%"])
        expect([name, await countAs(account, name)]).toEqual([name, 0]);
    }
  });

  it.each(OF_THE_PLATFORM)("has no right to %s", async (table) => {
    await expect(countAs("acme", table)).rejects.toThrow("permission denied");
  });

  it.each(["update", "delete"])("cannot %s rows of another account", async (verb) => {
    const before = await server.query(url, "select * from outbox, api_keys, audit_log, calls");
    for (const { name } of await tables()) {
      const text = verb === "update" ? `update ${name} set account = 'globex'` : `delete from ${name}`;
      const changed = store
        .withinAccount("globex", (db) => sql.raw(text).execute(db))
        .then(
          ({ numAffectedRows }) => numAffectedRows ?? 0n,
          (error: unknown) => String(error),
        );
      expect([name, await changed]).toEqual([
        name,
        expect.toSatisfy((result) => result === 0n || /permission|column/.test(String(result))),
      ]);
    }
    expect(await server.query(url, "select * from outbox, api_keys, audit_log, calls")).toEqual(before);
  });

  it("cannot put rows into another account", async () => {
    const note = { account: "acme", at: 1, actor: { kind: "system", id: "x" }, action: "a.b", subject: "s" } as const;
    await expect(store.withinAccount("globex", (db) => store.audit.note(db, note))).rejects.toThrow(
      "row-level security",
    );
    const row = {
      account: "acme",
      key: "stolen",
      name: "",
      scopes: ["admin"],
      createdAt: 1,
      createdBy: "x",
      tokenHash: "h",
    } as const;
    await expect(store.withinAccount("globex", (db) => store.keys.add(db, row))).rejects.toThrow("row-level security");
  });

  it("stops being the account's when its transaction ends, however it ends", async () => {
    await expect(store.withinAccount("acme", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    // Every connection of the pool.
    const roles = await Promise.all(
      Array.from({ length: 8 }, () => store.keys.find("acme", "k").then((found) => found?.key)),
    );
    expect(new Set(roles)).toEqual(new Set(["k"]));
  });

  it("uses the index of an account's calls", async () => {
    const plan = await store.withinAccount("acme", async (db) => {
      await sql`set local enable_seqscan = off`.execute(db);
      const { rows } = await sql<{ "QUERY PLAN": string }>`explain select call_sid from calls
        where account = 'acme' and (started_at, call_sid) < (9, 'x') order by started_at desc, call_sid desc limit 5`.execute(
        db,
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    expect(plan).toContain("calls_by_account");
    expect(plan).not.toContain("Sort");
    expect(plan).toMatch(/Index Cond:.*ROW\(started_at, call_sid\)/s);
  });
});

describe("the audit log", () => {
  it.each(["update audit_log set actor = 'x'", "delete from audit_log", "truncate audit_log"])(
    "refuses even its owner to %s",
    async (text) => {
      await expect(server.query(url, text)).rejects.toThrow("rows of audit_log are never changed");
    },
  );
});

describe("a database whose user can't create roles", () => {
  async function openAs(user: string, setup: string): Promise<Store> {
    const database = await server.database("TCP with a password", "empty");
    await server.query(url, `create role ${user} login password 'p' nosuperuser nocreaterole; ${setup}`);
    const name = new URL(database).pathname.slice(1);
    await server.query(url, `alter database ${name} owner to ${user}`);
    return Store.open(database.replace("tester:test@", `${user}:p@`), { log: silentLog, node: "n2" });
  }

  it("is served once the role has been granted to the user, and keeps accounts apart", async () => {
    const plain = await openAs("plain", `grant ${ACCOUNT_ROLE} to plain`);
    await plain.append(sampleCall("a"));
    expect(await plain.getCall("acme", "a")).not.toBeNull();
    expect(await plain.getCall("globex", "a")).toBeNull();
    expect(await plain.withinAccount("globex", (db) => db.selectFrom("calls").selectAll().execute())).toEqual([]);
    await plain.close();
  });

  it("is refused with a sentence that contains the statements to run", async () => {
    await expect(openAs("poor", "select 1")).rejects.toThrow(
      `The database user poor can't create roles, and the rows of an account are read under a separate role: let an ` +
        `administrator of the database run once "create role ${ACCOUNT_ROLE} nologin; grant ${ACCOUNT_ROLE} to poor;"`,
    );
  });

  it("creates the role itself if it may", async () => {
    await server.query(url, `alter role ${ACCOUNT_ROLE} rename to earlier_account`);
    await (await openAs("maker", "alter role maker createrole")).close();
    expect(await server.query(url, "select 1 from pg_roles where rolname = $1", [ACCOUNT_ROLE])).toHaveLength(1);
  });
});
