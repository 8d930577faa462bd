/** Replaces what is hidden. */
export const MASK = "•";

/** Last digits of a number that stay visible: enough to tell two callers apart, too few to ring one. */
const SHOWN_DIGITS = 4;
/** Fields whose digits are not a phone number. */
const NO_NUMBERS = new Set([
  "call_sid",
  "flow",
  "next",
  "etag",
  "draft",
  "ticket",
  "started_at",
  "ended_at",
  "version",
]);
/** A run of digits as long as a phone number, whole, and also where a plus sign is escaped. */
const NUMBER = /(?:(?<=%2B)|(?<![\w.%]))\d{8,15}(?![\w])/gi;
/** An international number with separators. */
const SPACED_NUMBER = /\+\d[\d ().-]{6,20}\d(?!\w)/g;
/** What a caller pressed, if it is more than a menu choice: it may be a card number. */
const PRESSED = /(?<=\bdigits=)(?:%22)?[\d*#]+(?:%22)?|(?<=")[\d*#]{3,}(?=")/g;
/** A signed link opens the recording for anyone who has it. */
const SIGNATURE = /(?<=[?&]signature=)[0-9a-f]+/g;

/** A copy of a value with people's phone numbers, digits and signed links masked. */
export function withoutPersonalData(value: unknown, field = ""): unknown {
  if (typeof value === "string") return NO_NUMBERS.has(field) ? value : masked(value, field);
  if (Array.isArray(value)) return value.map((each) => withoutPersonalData(each, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutPersonalData(each, name)]));
}

function masked(text: string, field: string): string {
  if (field === "digits") return text.replaceAll(/[\d*#]/g, MASK);
  return text
    .replaceAll(SIGNATURE, MASK)
    .replaceAll(PRESSED, (digits) => MASK.repeat(digits.length))
    .replaceAll(SPACED_NUMBER, maskedNumber)
    .replaceAll(NUMBER, maskedNumber);
}

function maskedNumber(number: string): string {
  const hidden = number.slice(0, -SHOWN_DIGITS).replaceAll(/\d/g, MASK);
  return hidden + number.slice(-SHOWN_DIGITS);
}
