import type { KeyObject } from "node:crypto";
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from "node:crypto";
import type { Random } from "../../base/random.ts";

/** Sealed texts begin with this; JSON never does, and rows of the first version are unsealed JSON. */
const PREFIX = "sealed:2:";
/** The prefix of the previous version, which had a key for each scope and no salt. */
const PREFIX_BEFORE = "sealed:1:";
const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Texts under one key: few enough that two of their random nonces never meet (2^32 would be allowed). */
const TEXTS_PER_KEY = 2 ** 24;
/** Keys kept in memory for opening: one for each start of the platform, or call of the previous version, that was read recently. */
const KNOWN_KEYS = 4096;

/** A key that new texts are sealed with, and what it was made from. */
interface SealingKey {
  readonly salt: Buffer;
  readonly key: KeyObject;
  texts: number;
}

/**
 * Seals texts before they are stored: someone who has only the disk or a dump must not read URL passwords and answers.
 * AES-256-GCM under keys made from the platform's secret and a random salt; with a new salt at each start, and from time to time.
 *
 *   sealed:2: | base64( salt, 16 octets | nonce, 12 octets | ciphertext | tag, 16 octets )
 */
export class Sealer {
  readonly #master: KeyObject;
  readonly #random: Random;
  readonly #keys = new Map<string, KeyObject>();
  #sealing: SealingKey | null = null;

  /** `secret`: `PLUGBOARD_SECRET`, any text. */
  constructor(secret: string, random: Random) {
    this.#master = createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "plugboard store", KEY_BYTES)));
    this.#random = random;
  }

  /** `scope` and `place` say whose text it is and what for (a call, `event 3`): it does not open anywhere else. */
  seal(scope: string, place: string, text: string): string {
    const { salt, key } = this.#sealingKey();
    const nonce = this.#bytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce);
    cipher.setAAD(purposeOf(scope, place));
    const sealed = Buffer.concat([salt, nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return PREFIX + sealed.toString("base64");
  }

  /** Unsealed texts are returned as they are. Null: sealed with another secret, for another place, or damaged. */
  open(scope: string, place: string, stored: string): string | null {
    if (stored.startsWith(PREFIX)) {
      const sealed = Buffer.from(stored.slice(PREFIX.length), "base64");
      const salt = sealed.toString("latin1", 0, SALT_BYTES);
      return this.#open(salt, purposeOf(scope, place), sealed.subarray(SALT_BYTES));
    }
    if (!stored.startsWith(PREFIX_BEFORE)) return stored;
    return this.#open(scope, Buffer.from(place), Buffer.from(stored.slice(PREFIX_BEFORE.length), "base64"));
  }

  #open(keyName: string, purpose: Buffer, sealed: Buffer): string | null {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.#key(keyName), sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(purpose);
    decipher.setAuthTag(sealed.subarray(tagAt));
    try {
      const text = decipher.update(sealed.subarray(NONCE_BYTES, tagAt));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  }

  #sealingKey(): SealingKey {
    if (this.#sealing === null || this.#sealing.texts === TEXTS_PER_KEY) {
      const salt = this.#bytes(SALT_BYTES);
      this.#sealing = { salt, key: this.#key(salt.toString("latin1")), texts: 0 };
    }
    this.#sealing.texts += 1;
    return this.#sealing;
  }

  /** Keys are kept as objects and created once: turning octets into a key costs three times as much as sealing. */
  #key(name: string): KeyObject {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = createSecretKey(createHmac("sha256", this.#master).update(name).digest());
    if (this.#keys.size >= KNOWN_KEYS) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }

  #bytes(count: number): Buffer {
    return Buffer.from(this.#random.hex(count), "hex");
  }
}

function purposeOf(scope: string, place: string): Buffer {
  return Buffer.from(`${scope}\n${place}`);
}
