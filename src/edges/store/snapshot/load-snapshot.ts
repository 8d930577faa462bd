import { Client, escapeIdentifier } from "pg";
import { clientConfig } from "../connection.ts";
import { MIGRATIONS } from "../migrations.ts";
import type { SnapshotContents, SnapshotRows } from "./contents.ts";

/** The tables that kysely makes at the first start. */
const MIGRATION_TABLES: readonly string[] = [
  "create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)",
  "create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null)",
];

/** Records a migration as run, as kysely does. */
const MIGRATED = `insert into kysely_migration (name, timestamp)
  values ($1, to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

/**
 * Event numbers that an account may have used after the backup: those of eleven days at a thousand a second. Consumers
 * may have seen them, so they are not used again.
 */
const LOST_EVENTS = 1_000_000_000;

const FEED_JUMP: readonly string[] = [
  "insert into feed_heads (account, last) select distinct account, 0 from configuration on conflict do nothing",
  `insert into feed_restores (account, after, until) select account, last, last + ${LOST_EVENTS} from feed_heads`,
  `update feed_heads set last = last + ${LOST_EVENTS}`,
];

/** Selects statements that make each identity column continue after its highest value. */
export const SEQUENCES = `
  select format('select setval(pg_get_serial_sequence(%L, %L), coalesce(max(%3$I), 1), max(%3$I) is not null) from %4$I',
    quote_ident(c.relname), a.attname, a.attname, c.relname) as text
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = current_schema()::regnamespace and not c.relispartition and a.attidentity <> ''`;

/** Whether a database has no tables at all. */
export async function isEmptyDatabase(target: string): Promise<boolean> {
  return connected(target, async (client) => {
    const text =
      "select 1 from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm') limit 1";
    return (await client.query(text)).rows.length === 0;
  });
}

/** One sentence if this version is older than the one that wrote `contents`; null if they can be loaded. */
export function whyNotLoadable({ migrations }: SnapshotContents): string | null {
  const unknown = migrations.find((name) => MIGRATIONS[name] === undefined);
  if (unknown === undefined) return null;
  return `the backup was made by a newer version of Plugboard (this one does not know ${unknown}): restore it with that version`;
}

/**
 * Fills an empty database, all or nothing: one transaction makes the tables as they were, inserts the rows, and migrates to
 * the current schema. Rejects if the database has tables or the contents are `whyNotLoadable`.
 */
export function loadSnapshot(
  target: string,
  contents: SnapshotContents,
  rowsOf: (table: string) => SnapshotRows,
): Promise<void> {
  return connected(target, async (client) => {
    await client.query("begin");
    await makeTables(client, contents);
    for (const table of contents.tables) await fill(client, table, rowsOf(table));
    await migrateRest(client, contents.migrations);
    const { rows } = await client.query<{ text: string }>(SEQUENCES);
    for (const text of [...rows.map((row) => row.text), ...FEED_JUMP]) await client.query(text);
    await client.query("commit");
  });
}

async function connected<T>(target: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(clientConfig(target, "restore"));
  await client.connect();
  try {
    return await work(client);
  } finally {
    // An open transaction is rolled back with its connection.
    await client.end();
  }
}

async function makeTables(client: Client, { migrations, partitions }: SnapshotContents): Promise<void> {
  const texts = [...MIGRATION_TABLES, ...migrations.flatMap((name) => MIGRATIONS[name] ?? [])];
  for (const text of texts) await client.query(text);
  for (const { name, table, key, bound } of partitions) {
    const parent = `${escapeIdentifier(table)}${key === null ? "" : ` (${key})`}`;
    await client.query(`create table if not exists ${escapeIdentifier(name)} partition of ${parent} ${bound}`);
  }
}

async function fill(client: Client, table: string, batches: SnapshotRows): Promise<void> {
  const name = escapeIdentifier(table);
  // The snapshot also contains what a migration inserts. Append-only tables refuse even a `delete` without rows.
  const { rows } = await client.query(`select 1 from ${name} limit 1`);
  if (rows.length > 0) await client.query(`delete from ${name}`);
  const text = `insert into ${name} overriding system value select * from json_populate_recordset(null::${name}, $1::json)`;
  for await (const lines of batches) await client.query(text, [`[${lines.join(",")}]`]);
}

async function migrateRest(client: Client, done: readonly string[]): Promise<void> {
  for (const [name, statements] of Object.entries(MIGRATIONS)) {
    if (done.includes(name)) continue;
    for (const statement of statements) await client.query(statement);
    await client.query(MIGRATED, [name]);
  }
}
