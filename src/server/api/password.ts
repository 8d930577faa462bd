import { argon2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Random } from "../../base/random.ts";

const argon2id = promisify(argon2);

/** OWASP's minimum for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Passwords shorter than the minimum are found in lists; ones longer than the maximum only cost time. */
export const MIN_PASSWORD_CHARACTERS = 12;
export const MAX_PASSWORD_CHARACTERS = 256;
/** A hash takes one of the four threads of Node's pool for 50 ms; calls need them for host names and files. */
const AT_ONCE = 2;
/** With more in the queue a sign-in would take seconds; better to refuse it. */
const MAX_WAITING = 32;

/** Thrown if more passwords are waiting than the platform can check soon. */
export class PasswordsBusyError extends Error {
  override readonly name = "PasswordsBusyError";
}

/** Hashes and checks passwords, a bounded number at a time. */
export class Passwords {
  readonly #random: Random;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** What a password is compared with if no one has that name, so that it takes as long. */
  #nobody: Promise<string> | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. May reject with `PasswordsBusyError`. */
  async hash(password: string): Promise<string> {
    const salt = Buffer.from(this.#random.hex(SALT_BYTES), "hex");
    const hash = await this.#derive(password, salt, MEMORY_KIB, PASSES);
    return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(salt)}$${base64(hash)}`;
  }

  /** `stored` null: no one has that name. May reject with `PasswordsBusyError`. */
  async matches(password: string, stored: string | null): Promise<boolean> {
    const known = stored ?? (await (this.#nobody ??= this.hash(this.#random.hex(SALT_BYTES))));
    const [, m = "", t = "", salt = "", hash = ""] =
      /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([^$]+)\$([^$]+)$/.exec(known) ?? [];
    if (hash === "") return false;
    const expected = Buffer.from(hash, "base64");
    const derived = await this.#derive(password, Buffer.from(salt, "base64"), Number(m), Number(t));
    return stored !== null && derived.length === expected.length && timingSafeEqual(derived, expected);
  }

  /** Makes a password that is easy to type and read out: 80 random bits. */
  make(): string {
    return this.#random.hex(10).replaceAll(/.{5}(?=.)/g, "$&-");
  }

  async #derive(password: string, nonce: Buffer, memory: number, passes: number): Promise<Buffer> {
    await this.#turn();
    try {
      const message = password.normalize("NFKC");
      return await argon2id("argon2id", { message, nonce, memory, passes, parallelism: 1, tagLength: HASH_BYTES });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING)
        throw new PasswordsBusyError("too many passwords are waiting to be checked");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
