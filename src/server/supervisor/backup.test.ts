import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import { sampleCall } from "../../edges/store/testing/calls.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { Feed } from "../exchange/feed/feed.ts";
import type { BackupReport } from "./backup.ts";
import { backUp } from "./backup.ts";
import { RESTORE_MARK } from "./unfinished-restore.ts";
import { restoreBackup } from "./restore.ts";

const SECRET = "the secret of this platform";
/** The schema of an older version. */
const OLD_SCHEMA = join(import.meta.dirname, "../../../test/fixtures/schemas/6e293af.sql");
/** Tables that a restore changes on purpose. */
const CHANGED = ["feed_heads", "feed_restores", "kysely_migration"];

/** Rows for a table that refuses changes, for one that another refers to, and with types that no call's columns have. */
const PEOPLE = `
  insert into audit_log (account, at, actor_kind, actor, action, subject) values ('acme', 1, 'system', 't', 'a', 's');
  insert into members (id, login, role, password_hash, must_change, recovery_hashes, created_at, created_by)
    values ('m1', 'admin', 'admin', '$argon2id$x', true, '{"a b", "c"}', 1, 't');
  insert into sessions values ('hash', 'm1', 9007199254740993, 2);
  insert into flow_drafts values ('acme', '11754', 1, 'draft', 1, 't', 2);
  insert into flow_versions select 'acme', '11754', n, 'version ' || n, n, 't', 2 from generate_series(1, 3) n;
  insert into configuration values ('acme', 'account', 'acme', 0, 1, 'body', null, 1, 't', 2);
  insert into api_keys values ('acme', 'k', 'hash', 'k', '{read,call}', 'api', 1, 't', null, null);
  update configuration_state set revision = 7`;

let server: TestServer;
let root: string;
let source: string;
let backups = 0;

const open = (url: string): Promise<Store> =>
  Store.open(url, { log: silentLog, node: "n1", sealer: new Sealer(SECRET, seededRandom(1)) });

beforeAll(async () => {
  server = await startTestServer();
  root = mkdtempSync(join(tmpdir(), "plugboard-backup-"));
  source = await server.database("TCP with a password");
  mkdirSync(join(root, "data", "recordings", "acme"), { recursive: true });
  writeFileSync(join(root, "data", "node"), "n1\n");
  writeFileSync(join(root, "data", "recordings", "a.wav"), Buffer.from([0, 1, 2, 255]));
  const store = await open(source);
  await store.putSetup("s1", '{"text": "line\\nbreak, \u2028, ü, \\u0022"}');
  const [first, ...others] = sampleCall("a");
  const request = { id: "a-1", order: "k", purpose: "dial_event", request: "{}" };
  await store.append([...(first === undefined ? [] : [{ ...first, feed: [1], outbox: [request] }]), ...others]);
  await store.append(sampleCall("live").slice(0, 2));
  await store.feed.sequence();
  await store.journalWeeks.make(1_767_600_000_000);
  await store.close();
  await server.query(source, PEOPLE);
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

let folder = "";
let restored = "";
beforeEach(() => {
  backups += 1;
  folder = join(root, `backup-${backups}`);
  restored = join(root, `restored-${backups}`);
});

const take = (databaseUrl = source): Promise<BackupReport> =>
  backUp({ dataDir: join(root, "data"), databaseUrl, folder, log: silentLog });

const restore = (databaseUrl: string, secret: string | null = SECRET) =>
  restoreBackup({ dataDir: restored, databaseUrl, folder, secret, log: silentLog });

const empty = (): Promise<string> => server.database("TCP with a password", "empty");

/** Every row of a database as text. */
async function rowsOf(url: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await server.query(
    url,
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  const rows = async (name: string): Promise<readonly [string, readonly string[]]> => [
    name,
    (await server.query(url, `select row_to_json(t)::text as line from ${name} t`))
      .map(({ line }) => String(line))
      .sort(),
  ];
  return Object.fromEntries(await Promise.all(tables.map(({ name }) => rows(String(name)))));
}

function without(all: Readonly<Record<string, readonly string[]>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

describe("a backup of your own PostgreSQL", () => {
  it("restores every row and every recording, byte for byte", async () => {
    const { manifest, missingRecordings } = await take();
    expect([manifest.recordings, missingRecordings]).toEqual([1, 0]);
    const url = await empty();
    await restore(url);
    const [before, after] = [await rowsOf(source), await rowsOf(url)];
    expect(Object.keys(before).length).toBeGreaterThan(15);
    expect(without(after, CHANGED)).toEqual(without(before, CHANGED));
    expect(readFileSync(join(restored, "recordings", "a.wav"))).toEqual(Buffer.from([0, 1, 2, 255]));
    expect(readFileSync(join(restored, "node"), "utf8")).toBe("n1\n");
    expect(existsSync(join(restored, RESTORE_MARK))).toBe(false);
  });

  it("can be continued from: the live call is found, new rows get new ids, sealed texts open", async () => {
    await take();
    const url = await empty();
    await restore(url);
    const store = await open(url);
    expect(await store.unfinishedCalls()).toMatchObject([{ callSid: "live", steps: [{ seq: 1 }, { seq: 2 }] }]);
    expect((await store.getSetup("s1"))?.json).toContain("line");
    await store.append(sampleCall("new"));
    expect((await store.listCalls("acme")).map(({ callSid }) => callSid).sort()).toEqual(["a", "live", "new"]);
    await store.append(
      sampleCall("b").map((row) => ({
        ...row,
        outbox: [{ id: `b${row.seq}`, order: "k", purpose: "p", request: "{}" }],
      })),
    );
    expect(await store.listOutbox("acme")).toHaveLength(4);
    await store.close();
  });

  it("has the journal's weeks, each with the key that keeps a step from being written twice", async () => {
    const keys = `select c.relname, pg_get_expr(c.relpartbound, c.oid) as bound, pg_get_constraintdef(k.oid) as key
      from pg_inherits i join pg_class c on c.oid = i.inhrelid left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
      where i.inhparent = 'journal'::regclass order by 1`;
    await take();
    const url = await empty();
    await restore(url);
    const weeks = await server.query(url, keys);
    expect(weeks).toEqual(await server.query(source, keys));
    expect(
      weeks.filter(({ relname, key }) => /_w_/.test(String(relname)) && key === "PRIMARY KEY (call_sid, seq)"),
    ).toHaveLength(3);
  });

  it("shows one instant while calls go on", async () => {
    const store = await open(source);
    const over = new AbortController();
    const writing = (async () => {
      for (let n = 0; !over.signal.aborted; n += 1) await store.append(sampleCall(`during-${n}`, 3));
    })();
    await take();
    over.abort();
    await writing;
    await store.close();
    const url = await empty();
    await restore(url);
    const torn = await server.query(
      url,
      `select c.call_sid from calls c where (select count(*) from journal j where j.call_sid = c.call_sid) <> 3
       union select j.call_sid from journal j where j.call_sid like 'during%'
         and not exists (select 1 from calls c where c.call_sid = j.call_sid)`,
    );
    expect(torn).toEqual([]);
  });

  it("rejects cursors from after the backup with 409, permanently", async () => {
    await take();
    const url = await empty();
    await restore(url);
    const store = await open(url);
    const feed = new Feed({ table: store.feed, clock: new VirtualClock(0), log: silentLog });
    expect(await feed.page("acme", 1, 10)).toMatchObject({ kind: "events", events: [] });
    expect(await feed.page("acme", 2, 10)).toEqual({ kind: "lost", resume: 1 });
    await store.append(sampleCall("later").map((row) => ({ ...row, feed: [row.seq] })));
    await store.feed.sequence();
    expect(await feed.page("acme", 2, 10)).toEqual({ kind: "lost", resume: 1 });
    const next = 1_000_000_002;
    expect(await feed.page("acme", 1, 10)).toMatchObject({ kind: "events", events: [{ seq: next }, {}, {}] });
    expect(await feed.page("acme", next, 10)).toMatchObject({ kind: "events", events: [{ seq: next + 1 }, {}] });
    expect(await feed.page("acme", next + 3, 10)).toMatchObject({ kind: "ahead" });
    await store.close();
  });

  it("of an older version is migrated", async () => {
    const old = await empty();
    await server.query(old, readFileSync(OLD_SCHEMA, "utf8"));
    await take(old);
    const url = await empty();
    await restore(url);
    const store = await open(url);
    expect((await store.getCall("acme", "done-1"))?.call.status).toBe("completed");
    await store.close();
    expect((await rowsOf(url))["kysely_migration"]?.length).toBe((await rowsOf(source))["kysely_migration"]?.length);
  });
});

describe("a backup is refused in one sentence", () => {
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "it was not refused",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

  it("if the folder exists, and leaves it as it is", async () => {
    mkdirSync(folder);
    expect(await refusal(take())).toBe(`${folder} already exists: name a new folder`);
    expect(existsSync(folder)).toBe(true);
  });

  it("if there is nothing to back up, and leaves no folder behind", async () => {
    expect(await refusal(take(await empty()))).toMatch(/^the database holds no data of Plugboard/);
    const dataDir = join(root, "nothing");
    expect(await refusal(backUp({ dataDir, databaseUrl: null, folder, log: silentLog }))).toMatch(
      /^there is no database in /,
    );
    expect(existsSync(folder)).toBe(false);
  });

  it("if the database has tables or the data folder has recordings, and leaves both as they were", async () => {
    await take();
    const full = await server.database("TCP with a password");
    const before = await rowsOf(full);
    expect(await refusal(restore(full))).toMatch(/^the database is not empty: /);
    expect(await rowsOf(full)).toEqual(before);
    expect(readdirSync(restored)).toEqual([]);
    mkdirSync(join(restored, "recordings"));
    writeFileSync(join(restored, "recordings", "other.wav"), "");
    expect(await refusal(restore(await empty()))).toMatch(/recordings is not empty: /);
    expect(readdirSync(join(restored, "recordings"))).toEqual(["other.wav"]);
  });

  it("without its secret, or with another one", async () => {
    await take();
    const url = await empty();
    expect(await refusal(restore(url, null))).toMatch(
      /^the secret of the backed-up platform is needed: set PLUGBOARD_SECRET/,
    );
    expect(await refusal(restore(url, "another"))).toMatch(
      /^the backup was sealed with a different secret from PLUGBOARD_SECRET$/,
    );
    mkdirSync(restored, { recursive: true });
    writeFileSync(join(restored, "secret"), `${SECRET}\n`);
    await restore(url, null);
  });

  it("if it is incomplete, damaged, or made by a newer version; the database stays empty", async () => {
    await take();
    const url = await empty();
    const [manifest, journal] = [join(folder, "backup.json"), join(folder, "tables", "journal.jsonl.gz")];
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace('"001_calls"', '"001_calls", "999_future"'));
    expect(await refusal(restore(url))).toMatch(/^the backup was made by a newer version .*999_future/);
    rmSync(manifest);
    expect(await refusal(restore(url))).toBe(`${folder} is not a complete backup: it has no backup.json`);
    writeFileSync(manifest, text);
    const rows = readFileSync(journal);
    writeFileSync(journal, rows.subarray(0, rows.length - 12));
    expect(await refusal(restore(url))).toMatch(/^the backup is damaged: .*journal/);
    writeFileSync(journal, gzipSync(""));
    expect(await refusal(restore(url))).toMatch(/^the backup is damaged: table journal has 0 of \d+ rows$/);
    expect(await server.query(url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
    writeFileSync(journal, rows);
    await restore(url);
  });
});
