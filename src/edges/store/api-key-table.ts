import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { AccountDb } from "./account-rows.ts";
import { withinAccount } from "./account-rows.ts";
import type { ApiKeysTable, Tables } from "./tables.ts";

/**
 * What a key may do: `read` looks, `call` places and controls calls, `draft` keeps drafts of flows, `publish` publishes drafts that have
 * passed their test, `admin` changes the account. None contains another.
 */
export const SCOPES = ["read", "call", "draft", "publish", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** A key of the HTTP API without anything secret. Times in epoch ms. */
export interface StoredApiKey {
  readonly account: string;
  readonly key: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly source: "file" | "api";
  readonly createdAt: number;
  readonly createdBy: string;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** What a new key consists of; `tokenHash` from `TokenHash`. */
export interface NewApiKey extends Pick<
  StoredApiKey,
  "account" | "key" | "name" | "scopes" | "createdAt" | "createdBy"
> {
  readonly tokenHash: string;
}

/** A key of a workspace file. */
export type FileApiKey = Pick<NewApiKey, "key" | "scopes" | "tokenHash">;

/** The last use of each key is written at most this often: a busy client must not cost a write per request. */
export const LAST_USE_EVERY_MS = 60_000;
/** Most keys of an account that are not revoked; nobody can keep track of more. */
export const MAX_ACTIVE_KEYS = 100;
/** Keys in a list, newest first, including revoked ones. */
const LISTED_KEYS = 500;

/** The keys of the HTTP API. */
export class ApiKeyTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** A key that may be used, with its hash; null if it is unknown or revoked. The requester is not known yet, so no account is set. */
  async find(account: string, key: string): Promise<(StoredApiKey & { readonly tokenHash: string }) | null> {
    const query = this.#db.selectFrom("api_keys").selectAll();
    const row = await query
      .where("account", "=", account)
      .where("key", "=", key)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    return row === undefined ? null : { ...stored(row), tokenHash: row.token_hash };
  }

  /** Notes a use, unless one was noted within {@link LAST_USE_EVERY_MS}. */
  async used(account: string, key: string, now: number): Promise<void> {
    await this.#db
      .updateTable("api_keys")
      .set({ last_used_at: now })
      .where("account", "=", account)
      .where("key", "=", key)
      .where((where) =>
        where.or([where("last_used_at", "is", null), where("last_used_at", "<=", now - LAST_USE_EVERY_MS)]),
      )
      .execute();
  }

  /** Newest first, including revoked keys. */
  list(account: string): Promise<readonly StoredApiKey[]> {
    return withinAccount(this.#db, account, async (db) => {
      const query = db.selectFrom("api_keys").selectAll().where("account", "=", account);
      return (await query.orderBy("created_at", "desc").orderBy("key").limit(LISTED_KEYS).execute()).map(stored);
    });
  }

  /** Call within {@link withinAccount}. False if the account already has {@link MAX_ACTIVE_KEYS}. */
  async add(
    db: AccountDb,
    { account, key, name, scopes, createdAt, createdBy, tokenHash }: NewApiKey,
  ): Promise<boolean> {
    const { count } = await db
      .selectFrom("api_keys")
      .select((select) => select.fn.countAll<number>().as("count"))
      .where("account", "=", account)
      .where("revoked_at", "is", null)
      .executeTakeFirstOrThrow();
    if (count >= MAX_ACTIVE_KEYS) return false;
    const row = { account, key, name, scopes, token_hash: tokenHash, source: "api" as const };
    const values = { ...row, created_at: createdAt, created_by: createdBy, last_used_at: null, revoked_at: null };
    await db.insertInto("api_keys").values(values).execute();
    return true;
  }

  /** Call within {@link withinAccount}. Returns the key as it was; null if there is none, or it was already revoked. */
  async revoke(db: AccountDb, account: string, key: string, now: number): Promise<StoredApiKey | null> {
    const row = await db
      .updateTable("api_keys")
      .set({ revoked_at: now })
      .where("account", "=", account)
      .where("key", "=", key)
      .where("source", "=", "api")
      .where("revoked_at", "is", null)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : stored(row);
  }

  /** Replaces an account's keys from the workspace file: new and changed ones are written, missing ones are revoked. */
  replaceFileKeys(account: string, keys: readonly FileApiKey[], now: number): Promise<void> {
    return withinAccount(this.#db, account, async (db) => {
      for (const key of keys) await putFileKey(db, account, key, now);
      const gone = db.updateTable("api_keys").set({ revoked_at: now }).where("account", "=", account);
      await gone
        .where("source", "=", "file")
        .where("revoked_at", "is", null)
        .$if(keys.length > 0, (query) =>
          query.where(
            "key",
            "not in",
            keys.map(({ key }) => key),
          ),
        )
        .execute();
    });
  }
}

async function putFileKey(
  db: AccountDb,
  account: string,
  { key, scopes, tokenHash }: FileApiKey,
  now: number,
): Promise<void> {
  const differs = sql<boolean>`(api_keys.scopes, api_keys.token_hash, api_keys.source, api_keys.revoked_at)
    is distinct from (${scopes}::text[], ${tokenHash}, 'file', null::bigint)`;
  const changed = { scopes, token_hash: tokenHash, source: "file" as const, revoked_at: null };
  const values = {
    account,
    key,
    name: "",
    created_at: now,
    created_by: "workspace file",
    last_used_at: null,
    ...changed,
  };
  await db
    .insertInto("api_keys")
    .values(values)
    .onConflict((conflict) => conflict.columns(["account", "key"]).doUpdateSet(changed).where(differs))
    .execute();
}

function stored(row: ApiKeysTable): StoredApiKey {
  return {
    account: row.account,
    key: row.key,
    name: row.name,
    // A scope of a later version means nothing to this one.
    scopes: SCOPES.filter((scope) => row.scopes.includes(scope)),
    source: row.source,
    createdAt: row.created_at,
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
