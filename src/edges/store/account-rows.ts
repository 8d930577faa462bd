import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Pool, PoolClient } from "pg";
import { DatabaseError } from "pg";
import type { Tables } from "./tables.ts";

/** A connection inside a transaction that sees the rows of one account only. */
export type AccountDb = Transaction<Tables>;

/** The role under which an account's rows are read and changed. Nobody signs in as it: a session switches to it for one transaction. */
export const ACCOUNT_ROLE = "plugboard_account";
const POLICY = "of_account";
const OF_ACCOUNT = "account = current_setting('plugboard.account', true)";

/**
 * Tables without an `account`, whose rows belong to the account of a row in another table. The policy's look-up there
 * is restricted, too.
 */
const THROUGH_CALLS: Readonly<Record<string, string>> = {
  journal:
    "exists (select 1 from calls c where c.call_sid = journal.call_sid) or " +
    "exists (select 1 from live l where l.call_sid = journal.call_sid)",
};

/** The role's rights on tables where it may not do everything. */
const RIGHTS: Readonly<Record<string, string>> = {
  // Only the journal's connection writes calls.
  journal: "select",
  live: "select",
  calls: "select",
  audit_log: "select, insert",
};
const ALL_RIGHTS = "select, insert, update, delete";

/**
 * Runs statements as one account: rows of others are neither seen nor changed, whatever the statement says. A statement
 * that lacks its `where account = …` finds nothing more.
 */
export function withinAccount<T>(db: Kysely<Tables>, account: string, work: (tx: AccountDb) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('plugboard.account', ${account}, true), set_config('role', ${ACCOUNT_ROLE}, true)`.execute(
      tx,
    );
    return work(tx);
  });
}

/** {@link withinAccount} for statements of `pg` itself. */
export async function clientWithinAccount<T>(
  pool: Pool,
  account: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(
      `begin; select set_config('plugboard.account', ${client.escapeLiteral(account)}, true),
        set_config('role', '${ACCOUNT_ROLE}', true)`,
    );
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    // Close the connection, so that the role ends with it.
    client.release(true);
    throw error;
  }
}

/**
 * Puts a policy on every table whose rows belong to an account, including those of later migrations, and creates the
 * role if necessary. Throws one sentence if the database's user may neither create the role nor switch to it.
 */
export async function isolateAccounts(db: Kysely<Tables>): Promise<void> {
  await makeRole(db);
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and (c.relname = any(${Object.keys(THROUGH_CALLS)}) or exists (
        select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'account' and not a.attisdropped))
      and not (c.relrowsecurity
        and exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = ${POLICY})
        and has_table_privilege(${ACCOUNT_ROLE}, c.oid, 'select'))
    order by c.relname`.execute(db);
  if (rows.length === 0) return;
  await db.transaction().execute(async (tx) => {
    // Several nodes may start at once.
    await sql`select pg_advisory_xact_lock(hashtextextended('plugboard policies', 0))`.execute(tx);
    await sql.raw(`grant usage on schema ${await schemaOf(tx)} to ${ACCOUNT_ROLE}`).execute(tx);
    for (const { name } of rows) await isolateTable(tx, name);
  });
}

async function schemaOf(tx: AccountDb): Promise<string> {
  const { rows } = await sql<{ schema: string }>`select quote_ident(current_schema()) as schema`.execute(tx);
  return rows[0]?.schema ?? "public";
}

async function isolateTable(tx: AccountDb, table: string): Promise<void> {
  const condition = THROUGH_CALLS[table] ?? OF_ACCOUNT;
  for (const statement of [
    `alter table ${table} enable row level security`,
    `drop policy if exists ${POLICY} on ${table}`,
    `create policy ${POLICY} on ${table} using (${condition}) with check (${condition})`,
    `grant ${RIGHTS[table] ?? ALL_RIGHTS} on ${table} to ${ACCOUNT_ROLE}`,
  ])
    await sql.raw(statement).execute(tx);
}

/** SQLSTATEs: the role already exists (another node has just created it); we have no right to do it. */
const THERE = new Set(["42710", "23505"]);
const NO_RIGHT = "42501";

async function makeRole(db: Kysely<Tables>): Promise<void> {
  if (await canTakeRole(db)) return;
  await attempt(db, `create role ${ACCOUNT_ROLE} nologin`);
  await attempt(db, `grant ${ACCOUNT_ROLE} to current_user`);
  if (await canTakeRole(db)) return;
  const { rows } = await sql<{ name: string }>`select quote_ident(current_user) as name`.execute(db);
  const user = rows[0]?.name ?? "";
  throw new Error(
    `The database user ${user} can't create roles, and the rows of an account are read under a separate role: let an ` +
      `administrator of the database run once "create role ${ACCOUNT_ROLE} nologin; grant ${ACCOUNT_ROLE} to ${user};" ` +
      "(without the first statement if the role exists)",
  );
}

async function canTakeRole(db: Kysely<Tables>): Promise<boolean> {
  try {
    await db.transaction().execute((tx) => sql.raw(`set local role ${ACCOUNT_ROLE}`).execute(tx));
    return true;
  } catch (error) {
    // 22023: there is no such role.
    if (error instanceof DatabaseError && [NO_RIGHT, "22023"].includes(error.code ?? "")) return false;
    throw error;
  }
}

/** Ignores that we have no right to do it, or that another node did it first: the caller checks the result. */
async function attempt(db: Kysely<Tables>, statement: string): Promise<void> {
  try {
    await sql.raw(statement).execute(db);
  } catch (error) {
    const code = error instanceof DatabaseError ? (error.code ?? "") : "";
    if (!THERE.has(code) && code !== NO_RIGHT && code !== "42704") throw error;
  }
}
