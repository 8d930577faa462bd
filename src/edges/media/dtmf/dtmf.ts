/** The digits in the order of their event codes (RFC 4733 section 3.2). */
const DIGITS = "0123456789*#ABCD";
const PAD = ["123A", "456B", "789C", "*0#D"] as const;
export const ROWS_HZ = [697, 770, 852, 941] as const;
export const COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;

/** How a digit was sent: as a telephone-event (RFC 4733), or as tones in the audio. */
export type DtmfVia = "rfc4733" | "inband";

/** A digit of the other side begins or ends. What a leg receives is passed upward in this one form. */
export interface DtmfEvent {
  readonly kind: "digit_started" | "digit_ended";
  /** Event code (RFC 4733 section 3.2). */
  readonly code: number;
  /** null: an event that is not a digit (codes from 16: hook flash, tones of other kinds). */
  readonly digit: string | null;
  /** When it began, by the receiver's clock. */
  readonly startedAtMs: number;
  /** Duration so far. */
  readonly durationMs: number;
  readonly via: DtmfVia;
}

/** -1 for anything else. */
export function digitToEvent(digit: string): number {
  return digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;
}

/** undefined for events that are not digits (16 to 255: tones of other kinds). */
export function eventToDigit(code: number): string | undefined {
  return DIGITS[code];
}

/** The two frequencies of a digit, by its event code (ITU-T Q.23). */
export function digitTones(code: number): readonly [number, number] {
  const digit = eventToDigit(code) ?? "0";
  const row = PAD.findIndex((digits) => digits.includes(digit));
  const column = (PAD[row] ?? "").indexOf(digit);
  return [ROWS_HZ[row] ?? 0, COLUMNS_HZ[column] ?? 0];
}

/** The digit in this row and column of the keypad. */
export function digitAt(row: number, column: number): string | undefined {
  return PAD[row]?.[column];
}
