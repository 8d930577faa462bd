import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { RepeatedLine } from "../../base/repeated-line.ts";
import type { Random } from "../../base/random.ts";
import type { ApiKeyTable } from "../../edges/store/api-key-table.ts";
import { LAST_USE_EVERY_MS, SCOPES } from "../../edges/store/api-key-table.ts";
import type { MemberTable } from "../../edges/store/member-table.ts";
import type { Sealer } from "../../edges/store/sealer.ts";
import type { TokenHash } from "../../edges/store/token-hash.ts";
import type { ApiKey } from "../exchange/account-config.ts";
import { ApiRefusals } from "./api-refusals.ts";
import { FailureLimit, sourceOf } from "./failure-limit.ts";
import type { Requester } from "./requester.ts";
import { SessionCookie } from "./session-cookie.ts";
import { SignIns } from "./sign-ins.ts";

/** A token has 256 bits; an id only needs to be unique. */
const TOKEN_BYTES = 32;
const KEY_ID_BYTES = 8;
/** Longer credentials can't be valid, so they are not looked up in the database. */
const MAX_CREDENTIAL_CHARACTERS = 500;
/** One key from one address: enough to correct a typing error, while 2,880 guesses a day lead nowhere. */
const PER_KEY = { failures: 10, forgottenAfterMs: 30_000 } as const;
/** All keys from one address, which several customers may share. */
const PER_SOURCE = { failures: 100, forgottenAfterMs: 3_000 } as const;

/** What {@link Access} needs. */
export interface AccessOptions {
  readonly keys: Pick<ApiKeyTable, "find" | "used" | "replaceFileKeys">;
  readonly members: MemberTable;
  /** Seals the secrets of one-time codes. */
  readonly sealer: Sealer;
  readonly tokens: TokenHash;
  /** Whether the account exists now. Keys of an account removed from the configuration open nothing. */
  isAccount(sid: string): boolean;
  /** Where people reach the platform. */
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The result of an attempt. `after`: seconds until the next one makes sense. */
export type KeyVerdict =
  | { readonly kind: "ok"; readonly requester: Requester }
  | { readonly kind: "wrong" }
  | { readonly kind: "later"; readonly after: number };

/** A new key; its token is shown only this once. */
export interface MadeKey {
  readonly key: string;
  readonly token: string;
  readonly tokenHash: string;
}

/** Decides who may do what through the API: keys, with a limit on guessing them, and people who sign in. */
export class Access {
  readonly refusals: ApiRefusals;
  readonly signIns: SignIns;
  readonly cookie: SessionCookie;
  readonly #options: AccessOptions;
  readonly #perKey: FailureLimit;
  readonly #perSource: FailureLimit;
  readonly #unnoted: RepeatedLine;

  constructor(options: AccessOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.signIns = new SignIns(options);
    this.cookie = new SessionCookie(options.publicUrl);
    this.refusals = new ApiRefusals(clock, log);
    this.#perKey = new FailureLimit(clock, PER_KEY);
    this.#perSource = new FailureLimit(clock, PER_SOURCE);
    this.#unnoted = new RepeatedLine(clock, (fields) => log.warn(fields, "the use of an API key could not be noted"));
  }

  isAccount(sid: string): boolean {
    return this.#options.isAccount(sid);
  }

  /** Whether this is a key and token of that account. `address`: where the request came from. */
  async checkKey(account: string, key: string, token: string, address: string): Promise<KeyVerdict> {
    const source = sourceOf(address);
    const pair = `${source} ${account} ${key}`;
    if (this.#waitMs(source, pair) > 0) return this.#later(source, pair);
    const found = await this.#find(account, key, token);
    // Checked again: earlier ones among simultaneous requests may have used up the limit.
    if (this.#waitMs(source, pair) > 0) return this.#later(source, pair);
    const { tokens, clock } = this.#options;
    const known = found?.tokenHash ?? "";
    // Always compared, so that an unknown key takes as long as a known one.
    const isRight = tokens.matches([account, key], token, known);
    if (found === null || !isRight || !this.isAccount(account)) {
      this.#perKey.failed(pair);
      this.#perSource.failed(source);
      return { kind: "wrong" };
    }
    if ((found.lastUsedAt ?? 0) <= clock.now() - LAST_USE_EVERY_MS) this.#noteUse(account, key);
    return { kind: "ok", requester: { kind: "key", id: key, scopes: found.scopes } };
  }

  /** A text of an account that may not be kept, as a keyed hash: the same text has the same mark. */
  markOf(account: string, text: string): string {
    return this.#options.tokens.of(["mark", account], text);
  }

  /** Makes a new key and token. */
  makeKey(account: string): MadeKey {
    const { random, tokens } = this.#options;
    const key = `key_${random.hex(KEY_ID_BYTES)}`;
    const token = `pbt_${random.hex(TOKEN_BYTES)}`;
    return { key, token, tokenHash: tokens.of([account, key], token) };
  }

  /** A proof that the platform itself has said this: without its secret none can be made. */
  sign(parts: readonly string[]): string {
    return this.#options.tokens.of(["signed", ...parts], "");
  }

  /** Has {@link sign} made this signature, here or in another process of the platform? */
  isSigned(parts: readonly string[], signature: string): boolean {
    return this.#options.tokens.matches(["signed", ...parts], "", signature);
  }

  /** Makes the keys of the workspace file usable; the database gets only their hashes. */
  async useFileKeys(account: string, keys: readonly ApiKey[]): Promise<void> {
    const { tokens, clock } = this.#options;
    const hashed = keys.map(({ key, token, scopes = SCOPES }) => ({
      key,
      scopes,
      tokenHash: tokens.of([account, key], token),
    }));
    await this.#options.keys.replaceFileKeys(account, hashed, clock.now());
  }

  async #find(account: string, key: string, token: string): ReturnType<ApiKeyTable["find"]> {
    // PostgreSQL allows no zero bytes in text.
    if (`${account}${key}`.includes("\0")) return null;
    if (Math.max(account.length, key.length, token.length) > MAX_CREDENTIAL_CHARACTERS) return null;
    return this.#options.keys.find(account, key);
  }

  #waitMs(source: string, pair: string): number {
    return Math.max(this.#perKey.waitMs(pair), this.#perSource.waitMs(source));
  }

  #later(source: string, pair: string): KeyVerdict {
    return { kind: "later", after: Math.ceil(this.#waitMs(source, pair) / 1000) };
  }

  /** Notes the last use of a key; no request waits for it. */
  #noteUse(account: string, key: string): void {
    this.#options.keys
      .used(account, key, this.#options.clock.now())
      .catch((error: unknown) => this.#unnoted.note({ err: error, account, key }));
  }
}
