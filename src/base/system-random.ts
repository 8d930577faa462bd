import type { Random } from "./random.ts";

/** Random bytes are fetched so many at a time: one call into the system per some hundred identifiers. */
const POOL_BYTES = 8192;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Cryptographic randomness of the machine, pooled: identifiers nobody can guess (RFC 3261 19.3, REQ-10). */
export function systemRandom(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  const byte = (): number => {
    if (used === POOL_BYTES) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    const value = pool[used] ?? 0;
    pool[used] = 0;
    used += 1;
    return value;
  };
  return {
    next: () => (((byte() * 256 + byte()) * 256 + byte()) * 256 + byte()) / 4_294_967_296,
    hex(bytes) {
      let text = "";
      for (let i = 0; i < bytes; i++) text += HEX[byte()] ?? "";
      return text;
    },
  };
}
