import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Migration, MigrationProvider } from "kysely/migration";
import { Migrator } from "kysely/migration";

const CALLS: readonly string[] = [
  `create table setups (
    hash text collate "C" primary key,
    body text not null,
    created_at bigint not null
  )`,
  `create table live (
    call_sid text collate "C" primary key,
    account text not null,
    node text not null,
    setup text not null,
    flow text not null,
    from_number text not null,
    to_number text not null,
    direction text not null,
    custom_field text,
    started_at bigint not null
  )`,
  // Emptied as fast as it is filled: keep its dead rows few.
  `alter table live set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  `create table calls (
    like live including all,
    ended_at bigint not null,
    status text not null,
    cdr text not null,
    attempts text not null,
    requests text not null
  )`,
  `create index calls_by_account on calls (account, started_at, call_sid)`,
  `create table journal (
    call_sid text collate "C" not null,
    seq integer not null,
    at bigint not null,
    event text not null,
    trace text not null,
    sides text,
    primary key (call_sid, seq)
  )`,
  `create table recordings (
    id text collate "C" primary key,
    call_sid text collate "C" not null,
    account text not null,
    file text not null,
    layout text not null,
    duration_ms integer not null,
    failure text
  )`,
  `create index recordings_by_call on recordings (call_sid)`,
  `create table outbox (
    id text collate "C" primary key,
    seq bigint generated always as identity,
    call_sid text collate "C" not null,
    order_key text collate "C" not null,
    account text not null,
    purpose text not null,
    request text not null,
    created_at bigint not null,
    due_at bigint not null,
    leased_by text,
    tries integer not null default 0,
    parked_at bigint,
    error text
  )`,
  `alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  `create index outbox_order on outbox (call_sid, order_key, seq)`,
  `create index outbox_due on outbox (due_at) where parked_at is null`,
  `create index outbox_parked on outbox (account, parked_at) where parked_at is not null`,
];

/** Version 1 of the first migration went out without this column, and with it a day later. */
const OUTBOX_LEASE = ["alter table outbox add column if not exists leased_by text"];

/** Which format a row's payload has; `format.ts` says what each means. Rows of before are the first. */
const VERSIONS: readonly string[] = [
  "alter table setups add column version integer not null default 1",
  "alter table journal add column version integer not null default 1",
  "alter table outbox add column version integer not null default 1",
];

/** A text sealed with the secret that everything else is sealed with; see `key-check.ts`. */
const SEALED: readonly string[] = [
  "create table store_key (only_row boolean primary key default true check (only_row), check_text text not null)",
];

/** Lists by a number or an outcome begin where the newest match is, however many other calls the account has. */
const LISTS: readonly string[] = [
  "create index calls_by_from on calls (account, from_number, started_at, call_sid)",
  "create index calls_by_to on calls (account, to_number, started_at, call_sid)",
  "create index calls_by_status on calls (account, status, started_at, call_sid)",
];

/**
 * Each account's feed. A journal commit adds one row for each of its accounts to `feed_pending`, which is emptied as fast
 * as it is filled; `feed-table.ts` moves them on, numbered. `last`: the number of the last of the row's `n` events;
 * `gone`: events up to this one were deleted by age.
 */
const FEED: readonly string[] = [
  `create table feed_pending (
    id bigint generated always as identity primary key,
    account text collate "C" not null,
    n integer not null,
    items text not null
  )`,
  "alter table feed_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)",
  `create table feed_heads (
    account text collate "C" primary key,
    last bigint not null,
    gone bigint not null default 0
  ) with (fillfactor = 50)`,
  `create table feed (
    account text collate "C" not null,
    last bigint not null,
    n integer not null,
    at bigint not null,
    items text not null,
    primary key (account, last)
  )`,
];

/** Calls by API: the second number of those that connect two, and the keys that keep a repeated request from ringing twice. */
const PLACED_CALLS: readonly string[] = [
  "alter table live add column dial_to text",
  "alter table calls add column dial_to text",
  `create table call_keys (
    account text collate "C" not null,
    key text collate "C" not null,
    call_sid text collate "C" not null,
    fingerprint text not null,
    created_at bigint not null,
    primary key (account, key)
  )`,
  "create index call_keys_by_age on call_keys (created_at)",
];

/** Keys of the HTTP API. `token_hash`: a keyed hash (`token-hash.ts`); the token itself is nowhere. */
const API_KEYS: readonly string[] = [
  `create table api_keys (
    account text not null,
    key text collate "C" not null,
    token_hash text not null,
    name text not null,
    scopes text[] not null,
    source text not null check (source in ('file', 'api')),
    created_at bigint not null,
    created_by text not null,
    last_used_at bigint,
    revoked_at bigint,
    primary key (account, key)
  )`,
];

/** Who changed what: rows are added, and nobody takes them away or words them anew, the owner of the table neither. */
const AUDIT: readonly string[] = [
  `create table audit_log (
    id bigint generated always as identity primary key,
    account text,
    at bigint not null,
    actor_kind text not null check (actor_kind in ('key', 'user', 'system')),
    actor text not null,
    action text not null,
    subject text not null,
    before text,
    after text
  )`,
  `create index audit_log_by_account on audit_log (account, id)`,
  `create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'rows of % are never changed', tg_table_name; end $$`,
  `create trigger audit_log_is_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change()`,
];

/** People who sign in, and their sessions. Passwords by argon2id, the TOTP secret sealed, everything else secret by a keyed hash. */
const MEMBERS: readonly string[] = [
  `create table members (
    id text collate "C" primary key,
    account text,
    login text collate "C" not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    password_hash text not null,
    must_change boolean not null,
    totp_secret text,
    totp_active boolean not null default false,
    totp_step bigint not null default 0,
    recovery_hashes text[] not null default '{}',
    created_at bigint not null,
    created_by text not null,
    signed_in_at bigint
  )`,
  `create unique index members_by_login on members (coalesce(account, ''), login)`,
  `create table sessions (
    token_hash text collate "C" primary key,
    member text collate "C" not null references members (id) on delete cascade,
    created_at bigint not null,
    used_at bigint not null
  )`,
  `create index sessions_by_member on sessions (member, created_at)`,
  `create index sessions_by_use on sessions (used_at)`,
];

/**
 * What is configured, one row for each resource: its document as JSON, and the revision of the whole in which it changed last.
 * Writers add one to the revision of the whole, which only one of them can do at a time.
 */
const CONFIGURATION: readonly string[] = [
  `create table configuration (
    account text collate "C" not null,
    kind text collate "C" not null,
    name text collate "C" not null,
    position integer not null,
    revision bigint not null,
    body text not null,
    flow_version integer,
    changed_at bigint not null,
    changed_by text not null,
    version integer not null,
    primary key (account, kind, name)
  )`,
  `create table flow_drafts (
    account text collate "C" not null,
    flow text collate "C" not null,
    revision bigint not null,
    body text not null,
    changed_at bigint not null,
    changed_by text not null,
    version integer not null,
    primary key (account, flow)
  )`,
  `create table flow_versions (
    account text collate "C" not null,
    flow text collate "C" not null,
    number integer not null,
    body text not null,
    published_at bigint not null,
    published_by text not null,
    version integer not null,
    primary key (account, flow, number)
  )`,
  `create table configuration_changes (
    id bigint generated always as identity primary key,
    revision bigint not null,
    account text collate "C" not null,
    kind text not null,
    name text not null,
    change text not null,
    details text not null,
    changed_at bigint not null,
    changed_by text not null
  )`,
  "create index configuration_changes_by_account on configuration_changes (account, id)",
  `create table configuration_state (
    only_row boolean primary key default true check (only_row),
    revision bigint not null
  )`,
  "insert into configuration_state (revision) values (0)",
];

/**
 * Files of recordings whose rows have been deleted: written in the transaction that deletes the rows, deleted after the file. `node`: the
 * one on whose disk it is.
 */
const FILES_TO_DELETE: readonly string[] = [
  `create table files_to_delete (
    file text collate "C" primary key,
    account text collate "C" not null,
    node text collate "C" not null,
    since bigint not null
  )`,
];

/** How far deletion by age has come in each account: the last call whose trace or recordings were deleted. */
const RETENTION: readonly string[] = [
  `create table retention_progress (
    account text collate "C" not null,
    kind text collate "C" not null check (kind in ('traces', 'recordings')),
    started_at bigint not null,
    call_sid text collate "C" not null,
    primary key (account, kind)
  )`,
];

/**
 * The journal in partitions, by the time at which a call began; `journal-weeks.ts` makes and drops them. Existing rows have the time 0
 * and stay where they are. Each partition has its own index: the time follows from the call, so it need not be in the key.
 */
const JOURNAL_WEEKS: readonly string[] = [
  // The old rows are read once.
  "set local statement_timeout = 0",
  "alter table journal rename to journal_before_weeks",
  "alter table journal_before_weeks rename constraint journal_pkey to journal_before_weeks_pkey",
  "alter table journal_before_weeks add column started_at bigint not null default 0",
  "create table journal (like journal_before_weeks including defaults) partition by range (started_at)",
  "alter table journal alter column started_at drop default",
  "alter table journal attach partition journal_before_weeks for values from (minvalue) to (1)",
  "create table journal_rest partition of journal (primary key (call_sid, seq)) default",
  // Deletion by age has more kinds from now on.
  "alter table retention_progress drop constraint retention_progress_kind_check",
];

/**
 * Numbers that a feed skipped when a backup was restored: consumers may have seen events with these numbers, which are lost now. `after`:
 * the last event of the backup; `until`: the last number that is not used again.
 */
const FEED_RESTORES: readonly string[] = [
  `create table feed_restores (
    account text collate "C" not null,
    after bigint not null,
    until bigint not null,
    primary key (account, after)
  )`,
];

/**
 * Every change of the tables, by key, in order. **Forward only: what has landed is never changed**, not by a letter
 * (`migrations.test.ts` pins each text); a new change is a new key. Start from any state that ever landed is tested there, too.
 *
 * Why the tables are as they are: a call costs the database two inserts, one delete and its journal rows. Live calls
 * lie in a small table of their own, which is what a restart reads; finished ones are inserted once and never updated.
 * Payloads are `text`: nothing here looks into them. Ids compare by byte (`collate "C"`).
 */
export const MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  "001_calls": CALLS,
  "002_leg_snapshots": ["alter table journal rename column sides to leg_snapshots"],
  "003_outbox_lease": OUTBOX_LEASE,
  "004_versions": VERSIONS,
  "005_store_key": SEALED,
  "006_call_lists": LISTS,
  "007_feed": FEED,
  "008_configuration": CONFIGURATION,
  "009_placed_calls": PLACED_CALLS,
  "010_api_keys": API_KEYS,
  "011_audit_log": AUDIT,
  "012_members": MEMBERS,
  "013_files_to_delete": FILES_TO_DELETE,
  "014_retention": RETENTION,
  "015_journal_weeks": JOURNAL_WEEKS,
  "016_feed_restores": FEED_RESTORES,
};

async function run<T>(db: Kysely<T>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

function migrationOf(statements: readonly string[]): Migration {
  return { up: (db) => run(db, statements) };
}

const provider: MigrationProvider = {
  getMigrations: () =>
    Promise.resolve(Object.fromEntries(Object.entries(MIGRATIONS).map(([key, texts]) => [key, migrationOf(texts)]))),
};

/** Brings a database to this version. Several processes may do it at once: one works, the others wait. */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error instanceof Error && NEWER.test(error.message) ? newer(error) : error;
}

/** What kysely says of a migration that it finds done and does not know. */
const NEWER = /previously executed migration .* is missing/;

function newer(cause: Error): Error {
  return new Error("A newer version of Plugboard has changed this database: run that version or a newer one.", {
    cause,
  });
}
