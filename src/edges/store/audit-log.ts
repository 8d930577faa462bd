import type { Kysely } from "kysely";
import { withinAccount } from "./account-rows.ts";
import type { AuditLogTable, Tables } from "./tables.ts";

/** Who made a change: an API key or a user by id, or the platform itself (`workspace file`, `first start`). */
export interface AuditActor {
  readonly kind: AuditLogTable["actor_kind"];
  readonly id: string;
}

/** One change. `before` and `after` are plain data; what looks like a secret is masked. */
export interface AuditNote {
  /** Null: a change of the platform itself. */
  readonly account: string | null;
  /** Epoch ms. */
  readonly at: number;
  readonly actor: AuditActor;
  /** What was done, as `<thing>.<verb>`: `key.created`, `flow.published`. */
  readonly action: string;
  /** Which one: the id within the account. */
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A change as it is stored. */
export interface AuditEntry extends AuditNote {
  readonly id: number;
  readonly before: unknown;
  readonly after: unknown;
}

export interface AuditPage {
  /** Entries older than this id. */
  readonly before?: number;
  readonly limit: number;
}

/** Of a larger document only the length is noted: a change must never fail because of its note. */
const MAX_DOCUMENT_CHARACTERS = 256 * 1024;

/** The log of every change of an account: written with the change, in its transaction, and never changed. */
export class AuditLog {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Call with the transaction of the change, so that neither is stored without the other. */
  async note(db: Kysely<Tables>, { account, at, actor, action, subject, before, after }: AuditNote): Promise<void> {
    const what = { account, at, actor_kind: actor.kind, actor: actor.id, action, subject };
    await db
      .insertInto("audit_log")
      .values({ ...what, before: documentOf(before), after: documentOf(after) })
      .execute();
  }

  /** Newest first; null: changes of the platform. */
  list(account: string | null, page: AuditPage): Promise<readonly AuditEntry[]> {
    if (account === null) return pageOf(this.#db, account, page);
    return withinAccount(this.#db, account, (db) => pageOf(db, account, page));
  }
}

async function pageOf(
  db: Kysely<Tables>,
  account: string | null,
  { before, limit }: AuditPage,
): Promise<readonly AuditEntry[]> {
  const query = db
    .selectFrom("audit_log")
    .selectAll()
    .where("account", account === null ? "is" : "=", account);
  const older = query.$if(before !== undefined, (all) => all.where("id", "<", before ?? 0));
  return (await older.orderBy("id", "desc").limit(limit).execute()).map(entry);
}

function entry(row: Omit<AuditLogTable, "id"> & { readonly id: number }): AuditEntry {
  return {
    id: row.id,
    account: row.account,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor },
    action: row.action,
    subject: row.subject,
    before: row.before === null ? null : (JSON.parse(row.before) as unknown),
    after: row.after === null ? null : (JSON.parse(row.after) as unknown),
  };
}

function documentOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  // PostgreSQL takes no zero bytes in a text.
  const text = JSON.stringify(masked(value)).replaceAll("\\u0000", "\\ufffd");
  return text.length <= MAX_DOCUMENT_CHARACTERS ? text : JSON.stringify({ omitted_characters: text.length });
}

const SECRET_NAME = /pass(?:word|phrase)|token|secret|credential|authorization|cookie|recovery|_hash$/i;
/** `user:pass@` in a URL. */
const USERINFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*@/gi;
export const MASK = "[masked]";

/**
 * The same document with secrets replaced by {@link MASK}: values of keys that look like secrets, and whatever is
 * before the `@` of a URL.
 */
export function masked(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(USERINFO, `$1${MASK}@`);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(masked);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskedField(name, inner)]));
}

function maskedField(name: string, value: unknown): unknown {
  const isSecret = SECRET_NAME.test(name) && value !== null && value !== undefined && typeof value !== "boolean";
  return isSecret ? MASK : masked(value);
}
