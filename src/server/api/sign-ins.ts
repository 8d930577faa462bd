import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import type { Scope } from "../../edges/store/api-key-table.ts";
import type { Member, MemberChange, MemberTable, NewMember, MemberRole } from "../../edges/store/member-table.ts";
import type { Sealer } from "../../edges/store/sealer.ts";
import type { TokenHash } from "../../edges/store/token-hash.ts";
import { FailureLimit, sourceOf } from "./failure-limit.ts";
import { makeRecoveryCodes, makeTotpSecret, normalRecoveryCode, stepOfCode, totpUri } from "./one-time-codes.ts";
import { Passwords } from "./password.ts";
import { SignInLink } from "./sign-in-link.ts";

const TOKEN_BYTES = 32;
const MEMBER_ID_BYTES = 8;
/** A session ends a working day after its last use, and a week after it began. */
const SESSION_IDLE_MS = 12 * 3_600_000;
const SESSION_MS = 7 * 86_400_000;
/** The last use is written at most this often. */
const USE_EVERY_MS = 60_000;
/** Attempts from one address for any login: enough to correct a typing error. */
const PER_SOURCE = { failures: 10, forgottenAfterMs: 60_000 } as const;
/** Attempts on one login from all addresses: 288 guesses a day lead nowhere. */
const PER_LOGIN = { failures: 50, forgottenAfterMs: 300_000 } as const;
/** Limit on remembered addresses from which a login has succeeded; there strangers can't lock out its owner. */
const MAX_KNOWN = 10_000;

/** Of the administrator that the first start makes. */
const FIRST_LOGIN = "admin";

/** What a role may do. */
const SCOPES_OF: Readonly<Record<MemberRole, readonly Scope[]>> = {
  viewer: ["read"],
  operator: ["read", "call"],
  admin: ["read", "call", "admin"],
};

/** The scopes of a person with this role, as keys have them. */
export function scopesOf(role: MemberRole): readonly Scope[] {
  return SCOPES_OF[role];
}

/** What {@link SignIns} needs. */
export interface SignInOptions {
  readonly members: MemberTable;
  readonly tokens: TokenHash;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What was entered to sign in. `code`: from the phone, or a recovery code. */
export interface Credentials {
  /** Null: a member of the platform. */
  readonly account: string | null;
  readonly login: string;
  readonly password: string;
  readonly code: string | null;
}

/** Created at the first start. `linkToken`: opens one session, within minutes. */
export interface FirstAdmin {
  readonly login: string;
  readonly password: string;
  readonly linkToken: string;
}

/** The result of a sign-in. `after`: seconds until the next attempt makes sense. */
export type SignInVerdict =
  | { readonly kind: "ok"; readonly member: Member; readonly token: string }
  | { readonly kind: "wrong" }
  | { readonly kind: "code_needed" }
  | { readonly kind: "later"; readonly after: number };

/** People who sign in: passwords, one-time codes, sessions. */
export class SignIns {
  readonly passwords: Passwords;
  readonly #options: SignInOptions;
  readonly #perSource: FailureLimit;
  readonly #perLogin: FailureLimit;
  readonly #known = new Set<string>();
  readonly #unnoted: RepeatedLine;
  readonly #link: SignInLink;
  /** Hashes of sessions that began with the link: whoever has one was never told a password. */
  readonly #byLink = new Set<string>();

  constructor(options: SignInOptions) {
    const { clock, random, log } = options;
    this.#options = options;
    this.passwords = new Passwords(random);
    this.#link = new SignInLink(options);
    this.#perSource = new FailureLimit(clock, PER_SOURCE);
    this.#perLogin = new FailureLimit(clock, PER_LOGIN);
    this.#unnoted = new RepeatedLine(clock, (fields) => log.warn(fields, "the use of a session could not be noted"));
  }

  /** Begins a session. Rejects with `PasswordsBusyError` if too many sign in at once. */
  async signIn(given: Credentials, address: string): Promise<SignInVerdict> {
    const source = sourceOf(address);
    const login = JSON.stringify([given.account, given.login]);
    const known = `${source} ${login}`;
    const waitMs = Math.max(this.#perSource.waitMs(source), this.#known.has(known) ? 0 : this.#perLogin.waitMs(login));
    if (waitMs > 0) return { kind: "later", after: Math.ceil(waitMs / 1000) };
    const verdict = await counted(
      [
        [this.#perSource, source],
        [this.#perLogin, login],
      ],
      () => this.#checked(given),
      ({ kind }) => kind === "wrong",
    );
    if (verdict.kind === "ok") this.#remember(known);
    return verdict;
  }

  /** A new member with a password that is shown only this once and must be changed at the first sign-in. */
  async newMember(
    member: Pick<Member, "account" | "login" | "role"> & { readonly createdBy: string },
  ): Promise<{ readonly member: NewMember; readonly password: string }> {
    const { random, clock } = this.#options;
    const { account, login, role, createdBy } = member;
    const password = this.passwords.make();
    const password_hash = await this.passwords.hash(password);
    const id = `usr_${random.hex(MEMBER_ID_BYTES)}`;
    const made = { created_at: clock.now(), created_by: createdBy };
    return { member: { id, account, login, role, password_hash, must_change: true, ...made }, password };
  }

  /** Creates the first administrator of the platform; null: one already exists. */
  async makeFirstAdmin(): Promise<FirstAdmin | null> {
    const { members } = this.#options;
    const login = FIRST_LOGIN;
    if ((await members.countPlatformAdmins()) > 0) return null;
    const made = await this.newMember({ account: null, login, role: "admin", createdBy: "system first start" });
    if (!(await members.addFirst(made.member))) return null;
    return { login, password: made.password, linkToken: this.#link.make(made.member.id) };
  }

  /** Begins the first administrator's session with the link that was printed at the first start. */
  async signInByLink(token: string, address: string): Promise<SignInVerdict> {
    const source = sourceOf(address);
    const waitMs = this.#perSource.waitMs(source);
    if (waitMs > 0) return { kind: "later", after: Math.ceil(waitMs / 1000) };
    const begin = (): Promise<SignInVerdict> => this.#beginByLink(token);
    return counted([[this.#perSource, source]], begin, ({ kind }) => kind === "wrong");
  }

  /** Whether this session began with the link, and its password has not been chosen yet. */
  isByLink(token: string): boolean {
    return this.#byLink.has(this.#hashOf(token));
  }

  /** Whether this is the member's password. Limited like a sign-in. */
  async isPassword(member: Member, password: string, address: string): Promise<boolean | "later"> {
    const source = sourceOf(address);
    if (this.#perSource.waitMs(source) > 0) return "later";
    const check = (): Promise<boolean> => this.passwords.matches(password, member.password_hash);
    return counted([[this.#perSource, source]], check, (isRight) => !isRight);
  }

  /** The member whose session has this token; null: no such session, or it has ended. */
  async memberOf(token: string): Promise<Member | null> {
    const hash = this.#hashOf(token);
    const found = await this.#options.members.session(hash);
    if (found === null) return null;
    const { begun_at, used_at, ...member } = found;
    const now = this.#options.clock.now();
    if (now > used_at + SESSION_IDLE_MS || now > begun_at + SESSION_MS) return null;
    if (now >= used_at + USE_EVERY_MS)
      this.#options.members.sessionUsed(hash, now).catch((error: unknown) => this.#unnoted.note({ err: error }));
    return member;
  }

  async signOut(token: string): Promise<void> {
    await this.#options.members.endSession(this.#hashOf(token));
  }

  /** Changes the password and ends the member's other sessions, so that anyone who knew the old one is signed out. */
  async changePassword(member: Member, password: string, token: string): Promise<void> {
    const { members } = this.#options;
    const password_hash = await this.passwords.hash(password);
    await this.#change(member, { password_hash, must_change: false }, "member.password_changed");
    await members.endOtherSessions(member.id, this.#hashOf(token));
    this.#link.forget(member.id);
    this.#byLink.clear();
  }

  /** A secret for the phone. It takes effect once a code has confirmed it. */
  async beginTotp(member: Member): Promise<{ readonly secret: string; readonly uri: string }> {
    const { random, sealer } = this.#options;
    const secret = makeTotpSecret(random);
    const totp_secret = sealer.seal(...totpPlace(member.id), secret);
    await this.#change(member, { totp_secret, totp_active: false }, "member.totp_begun");
    return { secret, uri: totpUri(secret, member.login) };
  }

  /** Recovery codes, shown only this once; null: the code is wrong, or there is nothing to confirm. */
  async confirmTotp(member: Member, code: string): Promise<readonly string[] | null> {
    const { random } = this.#options;
    if (member.totp_active || !(await this.#isCode(member, code))) return null;
    const codes = makeRecoveryCodes(random);
    const recovery_hashes = codes.map((one) => this.#recoveryHash(member.id, one));
    await this.#change(member, { totp_active: true, recovery_hashes }, "member.totp_confirmed");
    return codes;
  }

  async endTotp(member: Member): Promise<void> {
    await this.#change(member, { totp_secret: null, totp_active: false, recovery_hashes: [] }, "member.totp_ended");
  }

  async #change(member: Member, change: MemberChange, action: string): Promise<void> {
    const { members, clock } = this.#options;
    const { id, account } = member;
    await members.changeOwn(id, change, { account, at: clock.now(), actor: { kind: "user", id }, action, subject: id });
  }

  async #checked(given: Credentials): Promise<SignInVerdict> {
    const { members } = this.#options;
    const member = await members.byLogin(given.account, given.login);
    const isRight = await this.passwords.matches(given.password, member?.password_hash ?? null);
    if (member === null || !isRight) return { kind: "wrong" };
    if (member.totp_active && given.code === null) return { kind: "code_needed" };
    if (member.totp_active && !(await this.#isSecondFactor(member, given.code ?? ""))) return { kind: "wrong" };
    return { kind: "ok", member, token: await this.#beginSession(member) };
  }

  /** The link is only for an administrator who has never signed in: afterwards it would be a second password. */
  async #beginByLink(given: string): Promise<SignInVerdict> {
    const id = this.#link.use(given);
    const member = id === null ? null : await this.#options.members.byLogin(null, FIRST_LOGIN);
    if (member === null || member.id !== id || !member.must_change || member.signed_in_at !== null)
      return { kind: "wrong" };
    await this.#change(member, { signed_in_at: this.#options.clock.now() }, "member.signed_in_by_link");
    const token = await this.#beginSession(member);
    this.#byLink.add(this.#hashOf(token));
    return { kind: "ok", member, token };
  }

  async #beginSession({ id }: Member): Promise<string> {
    const { members, random, clock } = this.#options;
    const token = random.hex(TOKEN_BYTES);
    const now = clock.now();
    await members.beginSession(id, this.#hashOf(token), now, now - SESSION_IDLE_MS);
    return token;
  }

  async #isSecondFactor(member: Member, code: string): Promise<boolean> {
    if (/^\d{6}$/.test(code)) return this.#isCode(member, code);
    return this.#options.members.useRecoveryCode(member.id, this.#recoveryHash(member.id, normalRecoveryCode(code)));
  }

  /** Checks a code; a right one is used up. */
  async #isCode({ id, totp_secret }: Member, code: string): Promise<boolean> {
    const { sealer, members, clock } = this.#options;
    const secret = totp_secret === null ? null : sealer.open(...totpPlace(id), totp_secret);
    const step = secret === null ? null : stepOfCode(secret, code, clock.now());
    return step !== null && members.useStep(id, step);
  }

  #recoveryHash(id: string, code: string): string {
    return this.#options.tokens.of(["recovery", id], code);
  }

  #hashOf(token: string): string {
    return this.#options.tokens.of(["session"], token);
  }

  #remember(known: string): void {
    this.#known.delete(known);
    const [oldest] = this.#known;
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.add(known);
  }
}

function totpPlace(id: string): [string, string] {
  return [`member ${id}`, "totp"];
}

/** Counts a failure before the check, so that simultaneous attempts don't all pass, and takes it back if there was none. */
async function counted<T>(
  limits: readonly (readonly [limit: FailureLimit, key: string])[],
  check: () => Promise<T>,
  isFailure: (result: T) => boolean,
): Promise<T> {
  for (const [limit, key] of limits) limit.failed(key);
  let isCounted = false;
  try {
    const result = await check();
    isCounted = isFailure(result);
    return result;
  } finally {
    // An attempt that could not be checked is not a failure either.
    if (!isCounted) for (const [limit, key] of limits) limit.forgive(key);
  }
}
