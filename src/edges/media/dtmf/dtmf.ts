/** The keys in the order of their event codes (RFC 4733 section 3.2). */
const DIGITS = "0123456789*#ABCD";
const ROWS_HZ = [697, 770, 852, 941] as const;
const COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;
const PAD = ["123A", "456B", "789C", "*0#D"] as const;

/** -1 for what is no key. */
export function digitToEvent(key: string): number {
  return key.length === 1 ? DIGITS.indexOf(key.toUpperCase()) : -1;
}

/** undefined for events that are no keys (16 to 255: tones of other kinds). */
export function eventToDigit(code: number): string | undefined {
  return DIGITS[code];
}

/** The two frequencies of a key, by its event code (ITU-T Q.23). */
export function digitTones(code: number): readonly [number, number] {
  const key = eventToDigit(code) ?? "0";
  const row = PAD.findIndex((keys) => keys.includes(key));
  const column = (PAD[row] ?? "").indexOf(key);
  return [ROWS_HZ[row] ?? 0, COLUMNS_HZ[column] ?? 0];
}

/** The key whose row and column these are. */
export function digitAt(row: number, column: number): string | undefined {
  return PAD[row]?.[column];
}

export { COLUMNS_HZ, ROWS_HZ };
