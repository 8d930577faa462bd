import type { Random } from "./random.ts";

/** Random bytes are fetched so many at a time: one call into the system per some hundred identifiers. */
const POOL_BYTES = 8192;
const HEX_CODES = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

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
      const codes: number[] = [];
      for (let i = 0; i < bytes; i++) {
        const value = byte();
        codes.push(HEX_CODES[value >> 4] ?? 0, HEX_CODES[value & 15] ?? 0);
      }
      // In one piece: text that is added to grows into a tree of pieces, which is what would be kept.
      return String.fromCharCode(...codes);
    },
  };
}
