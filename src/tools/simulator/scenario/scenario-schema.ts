import { z } from "zod";
import { accountFields, dialPrefixesSchema, tenantIdSchema } from "../../../core/contract/account-document.ts";
import { E164 } from "../../../core/contract/field-schemas.ts";
import { checkPlacedCall, placedCallFields } from "./placed-call-schema.ts";

/** Longest wait a scenario may script, a day: anything longer is probably in the wrong unit. */
const MAX_WAIT_MS = 86_400_000;
/** Answers of one URL, or behaviours of one phone; a Connect fetches at most 20 times and a call runs 200 applets. */
const MAX_SCRIPTED = 4_000;
/** How YAML reads an E.164 number without quotes: the plus is taken for a sign and lost. */
const E164_WITHOUT_PLUS = /^[1-9]\d{10,14}$/;

const wait = z.number().int("must be whole milliseconds").min(0).max(MAX_WAIT_MS);

function restorePlus(text: string): string {
  return E164_WITHOUT_PLUS.test(text) ? `+${text}` : text;
}

function numberText(value: unknown): unknown {
  return typeof value === "number" || typeof value === "string" ? restorePlus(String(value)) : value;
}

const e164 = z.preprocess(numberText, z.string('must be a number in quotes such as "+919812345678"'));
const ownNumber = e164.refine((text) => E164.test(text), 'must be an E.164 number in quotes such as "+918047100000"');
const digits = z
  .string('must be digits in quotes, such as "12#"')
  .regex(/^[0-9*#]{1,64}$/, "must be 1 to 64 of the digits 0-9, * and #");

/** Enough of an account for one call. */
export const accountSchema = z.strictObject({
  sid: z.string().min(1).default("acme"),
  tenant_id: tenantIdSchema.default(1409),
  ...accountFields,
  limits: z
    .strictObject({
      dial_prefixes: dialPrefixesSchema,
    })
    .default({ dial_prefixes: [] }),
  exophones: z
    .array(
      z.union([
        z.strictObject({
          number: ownNumber,
          region: z.string().nullable().default(null),
          trunk: z.string().nullable().default(null),
          reaches: dialPrefixesSchema,
        }),
        ownNumber,
      ]),
    )
    .default([]),
  users: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        number: ownNumber.nullable().default(null),
        email: z.string().nullable().default(null),
      }),
    )
    .default([]),
});

const callSchema = z
  .strictObject({
    from: e164.default("+919812345678"),
    to: ownNumber.optional(),
    direction: z.enum(["incoming", "outbound-dial"]).default("incoming"),
    custom_field: z.string().nullable().default(null),
    ...placedCallFields,
    dial_to: e164.optional(),
  })
  .superRefine(checkPlacedCall);

const urlAnswerSchema = z
  .strictObject({
    after_ms: wait.default(0),
    status: z.number().int().min(100).max(599).optional(),
    /** null: the header is not sent, not even the content type that json and text imply. */
    headers: z.record(z.string(), z.string().nullable()).optional(),
    json: z.unknown().optional(),
    text: z.string().optional(),
    error: z.enum(["timeout", "refused", "dns", "tls"]).optional(),
  })
  .refine((answer) => answer.json === undefined || answer.text === undefined, "give either json or text, not both")
  .refine(
    (answer) =>
      answer.error === undefined || !["status", "headers", "json", "text"].some((key) => Object.hasOwn(answer, key)),
    "error means no answer at all: only after_ms may be given with it",
  );

/** The four ways an INVITE can end: at most one of them in a behaviour. */
const ENDINGS = ["answer_after_ms", "busy_after_ms", "reject_after_ms", "fail_after_ms"] as const;

const phoneSchema = z
  .strictObject({
    ring_after_ms: wait.optional(),
    early_media_after_ms: wait.optional(),
    answer_after_ms: wait.optional(),
    talk_ms: wait.optional(),
    hang_up_after_ms: wait.optional(),
    busy_after_ms: wait.optional(),
    reject_after_ms: wait.optional(),
    fail_after_ms: wait.optional(),
    sip: z
      .number()
      .int()
      .min(400, "must be a final failure, 400 to 699")
      .max(699, "must be a final failure, 400 to 699")
      .optional(),
    /** The cause in a Reason header of the failure (REQ-29). */
    q850: z.number().int().min(1).max(127).optional(),
    cancel_takes_ms: wait.default(0),
  })
  .refine(
    (phone) => ENDINGS.filter((key) => phone[key] !== undefined).length <= 1,
    `give only one of ${ENDINGS.join(", ")}`,
  )
  .refine(
    (phone) => (phone.sip === undefined && phone.q850 === undefined) || phone.fail_after_ms !== undefined,
    "sip and q850 say how fail_after_ms fails: give fail_after_ms too",
  )
  .refine(
    (phone) =>
      phone.answer_after_ms !== undefined || (phone.talk_ms === undefined && phone.hang_up_after_ms === undefined),
    "talk_ms and hang_up_after_ms need answer_after_ms: only a callee who answers can talk",
  );

const callerSchema = z.strictObject({
  hang_up_after_ms: wait.optional(),
  presses: z
    .array(z.strictObject({ after_ms: wait, digits }))
    .max(MAX_SCRIPTED)
    .default([]),
  silent_after_ms: wait.optional(),
});

/** A time with its offset; without one the same file would mean different calls on different machines. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const start = z
  .string()
  .refine(
    (text) => INSTANT.test(text) && !Number.isNaN(Date.parse(text)),
    'must be a time with its offset, such as "2026-01-05T10:00:00+05:30"',
  )
  .transform((text) => Date.parse(text));

const HTTP_URL = /^https?:\/\/[^/]/i;
const URL_RULE = "must be an http(s) URL without its query";
const DESTINATION = /^(\+[1-9]\d{4,14}|[1-9]\d{10,14}|sip:[^\s@]+(@[^\s@]+)?)$/;
const DESTINATION_RULE = 'must be an E.164 number such as "+919900000011", "sip:user" or "sip:user@host"';

function checkKeys(keys: readonly string[], pattern: RegExp, rule: string, context: z.RefinementCtx): void {
  for (const key of keys) {
    if (!pattern.test(key)) context.addIssue({ code: "custom", path: [key], message: `"${key}" ${rule}` });
  }
}

function isPathOrMap(flow: unknown): boolean {
  if (typeof flow === "string") return flow !== "";
  return typeof flow === "object" && flow !== null && !Array.isArray(flow);
}

const FLOW_RULE = "must be the path of a flow document, or the flow itself";

function scripted<T extends z.ZodType>(one: T) {
  return z.array(one).min(1, "give at least one entry, or leave the key out").max(MAX_SCRIPTED);
}

/** What each URL answers, in the order it is asked; the last answer repeats. */
export const urlsSchema = z
  .record(z.string(), scripted(urlAnswerSchema))
  .superRefine((urls, context) => checkKeys(Object.keys(urls), HTTP_URL, URL_RULE, context));

/** The document of `plugboard simulate`, as a person writes it. The defaults are enough for one call. */
export const scenarioSchema = z
  .strictObject({
    /** Absent: a call by API connects two numbers. */
    flow: z
      .unknown()
      .refine((flow) => flow === undefined || isPathOrMap(flow), FLOW_RULE)
      .optional(),
    /** Plays a flow that would otherwise be refused, as far as possible: for the calls that show its mistakes. */
    play_refused_flow: z.boolean().default(false),
    account: accountSchema.prefault({}),
    call: callSchema.prefault({}),
    start: start.prefault("2026-01-05T10:00:00+05:30"),
    urls: urlsSchema.default({}),
    phones: z
      .record(z.string(), scripted(phoneSchema))
      .superRefine((phones, context) => checkKeys(Object.keys(phones), DESTINATION, DESTINATION_RULE, context))
      .transform((phones) => Object.fromEntries(Object.entries(phones).map(([key, list]) => [restorePlus(key), list])))
      .default({}),
    sounds: z.record(z.string().min(1), wait).default({}),
    caller: callerSchema.prefault({}),
  })
  .superRefine(({ flow, call }, context) => {
    const both = "must be left out if call.dial_to connects two numbers";
    const message = flow === undefined ? FLOW_RULE : both;
    if ((flow === undefined) !== (call.dial_to !== undefined))
      context.addIssue({ code: "custom", path: ["flow"], message });
  });

/** A scenario as a person writes it, before defaults. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type ScenarioDocument = z.infer<typeof scenarioSchema>;
export type AccountDocument = z.infer<typeof accountSchema>;
export type UrlAnswerDocument = z.infer<typeof urlAnswerSchema>;
export type PhoneDocument = z.infer<typeof phoneSchema>;
