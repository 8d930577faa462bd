import { z } from "zod";

/** The parameters of every path below `/api/accounts/:account`. */
export const accountParams = z.object({ account: z.string() });

/** A query or body that refuses unknown fields, because an ignored filter would show wrong results. */
export function onlyThese<Shape extends z.core.$ZodLooseShape>(shape: Shape, noun: string) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `there is no ${noun} "${issue.keys[0] ?? ""}": ${known} are known`
        : undefined,
  });
}

/** A whole number in a query, in digits. */
export function wholeNumber(least: number, most: number) {
  const phrase = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, phrase)
    .refine((text) => Number(text) >= least && Number(text) <= most, {
      error: phrase,
      params: { rule: "minimum, maximum" },
    })
    .transform(Number)
    .meta({ type: "integer", minimum: least, maximum: most });
}

/** The cursor of lists that number their rows: the `next` of the previous page. Absent: the newest page. */
export function beforeRow() {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'the "next" of an earlier page')
    .transform(Number)
    .optional()
    .describe("The `next` of the previous page");
}

/** A number as a call shows it: E.164, `anonymous`, `sip:user`. An unescaped plus sign arrives as a space. */
export function shownNumber() {
  return z
    .string()
    .regex(
      /^[+ ]\d{3,15}$|^anonymous$|^sip:[\x21-\x7e]{1,200}$|^\d{1,15}$/,
      'a number as the call shows it, such as +919812345678, "anonymous" or sip:anil',
    )
    .transform(withPlus);
}

/** An instant in a query, as milliseconds. */
export function instant() {
  const phrase = "a date or an instant with its offset, such as 2026-01-05T10:00:00+05:30";
  return z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+ -]\d\d:\d\d))?$/, phrase)
    .refine((text) => !Number.isNaN(Date.parse(withPlus(text))), { error: phrase, params: { rule: "pattern" } })
    .transform((text) => Date.parse(withPlus(text)));
}

function withPlus(text: string): string {
  return text.replace(" ", "+");
}
