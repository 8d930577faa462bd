import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { AccountDb } from "./account-rows.ts";
import type { AuditLog, AuditNote } from "./audit-log.ts";
import type { MembersTable, Tables } from "./tables.ts";

/** What a person may do: `viewer` looks, `operator` also places and controls calls, `admin` also changes the account. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type MemberRole = (typeof ROLES)[number];

/** A person who signs in, with everything that the sign-in checks. It never leaves the platform in this form. */
export type Member = Selectable<MembersTable>;

/** A new member; the password's hash is in PHC form. */
export type NewMember = Pick<
  Member,
  "id" | "account" | "login" | "role" | "password_hash" | "must_change" | "created_at" | "created_by"
>;

/** What may change in a member. */
export type MemberChange = Partial<
  Pick<
    Member,
    "role" | "password_hash" | "must_change" | "totp_secret" | "totp_active" | "recovery_hashes" | "signed_in_at"
  >
>;

/** Sessions of one member at once: any more are forgotten browsers, and the oldest one ends. */
const MAX_SESSIONS = 20;
/** Members of one account; a page that lists more is of no use to anyone. */
export const MAX_MEMBERS = 1000;

/**
 * People who sign in, and their sessions. Methods that take a `db` belong to an account or the platform: call them within
 * `withinAccount` or `asPlatform`. The others run before the requester is known.
 */
export class MemberTable {
  readonly #db: Kysely<Tables>;
  readonly #audit: AuditLog;

  constructor(db: Kysely<Tables>, audit: AuditLog) {
    this.#db = db;
    this.#audit = audit;
  }

  async byLogin(account: string | null, login: string): Promise<Member | null> {
    const query = this.#db
      .selectFrom("members")
      .selectAll()
      .where(sql`coalesce(account, '')`, "=", account ?? "");
    return (await query.where("login", "=", login).executeTakeFirst()) ?? null;
  }

  /** Members, sorted by login. */
  list(db: AccountDb, account: string | null): Promise<readonly Member[]> {
    const query = db.selectFrom("members").selectAll().where("account", "is not distinct from", account);
    return query.orderBy("login").limit(MAX_MEMBERS).execute();
  }

  async get(db: AccountDb, account: string | null, id: string): Promise<Member | null> {
    const query = db.selectFrom("members").selectAll().where("account", "is not distinct from", account);
    return (await query.where("id", "=", id).forUpdate().executeTakeFirst()) ?? null;
  }

  /** False if the login is taken. */
  async add(db: AccountDb, member: NewMember): Promise<boolean> {
    const values = { ...member, totp_secret: null, signed_in_at: null };
    const made = db
      .insertInto("members")
      .values(values)
      .onConflict((conflict) => conflict.doNothing());
    return (await made.returning("id").executeTakeFirst()) !== undefined;
  }

  async change(db: AccountDb, id: string, change: MemberChange): Promise<void> {
    await db.updateTable("members").set(change).where("id", "=", id).execute();
  }

  /** A change that members make to themselves, with its note. */
  async changeOwn(id: string, change: MemberChange, note: AuditNote): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await this.change(db, id, change);
      await this.#audit.note(db, note);
    });
  }

  /** Also ends the member's sessions. */
  async remove(db: AccountDb, id: string): Promise<void> {
    await db.deleteFrom("members").where("id", "=", id).execute();
  }

  /** Records the time step of a correct code; false if that code, or a later one, was used before. */
  async useStep(id: string, step: number): Promise<boolean> {
    const taken = this.#db.updateTable("members").set({ totp_step: step }).where("id", "=", id);
    return (await taken.where("totp_step", "<", step).returning("id").executeTakeFirst()) !== undefined;
  }

  /** Removes a recovery code; false if there is none with that hash. */
  async useRecoveryCode(id: string, hash: string): Promise<boolean> {
    const { rows } = await sql`update members set recovery_hashes = array_remove(recovery_hashes, ${hash})
      where id = ${id} and ${hash} = any(recovery_hashes) returning id`.execute(this.#db);
    return rows.length === 1;
  }

  /** Begins a session, and ends those not used since `unusedSince` and the member's oldest ones beyond {@link MAX_SESSIONS}. */
  async beginSession(member: string, tokenHash: string, now: number, unusedSince: number): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await db.deleteFrom("sessions").where("used_at", "<", unusedSince).execute();
      await this.change(db, member, { signed_in_at: now });
      await db
        .insertInto("sessions")
        .values({ token_hash: tokenHash, member, created_at: now, used_at: now })
        .execute();
      const newest = db.selectFrom("sessions").select("token_hash").where("member", "=", member);
      const kept = newest.orderBy("created_at", "desc").orderBy("token_hash").limit(MAX_SESSIONS);
      await db.deleteFrom("sessions").where("member", "=", member).where("token_hash", "not in", kept).execute();
    });
  }

  /** Whose session it is, and since when; null if there is none. */
  async session(tokenHash: string): Promise<(Member & { readonly begun_at: number; readonly used_at: number }) | null> {
    const query = this.#db
      .selectFrom("sessions")
      .innerJoin("members", "members.id", "sessions.member")
      .selectAll("members");
    const row = query.select(["sessions.created_at as begun_at", "sessions.used_at as used_at"]);
    return (await row.where("token_hash", "=", tokenHash).executeTakeFirst()) ?? null;
  }

  async sessionUsed(tokenHash: string, now: number): Promise<void> {
    const used = this.#db.updateTable("sessions").set({ used_at: now }).where("token_hash", "=", tokenHash);
    await used.where("used_at", "<", now).execute();
  }

  async endSession(tokenHash: string): Promise<void> {
    await this.#db.deleteFrom("sessions").where("token_hash", "=", tokenHash).execute();
  }

  /** All of a member's sessions except the one that asks for it. */
  async endOtherSessions(member: string, tokenHash: string | null): Promise<void> {
    const ended = this.#db.deleteFrom("sessions").where("member", "=", member);
    await ended.$if(tokenHash !== null, (query) => query.where("token_hash", "!=", tokenHash ?? "")).execute();
  }

  /** How many members can administer the platform itself. Within a transaction, the number stays the same until its end. */
  async countPlatformAdmins(db: Kysely<Tables> = this.#db): Promise<number> {
    const query = db.selectFrom("members").select("id").where("account", "is", null).where("role", "=", "admin");
    return (await query.forUpdate().execute()).length;
  }

  /** Of two nodes that start at once, only one succeeds. */
  addFirst(member: NewMember): Promise<boolean> {
    return this.#db.transaction().execute(async (db) => {
      if (!(await this.add(db, member))) return false;
      const { account, created_at: at, id, login, role } = member;
      const note = { account, at, actor: { kind: "system", id: "first start" }, action: "member.added" } as const;
      await this.#audit.note(db, { ...note, subject: id, after: { login, role } });
      return true;
    });
  }
}
