import { z } from "zod";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { Account } from "../../../core/contract/account.ts";
import { readPhone } from "../../../core/contract/numbers.ts";
import { parseDateTime } from "../../../core/contract/time.ts";
import type { CallCursor, CallFilter, ShownOutcome, CallSummary } from "../../../edges/store/types.ts";
import { wholeNumber } from "../openapi/parameters.ts";
import { NOBODY_ANSWERED } from "./representation.ts";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;
/** Exotel's limits; nobody types a longer list. */
const MAX_NUMBERS = 5;
const MAX_SIDS = 100;
const SECOND_MS = 1000;

const rule = { rule: "API-5" };
const DATES = "gte:2026-01-05 00:00:00;lte:2026-01-05 23:59:59";
const MOMENT = String.raw`\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?`;

function pattern(text: string, phrase: string) {
  return z.string().regex(new RegExp(`^(?:${text})$`), { error: phrase });
}

function commaList(item: string, most: number, phrase: string) {
  return pattern(`${item}(?:,${item}){0,${most - 1}}`, phrase)
    .transform((text) => text.split(",").map((one) => one.trim()))
    .optional();
}

function numbers() {
  const phrase = `a number such as +919812345678, or up to ${MAX_NUMBERS} of them with commas between`;
  return commaList(String.raw`[^,\u0000-\u001f]{1,200}`, MAX_NUMBERS, phrase);
}

const cursor = pattern(
  String.raw`\d{1,15}\.[0-9a-z]{1,64}`,
  "the cursor of an earlier page's PrevPageUri or NextPageUri",
)
  .transform(readCursor)
  .optional();

/** API-5. Other parameters are ignored, as Exotel does. */
export const listQuery = z
  .object({
    Sid: commaList("[0-9a-z]{1,64}", MAX_SIDS, `the Sid of a call, or up to ${MAX_SIDS} of them with commas between`),
    DateCreated: pattern(
      `(?:gte|lte):${MOMENT}(?:;(?:gte|lte):${MOMENT})?`,
      `of the form ${DATES}, in the account's time zone`,
    )
      .optional()
      .describe("In the account's time zone: `gte:2026-01-05 00:00:00;lte:2026-01-05 23:59:59`, or one of the two"),
    From: numbers(),
    To: numbers(),
    PhoneNumber: numbers().describe("The ExoPhone"),
    Status: z
      .enum(["queued", "in-progress", "completed", "failed", "busy", "no-answer"])
      .optional()
      .describe("As in the `Status` of a call"),
    Direction: z.enum(["inbound", "outbound-api", "outbound-dial", "incoming"]).optional(),
    Duration: pattern(
      String.raw`(?:gte|lte|eq):\d{1,6}s?(?:;(?:gte|lte):\d{1,6}s?)?`,
      "of the form gte:10s;lte:45s or eq:30s",
    )
      .optional()
      .describe("For calls that have ended: `gte:10s;lte:45s`, `eq:30s`"),
    PageSize: wholeNumber(1, MAX_PAGE_SIZE).default(PAGE_SIZE),
    SortBy: z.enum(["DateCreated:desc", "DateCreated:asc", "DateCreated"]).optional(),
    Before: cursor.describe("From `PrevPageUri`: the page before that call"),
    After: cursor.describe("From `NextPageUri`: the page after that call"),
  })
  .refine(({ Before, After }) => Before === undefined || After === undefined, {
    error: "left out, since After is given",
    path: ["Before"],
    params: rule,
  });

type Query = z.output<typeof listQuery>;

/** Turns a query into a filter for the store; the error is one sentence. */
export function filterOf(query: Query, account: Account): Result<CallFilter, string> {
  const dates = datesOf(query.DateCreated, account.timezone);
  if (!dates.ok) return dates;
  const from = numbersOf("From", query.From, account);
  if (!from.ok) return from;
  const to = exophonesOf(query, account);
  if (!to.ok) return to;
  return ok({
    limit: query.PageSize,
    ...dates.value,
    ...(from.value === null ? {} : { fromAnyOf: from.value }),
    ...(to.value === null ? {} : { toAnyOf: to.value }),
    ...(query.Sid === undefined ? {} : { sidsAnyOf: query.Sid }),
    ...(query.Status === undefined ? {} : { outcomes: OUTCOMES[query.Status] }),
    ...(query.Direction === undefined ? {} : { direction: DIRECTIONS[query.Direction] }),
    ...durationsOf(query.Duration),
    ...placeOf(query),
  });
}

const [outgoing, incoming] = [{ direction: "outbound-dial" }, { direction: "incoming" }] as const;

/** The inverse of `shownStatus`: the stored outcomes that `Status` shows as this word. No call that has begun is queued. */
const OUTCOMES: Readonly<Record<NonNullable<Query["Status"]>, readonly ShownOutcome[]>> = {
  queued: [],
  "in-progress": [{ status: null }],
  completed: [{ status: "completed" }, ...NOBODY_ANSWERED.map((status) => ({ status, ...incoming }))],
  failed: [{ status: "failed" }],
  busy: [{ status: "busy", ...outgoing }],
  "no-answer": [{ status: "no-answer", ...outgoing }],
};

const DIRECTIONS = {
  inbound: "incoming",
  incoming: "incoming",
  "outbound-api": "outbound-dial",
  "outbound-dial": "outbound-dial",
} as const;

/** Reads a range of dates; `lte` includes the whole second it names. */
function datesOf(text: string | undefined, timezone: string): Result<Partial<CallFilter>, string> {
  let dates: { startedFrom?: number; startedTo?: number } = {};
  for (const part of text?.split(";") ?? []) {
    const at = parseDateTime(part.slice("gte:".length), timezone);
    if (at === null) return err(`DateCreated is ${JSON.stringify(text)}: there is no ${part.slice("gte:".length)}`);
    if (part.startsWith("gte:")) dates = { ...dates, startedFrom: Math.max(at, dates.startedFrom ?? at) };
    else dates = { ...dates, startedTo: Math.min(at + SECOND_MS - 1, dates.startedTo ?? Infinity) };
  }
  return ok(dates);
}

function durationsOf(text: string | undefined): Partial<CallFilter> {
  let durations: { minDurationMs?: number; maxDurationMs?: number } = {};
  for (const part of text?.split(";") ?? []) {
    const [operator, seconds = ""] = part.split(":");
    const ms = Number.parseInt(seconds, 10) * SECOND_MS;
    if (operator !== "lte") durations = { ...durations, minDurationMs: ms };
    if (operator !== "gte") durations = { ...durations, maxDurationMs: ms + SECOND_MS - 1 };
  }
  return durations;
}

/** `To` and `PhoneNumber` both name the called number; if both are given, a call must match both. */
function exophonesOf(query: Query, account: Account): Result<readonly string[] | null, string> {
  const to = numbersOf("To", query.To, account);
  if (!to.ok) return to;
  const phone = numbersOf("PhoneNumber", query.PhoneNumber, account);
  if (!phone.ok || phone.value === null) return phone.ok ? to : phone;
  const known = phone.value;
  return ok(to.value === null ? known : to.value.filter((number) => known.includes(number)));
}

function numbersOf(
  name: string,
  given: readonly string[] | undefined,
  { country }: Account,
): Result<readonly string[] | null, string> {
  if (given === undefined) return ok(null);
  const read: string[] = [];
  for (const text of given) {
    const e164 = /^anonymous$|^sip:/.test(text) ? text : readPhone(text, country).e164;
    if (e164 === null) return err(`${name} is ${JSON.stringify(text)}, it must be a number such as +919812345678`);
    read.push(e164);
  }
  return ok(read);
}

/** In the list's order, `After` means older calls, unless the oldest come first. */
function placeOf({ SortBy, Before, After }: Query): Partial<CallFilter> {
  const isAscending = SortBy === "DateCreated:asc";
  const [older, newer] = isAscending ? [Before, After] : [After, Before];
  return {
    sort: isAscending ? "asc" : "desc",
    ...(older === undefined ? {} : { before: older }),
    ...(newer === undefined ? {} : { after: newer }),
  };
}

/** A call's place in any list; stays valid while other calls come and end. */
export function cursorOf({ startedAt, callSid }: CallSummary): string {
  return `${startedAt}.${callSid}`;
}

function readCursor(text: string): CallCursor {
  const [startedAt = "", callSid = ""] = text.split(".");
  return { startedAt: Number(startedAt), callSid };
}
