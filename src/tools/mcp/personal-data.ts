/** Stands for what is not shown. */
export const MASK = "•";

/** Digits of a number that stay: enough to tell two callers apart, too few to ring one. */
const SHOWN_DIGITS = 4;
/** Fields whose digits are no phone number. */
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
/** What a caller pressed, where it is more than the choice of a menu: it may be the number of a card. */
const PRESSED = /(?<=\bdigits=)(?:%22)?[\d*#]+(?:%22)?|(?<=")[\d*#]{3,}(?=")/g;
/** A signed link opens the recording for everyone who has it. */
const SIGNATURE = /(?<=[?&]signature=)[0-9a-f]+/g;

/** A value without the phone numbers, digits and signed links of people in it; everything else is as it was. */
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
