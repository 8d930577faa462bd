import type { Random } from "./random.ts";

/** Random bytes are fetched this many at a time: one system call for a few hundred identifiers. */
const POOL_BYTES = 8192;
const HEX_CODES = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Cryptographic randomness, pooled: for identifiers that can't be guessed (RFC 3261 19.3, REQ-10). */
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
      // In one piece: V8 keeps concatenated text as a tree of its pieces, which takes more memory.
      return String.fromCharCode(...codes);
    },
  };
}
