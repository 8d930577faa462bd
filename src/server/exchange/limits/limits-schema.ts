import { z } from "zod";
import { dialPrefixesSchema } from "../../../core/contract/account-document.ts";

/** Larger figures are typing errors. */
const MAX_COUNT = 1_000_000;
const MAX_MONEY = 1_000_000_000;
const MAX_CALLS_PER_SECOND = 10_000;
const MAX_CONCURRENT_CALLS = 100_000;

/** Attempts per call, used to derive `attempts_per_minute` from `calls_per_second` if it is left out. */
export const ATTEMPTS_PER_CALL = 2;
/** A day's spend per concurrent call if `spend_per_day` is left out: about four hours at the home price. */
export const SPEND_PER_CALL = 250;
/** The part of `spend_per_day` that a night may use if `night.spend` is left out. */
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
  concurrent: count(10, "Concurrent attempts and conversations with each country; `null`: no limit."),
  per_hour: count(60, "Attempts within an hour to each country; `null`: no limit."),
});

const destinationSchema = z.strictObject({
  prefix: prefix.describe("E.164 prefix; the longest one that matches a number counts."),
  concurrent: count(null, "Concurrent attempts and conversations; `null`: no limit."),
  per_hour: count(null, "Attempts within an hour; `null`: no limit."),
});

const keySchema = z.strictObject({
  calls_per_minute: count(60, "Calls that one API key may place within a minute; `null`: no limit."),
  concurrent_calls: count(50, "Concurrent calls of one API key; `null`: no limit."),
  requests_per_minute: count(null, "HTTP requests of one API key within a minute; `null`: as the account's."),
});

const nightSchema = z.strictObject({
  from: clockTime.default("22:00").describe("When the night begins, in the account's `timezone`."),
  to: clockTime.default("06:00").describe("When it ends; the same as `from`: no night."),
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
    .describe("New calls per second; more get 503 with Retry-After."),
  concurrent_calls: z
    .number()
    .int()
    .min(1)
    .max(MAX_CONCURRENT_CALLS)
    .default(100)
    .describe("Concurrent calls; more get 503 with Retry-After."),
  dial_prefixes: dialPrefixesSchema.describe("E.164 prefixes that may be dialled; empty: all."),
  open_prefixes: z
    .array(prefix)
    .default([])
    .describe("Prefixes that may be dialled although they are expensive and closed by default (docs/limits.md)."),
  attempts_per_minute: z
    .number()
    .int()
    .min(0)
    .max(MAX_COUNT)
    .nullable()
    .optional()
    .describe("Attempts within a minute; left out: 120 × `calls_per_second`; `null`: no limit."),
  abroad: abroadSchema.prefault({}).describe("Limits for each country except the account's own."),
  destinations: z
    .array(destinationSchema)
    .default([])
    .describe("Limits for prefixes; their numbers then don't count under `abroad`."),
  key: keySchema.prefault({}).describe("Limits for each API key."),
  night: nightSchema.prefault({}).describe("Limits at night."),
  spend_per_day: money(
    "What outbound calls may cost in a day, by `price_table`; left out: 250 × `concurrent_calls`; `null`: no limit.",
  ),
  v1_requests_per_minute: count(200, "HTTP requests to `/v1` within a minute; more get 429; `null`: no limit."),
  api_requests_per_minute: count(1200, "HTTP requests to `/api` within a minute; more get 429; `null`: no limit."),
});

const priceSchema = z.strictObject({
  prefix: prefix.describe("E.164 prefix; the longest one that matches a number counts."),
  per_minute: z.number().min(0).max(MAX_MONEY).describe("Price of each started minute."),
});

/** `price_table` of an account: the prices that `spend_per_day` is calculated with. */
export const priceTableSchema = z.strictObject({
  currency: z.string().max(8).default("INR").describe("Shown next to amounts; nothing is converted."),
  home: z.number().min(0).max(MAX_MONEY).default(1).describe("A minute in the account's own country."),
  abroad: z.number().min(0).max(MAX_MONEY).default(25).describe("A minute in any other country."),
  costly: z.number().min(0).max(MAX_MONEY).default(300).describe("A minute to a prefix that is closed until opened."),
  prefixes: z.array(priceSchema).default([]).describe("Your carrier's prices, in place of the three estimates."),
});

export type LimitsDocument = z.infer<typeof limitsSchema>;
export type PriceTableDocument = z.infer<typeof priceTableSchema>;
