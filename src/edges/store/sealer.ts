import type { KeyObject } from "node:crypto";
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from "node:crypto";
import type { Random } from "../../base/random.ts";

/** Sealed texts begin so; JSON never does, and rows of before are JSON in clear. */
const PREFIX = "sealed:1:";
const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Keys kept in memory: one for each live call, and some more. */
const KNOWN_KEYS = 4096;

/**
 * Seals texts before they are stored: someone who has only the disk or a dump must not read URL passwords and answers. AES-256-GCM
 * under a key of each scope's own (a call, a setup), drawn from the platform's secret, so that random nonces of a busy
 * platform never meet under one key.
 *
 *   sealed:1: | base64( nonce, 12 octets | ciphertext | tag, 16 octets )
 */
export class Sealer {
  readonly #master: KeyObject;
  readonly #random: Random;
  readonly #keys = new Map<string, KeyObject>();

  /** `secret`: `PLUGBOARD_SECRET`, any text. */
  constructor(secret: string, random: Random) {
    this.#master = createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "plugboard store", KEY_BYTES)));
    this.#random = random;
  }

  /** `place` is what the text is for (`event 3`): a sealed text that was moved elsewhere does not open. */
  seal(scope: string, place: string, text: string): string {
    const nonce = Buffer.from(this.#random.hex(NONCE_BYTES), "hex");
    const cipher = createCipheriv(ALGORITHM, this.#key(scope), nonce);
    cipher.setAAD(Buffer.from(place));
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return PREFIX + sealed.toString("base64");
  }

  /** Clear texts come back as they are. Null: sealed with another secret, for another place, or damaged. */
  open(scope: string, place: string, stored: string): string | null {
    if (!stored.startsWith(PREFIX)) return stored;
    const sealed = Buffer.from(stored.slice(PREFIX.length), "base64");
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.#key(scope), sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(tagAt));
    try {
      const text = decipher.update(sealed.subarray(NONCE_BYTES, tagAt));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  }

  #key(scope: string): KeyObject {
    const known = this.#keys.get(scope);
    if (known !== undefined) return known;
    // Keys are objects: turning octets into a key costs three times the sealing, each time.
    const key = createSecretKey(createHmac("sha256", this.#master).update(scope).digest());
    if (this.#keys.size >= KNOWN_KEYS) this.#keys.clear();
    this.#keys.set(scope, key);
    return key;
  }
}
