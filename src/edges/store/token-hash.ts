import type { KeyObject } from "node:crypto";
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from "node:crypto";

const KEY_BYTES = 32;

/**
 * Hashes of tokens, drawn from the platform's secret: HMAC-SHA-256. Our own tokens are 256 random bits, which cannot be
 * guessed, so no slow hash is needed; those of the workspace file may be words, but cannot be tried against a dump
 * without the secret either.
 */
export class TokenHash {
  readonly #key: KeyObject;

  /** `secret`: `PLUGBOARD_SECRET`, any text. */
  constructor(secret: string) {
    this.#key = createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "plugboard tokens", KEY_BYTES)));
  }

  /** `owner` is what the token is for: a hash that was copied to another row is useless there. */
  of(owner: readonly string[], token: string): string {
    return createHmac("sha256", this.#key)
      .update(JSON.stringify([...owner, token]))
      .digest("hex");
  }

  /** In constant time, which reveals nothing about either. */
  matches(owner: readonly string[], token: string, stored: string): boolean {
    const [given, known] = [Buffer.from(this.of(owner, token)), Buffer.from(stored)];
    return given.length === known.length && timingSafeEqual(given, known);
  }
}
