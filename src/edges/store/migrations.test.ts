import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { readStoredEvents } from "../../core/call/stored-event.ts";
import { readStoredSetup } from "../../core/call/stored-setup.ts";
import { readLegSnapshots } from "../../server/exchange/stored-legs.ts";
import { MIGRATIONS } from "./migrations.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";

/** Hashes of the texts of every migration that has landed. Lines may be added here, but never changed. */
const LANDED: Readonly<Record<string, string>> = {
  "001_calls": "97a48f9709d0218d",
  "002_leg_snapshots": "f4b562c13f8ca1fd",
  "003_outbox_lease": "89c66c188e33ea43",
  "004_versions": "133c2e4060e4c609",
  "005_store_key": "d845b27d9fa852e1",
  "006_call_lists": "408b20a6565b24cf",
  "007_feed": "8253f42085fc40ee",
  "008_configuration": "6765e50bac887d7c",
  "009_placed_calls": "e6aa1679fd5ce22e",
  "010_api_keys": "0f3f592a32b006aa",
  "011_audit_log": "83122af3ff2b58c4",
  "012_members": "dd9478ca42ce014c",
  "013_files_to_delete": "d314cbe597b1e2d2",
  "014_retention": "8a73abe032966dc0",
  "015_journal_weeks": "d767a04cd3717635",
  "016_feed_restores": "505246b37d342ac9",
};

/** A dump of each schema that has ever landed, with rows as its version wrote them. */
const SCHEMAS = join(import.meta.dirname, "../../../test/fixtures/schemas");
const dumps = readdirSync(SCHEMAS).map((name) => [name, readFileSync(join(SCHEMAS, name), "utf8")] as const);

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.stop());

async function schemaOf(url: string): Promise<readonly object[]> {
  const columns = await server.query(
    url,
    `select table_name, column_name, data_type, is_nullable, column_default, collation_name, is_identity
     from information_schema.columns where table_schema = 'public' order by table_name, column_name`,
  );
  const indexes = await server.query(
    url,
    "select indexname, indexdef from pg_indexes where schemaname = 'public' order by indexname",
  );
  return [...columns, ...indexes];
}

it("A10: no migration that has landed was changed", () => {
  const hashes = Object.entries(MIGRATIONS).map(([key, statements]) => [
    key,
    createHash("sha256").update(statements.join(";\n")).digest("hex").slice(0, 16),
  ]);
  expect(Object.fromEntries(hashes)).toEqual(LANDED);
});

describe.each(dumps)("a database left by %s", (_, dump) => {
  let url: string;
  let store: Store;

  beforeAll(async () => {
    url = await server.database("unix socket", "empty");
    await server.query(url, dump);
    store = await Store.open(url, { log: silentLog, node: "n1" });
  });
  afterAll(() => store.close());

  it("M4: gets today's schema, column by column and index by index", async () => {
    expect(await schemaOf(url)).toEqual(await schemaOf(await server.database()));
  });

  it("M4: still has its call in progress, in its format, and its finished one", async () => {
    const [live, ...others] = await store.unfinishedCalls();
    expect(others).toEqual([]);
    expect(live).toMatchObject({ callSid: "live-1", legSnapshots: { version: 1 } });
    expect(live?.steps.map(({ seq, version }) => [seq, version])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const setup = await store.getSetup(live?.setup ?? "");
    expect(setup).toMatchObject({ version: 1 });
    expect(readStoredSetup(setup ?? { version: 0, json: "" })).toMatchObject({ ok: true });
    expect(readLegSnapshots(live?.legSnapshots ?? null)).toMatchObject({ ok: true, value: { dialogs: { 1: {} } } });
    const events = readStoredEvents(live?.steps ?? []);
    expect(events.ok && events.value.map(({ kind }) => kind)).toEqual(["call_arrived", "playback_ended"]);
    expect(JSON.parse((await store.getCall("acme", "live-1"))?.trace ?? "")).toHaveLength(2);
    expect((await store.getCall("acme", "done-1"))?.call.status).toBe("completed");
  });

  it("M4: continues with both: the call ends, the request is delivered, and new calls arrive", async () => {
    const step = {
      callSid: "live-1",
      account: "acme",
      seq: 3,
      at: 1_767_600_001_000,
      startedAt: 1_767_600_000_000,
      event: "{}",
      trace: "[]",
    };
    const end = sampleCall("live-1")[2]?.end;
    if (end === undefined) throw new Error("no end");
    await store.append([{ ...step, end }]);
    expect((await store.getCall("acme", "live-1"))?.call).toMatchObject({ status: "completed", from: "+919812345678" });
    expect(await store.claimOutbox(10, 1000)).toMatchObject([{ id: "done-1-e1", version: 1 }]);
    await store.append(sampleCall("new", 3));
    await store.append(sampleCall("short", 1));
    expect(await store.getCall("acme", "new")).toMatchObject({ call: { setup: "s1", status: "completed" } });
    expect(await store.unfinishedCalls()).toEqual([]);
  });
});

it("M4: a database that a newer version has changed is refused with a sentence", async () => {
  const url = await server.database();
  await server.query(url, "insert into kysely_migration values ('999_future', '2030-01-01T00:00:00.000Z')");
  await expect(Store.open(url, { log: silentLog, node: "n1" })).rejects.toThrow("A newer version of Plugboard");
});
