import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { TokenHash } from "../../edges/store/token-hash.ts";

/** 256 random bits: nobody guesses them in the time that the link lives. */
const TOKEN_BYTES = 32;
/** Long enough to copy it from a terminal into a browser; afterwards the password is left. */
const LIFETIME_MS = 15 * 60_000;

interface OpenLink {
  readonly member: string;
  readonly hash: string;
  /** On the monotonic clock, ms: setting the wall clock back does not bring it to life again. */
  readonly until: number;
}

/**
 * The one-time link of the first start. Only a hash of its token is kept, in memory alone: no dump and no backup has it, and it
 * ends with the process.
 */
export class SignInLink {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #random: Random;
  readonly #tokens: TokenHash;
  #open: OpenLink | null = null;

  constructor({
    clock,
    random,
    tokens,
  }: {
    readonly clock: Clock;
    readonly random: Random;
    readonly tokens: TokenHash;
  }) {
    this.#clock = clock;
    this.#random = random;
    this.#tokens = tokens;
  }

  /** Makes the member's link; an earlier one ends. */
  make(member: string): string {
    const token = this.#random.hex(TOKEN_BYTES);
    this.#open = { member, hash: this.#tokens.of(["link", member], token), until: this.#clock.elapsed() + LIFETIME_MS };
    return token;
  }

  /** The member whose link it is, and the link is used up; null: it is not the link, or the link has ended. */
  use(token: string): string | null {
    const open = this.#open;
    if (open === null || !this.#tokens.matches(["link", open.member], token, open.hash)) return null;
    this.#open = null;
    return this.#clock.elapsed() < open.until ? open.member : null;
  }

  /** Ends the member's link. */
  forget(member: string): void {
    if (this.#open?.member === member) this.#open = null;
  }
}
