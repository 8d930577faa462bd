import { z } from "zod";
import { CALL_STATUSES } from "../../core/call/record.ts";
import { DIAL_STATUSES } from "../../core/contract/outcome.ts";
import { isHttpUrl, MAX_URL_CHARACTERS } from "../../core/contract/query.ts";
import type { CallCursor, CallFilter } from "../../edges/store/types.ts";
import { EXPORT_FORMATS } from "./export/export-format.ts";
import { instant, onlyThese, shownNumber, wholeNumber } from "./openapi/parameters.ts";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;
/** Seconds; longer than any call, to keep the arithmetic safe. */
const MAX_DURATION_S = 1_000_000;
/** No request is waited for that long. */
const MAX_URL_MS = 60_000;

const before = z
  .string()
  .regex(/^\d{1,15}\.[0-9a-z]{1,64}$/, 'the "next" of an earlier page')
  .transform((text): CallCursor => {
    const [startedAt = "", callSid = ""] = text.split(".");
    return { startedAt: Number(startedAt), callSid };
  });

const exit = z.string().regex(/^[A-Za-z0-9_.*#-]{1,64}$/, "the name of an exit, such as nobody_answered");

const cause = z.string().regex(/^[A-Z0-9_]{1,64}$/, "a cause as the attempt shows it, such as USER_BUSY");

/** The filters that a list and an export share. */
const filters = {
  from: shownNumber().optional(),
  to: shownNumber().optional(),
  number: shownNumber().optional().describe("On either side"),
  direction: z.enum(["incoming", "outbound-dial"]).optional(),
  dial_call_status: z.enum(DIAL_STATUSES).optional(),
  failed: z.literal("true").optional().describe("Refused, or meant to be connected but without a conversation"),
  recorded: z.literal("true").optional().describe("With a recording"),
  exit: exit.optional().describe("An exit that the call's flow has taken"),
  cause: cause.optional().describe("Why one of the destinations that were dialled did not answer, such as `USER_BUSY`"),
  url: z
    .string()
    .max(MAX_URL_CHARACTERS)
    .refine(isHttpUrl, "an absolute http(s) URL")
    .optional()
    .describe("A URL that was requested"),
  url_failed: z.literal("true").optional().describe("A request had no usable answer; with `url`: one to that URL"),
  min_url_ms: wholeNumber(0, MAX_URL_MS)
    .optional()
    .describe("A request took at least this long; with `url`: one to that URL"),
  started_from: instant().optional(),
  started_to: instant().optional(),
  min_duration: wholeNumber(0, MAX_DURATION_S).optional().describe("Seconds, of calls that have ended"),
  max_duration: wholeNumber(0, MAX_DURATION_S).optional().describe("Seconds, of calls that have ended"),
};

/** Every parameter of the list of calls. Others are refused by name: an ignored filter would show wrong calls. */
export const callsQuery = onlyThese(
  {
    limit: wholeNumber(1, MAX_PAGE_SIZE).default(PAGE_SIZE),
    before: before.optional().describe("The `next` of the previous page"),
    status: z.enum(["live", ...CALL_STATUSES]).optional(),
    ...filters,
  },
  "filter",
);

/** Every parameter of an export: an export has all pages, and only ended calls have a record. */
export const exportQuery = onlyThese(
  { format: z.enum(EXPORT_FORMATS).default("csv"), status: z.enum(CALL_STATUSES).optional(), ...filters },
  "parameter",
);

/** Turns a query into a filter. */
export function filterOf(
  query: z.output<typeof callsQuery> | Omit<z.output<typeof exportQuery>, "format">,
): CallFilter {
  const { dial_call_status, failed, recorded, started_from, started_to, min_duration, max_duration, ...rest } = query;
  const { url, url_failed, min_url_ms, ...same } = rest;
  const request = defined({ url, failed: url_failed === undefined ? undefined : true, minMs: min_url_ms } as const);
  return {
    ...defined(same),
    ...defined({
      dialCallStatus: dial_call_status,
      failed: failed === undefined ? undefined : true,
      request: Object.keys(request).length === 0 ? undefined : request,
      recorded: recorded === undefined ? undefined : true,
      startedFrom: started_from,
      startedTo: started_to,
      minDurationMs: min_duration === undefined ? undefined : min_duration * 1000,
      maxDurationMs: max_duration === undefined ? undefined : max_duration * 1000 + 999,
    }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
