import { Client, escapeIdentifier } from "pg";
import { clientConfig } from "../connection.ts";
import type { SnapshotContents, SnapshotPartition } from "./contents.ts";

/** Rows held in memory at once: a row is a few KB, at most a few MB. */
const FETCH_ROWS = 200;

const TABLES = `
  select c.relname as name from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  order by (select count(*) from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'), c.relname`;

const PARTITIONS = `
  select c.relname as name, p.relname as "table",
    (select pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'p') as key, pg_get_expr(c.relpartbound, c.oid) as bound
  from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
  where c.relnamespace = current_schema()::regnamespace and c.relispartition
  order by c.relname`;

/**
 * Reads every table as it was at one instant, however long that takes: one repeatable-read transaction. Writers don't wait.
 */
export class SnapshotReader {
  readonly contents: SnapshotContents;
  readonly #client: Client;

  private constructor(client: Client, contents: SnapshotContents) {
    this.#client = client;
    this.contents = contents;
  }

  /** Rejects if the database can't be reached or has no tables of the platform. */
  static async open(target: string): Promise<SnapshotReader> {
    const client = new Client(clientConfig(target, "backup"));
    await client.connect();
    try {
      await client.query("begin transaction isolation level repeatable read, read only");
      return new SnapshotReader(client, await contentsOf(client));
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  /** The rows of one table as lines of JSON; one table at a time. */
  async *rows(table: string): AsyncGenerator<readonly string[], void> {
    await this.#client.query(
      `declare backup_rows no scroll cursor for select row_to_json(t)::text as line from ${escapeIdentifier(table)} t`,
    );
    for (;;) {
      const { rows } = await this.#client.query<{ line: string }>(`fetch ${FETCH_ROWS} from backup_rows`);
      if (rows.length === 0) break;
      yield rows.map(({ line }) => line);
    }
    await this.#client.query("close backup_rows");
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

async function contentsOf(client: Client): Promise<SnapshotContents> {
  const { rows: tables } = await client.query<{ name: string }>(TABLES);
  if (!tables.some(({ name }) => name === "kysely_migration"))
    throw new Error("the database holds no data of Plugboard: there is nothing to back up");
  const { rows: migrations } = await client.query<{ name: string }>("select name from kysely_migration order by name");
  const { rows: partitions } = await client.query<SnapshotPartition>(PARTITIONS);
  return { migrations: migrations.map(({ name }) => name), tables: tables.map(({ name }) => name), partitions };
}
