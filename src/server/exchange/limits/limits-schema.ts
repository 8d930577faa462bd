import { z } from "zod";
import { dialPrefixesSchema } from "../../../core/contract/account-document.ts";

/** Larger figures are typing mistakes. */
const MAX_COUNT = 1_000_000;
const MAX_MONEY = 1_000_000_000;
const MAX_CALLS_PER_SECOND = 10_000;
const MAX_CONCURRENT_CALLS = 100_000;

/** Attempts that each call a second may make within a minute, where `attempts_per_minute` is left out. */
export const ATTEMPTS_PER_CALL = 2;
/** A day's spend that each call at once stands for, where `spend_per_day` is left out: four hours at the price of home. */
export const SPEND_PER_CALL = 250;
/** The part of `spend_per_day` that a night may use, where `night.spend` is left out. */
export const NIGHT_SHARE = 0.25;

const prefix = z.string().regex(/^\+\d{0,15}$/, 'must start with "+", such as "+44"');
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day such as 22:00");

function count(fallback: number | null, description: string) {
  return z.number().int().min(0).max(MAX_COUNT).nullable().default(fallback).describe(description);
}

function money(description: string) {
  return z.number().min(0).max(MAX_MONEY).nullable().optional().describe(description);
}

const abroadSchema = z.strictObject({
  concurrent: count(10, "Attempts and conversations at once with each country; `null`: no limit."),
  per_hour: count(60, "Attempts within an hour to each country; `null`: no limit."),
});

const destinationSchema = z.strictObject({
  prefix: prefix.describe("E.164 prefix; the longest that fits a number counts."),
  concurrent: count(null, "Attempts and conversations at once; `null`: no limit."),
  per_hour: count(null, "Attempts within an hour; `null`: no limit."),
});

const keySchema = z.strictObject({
  calls_per_minute: count(60, "Calls that one API key may place within a minute; `null`: no limit."),
  concurrent_calls: count(50, "Calls of one API key at once; `null`: no limit."),
  requests_per_minute: count(null, "HTTP requests of one API key within a minute; `null`: as the account's."),
});

const nightSchema = z.strictObject({
  from: clockTime.default("22:00").describe("When the night begins, in the account's `timezone`."),
  to: clockTime.default("06:00").describe("When it ends; the same as `from`: there is no night."),
  abroad_per_hour: count(20, "Attempts within an hour to all other countries together, at night; `null`: no limit."),
  spend: money("What a night may cost; left out: a quarter of `spend_per_day`; `null`: no limit of its own."),
});

/** `limits` of an account. */
export const limitsSchema = z.strictObject({
  calls_per_second: z
    .number()
    .int()
    .min(1)
    .max(MAX_CALLS_PER_SECOND)
    .default(10)
    .describe("New calls in a second; more get 503 with Retry-After."),
  concurrent_calls: z
    .number()
    .int()
    .min(1)
    .max(MAX_CONCURRENT_CALLS)
    .default(100)
    .describe("Calls at once; more get 503 with Retry-After."),
  dial_prefixes: dialPrefixesSchema.describe("E.164 prefixes that may be dialled; empty: all."),
  open_prefixes: z
    .array(prefix)
    .default([])
    .describe("Prefixes that may be dialled although they are closed because they cost much (docs/limits.md)."),
  attempts_per_minute: z
    .number()
    .int()
    .min(0)
    .max(MAX_COUNT)
    .nullable()
    .optional()
    .describe("Attempts within a minute; left out: 120 × `calls_per_second`; `null`: no limit."),
  abroad: abroadSchema.prefault({}).describe("Limits of each country but the account's own."),
  destinations: z
    .array(destinationSchema)
    .default([])
    .describe("Limits of prefixes, in place of `abroad` for their numbers."),
  key: keySchema.prefault({}).describe("Limits of each API key."),
  night: nightSchema.prefault({}).describe("Limits at night."),
  spend_per_day: money(
    "What calls out may cost in a day, by `price_table`; left out: 250 × `concurrent_calls`; `null`: no limit.",
  ),
  v1_requests_per_minute: count(200, "HTTP requests to `/v1` within a minute; more get 429; `null`: no limit."),
  api_requests_per_minute: count(1200, "HTTP requests to `/api` within a minute; more get 429; `null`: no limit."),
});

const priceSchema = z.strictObject({
  prefix: prefix.describe("E.164 prefix; the longest that fits a number counts."),
  per_minute: z.number().min(0).max(MAX_MONEY).describe("Price of each minute that is begun."),
});

/** `price_table` of an account: what `spend_per_day` is reckoned by. */
export const priceTableSchema = z.strictObject({
  currency: z.string().max(8).default("INR").describe("Shown beside amounts; nothing is converted."),
  home: z.number().min(0).max(MAX_MONEY).default(1).describe("A minute in the account's own country."),
  abroad: z.number().min(0).max(MAX_MONEY).default(25).describe("A minute in any other country."),
  costly: z.number().min(0).max(MAX_MONEY).default(300).describe("A minute to a prefix that is closed until opened."),
  prefixes: z.array(priceSchema).default([]).describe("Prices of your carrier, in place of the three estimates."),
});

export type LimitsDocument = z.infer<typeof limitsSchema>;
export type PriceTableDocument = z.infer<typeof priceTableSchema>;
