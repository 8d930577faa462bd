import { z } from "zod";
import { SCOPES } from "../../edges/store/api-key-table.ts";
import { accountFields, dialPrefixesSchema, tenantIdSchema } from "../../core/contract/account-document.ts";
import { limitsSchema, priceTableSchema } from "./limits/limits-schema.ts";
import { retentionSchema } from "./retention-schema.ts";

/** REQ-9: 128 bits in hex; a shorter secret could be found by brute force from one signed request. */
const MIN_SECRET_CHARACTERS = 32;
/** The new secret and the previous one. */
const MAX_SECRETS = 2;
const signingSecret = z
  .string()
  .min(
    MIN_SECRET_CHARACTERS,
    `must be at least ${MIN_SECRET_CHARACTERS} characters, preferably from a random generator`,
  );
/** Higher priorities and more channels are typing errors. */
const MAX_PRIORITY = 1000;
const MAX_CHANNELS = 100_000;
/** Seconds. A trunk that stays silent longer is down: timer B (RFC 3261, 17.1.1.2) ends the attempt at 32 s. */
const MAX_FIRST_RESPONSE_S = 32;

const E164 = /^\+[1-9]\d{4,14}$/;
const e164 = z
  .string()
  .regex(E164, { error: (issue) => `"${String(issue.input)}" is not an E.164 number such as "+918047100000"` });
const sid = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "must be 1 to 64 characters of a-z, 0-9, - and _");

/** Where a trunk may put the called number. */
export const NUMBER_IN = ["request-uri", "to", "p-called-party-id"] as const;

const connectionFields = {
  name: z.string().min(1).describe("Name of the trunk; ExoPhones refer to it."),
  address: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+)(:\d{1,5})?$/, "must be host or host:port")
    .describe("Where outbound calls go: `host` or `host:port`. Without a port, SRV records are looked up (RFC 3263)."),
  transport: z.enum(["udp", "tcp"]).default("udp").describe("Protocol of outbound calls."),
  accept_from: z
    .array(z.string())
    .default([])
    .describe(
      "IP addresses and subnets that may send calls in. Any other address gets no answer and is listed as a refused source.",
    ),
  username: z
    .string()
    .nullable()
    .default(null)
    .describe("User for digest authentication of outbound calls; `null`: a challenge ends the attempt."),
  password: z.string().nullable().default(null).describe("Password for `username`; best written as `${NAME}`."),
};

const routingFields = {
  reaches: dialPrefixesSchema.describe(
    "E.164 prefixes that this trunk reaches; empty: all. An outbound call uses a trunk that reaches its destination.",
  ),
  priority: z
    .number()
    .int()
    .min(1)
    .max(MAX_PRIORITY)
    .default(1)
    .describe(
      "Of the trunks that reach a destination, the one with the lowest number is used; if several have it, first the trunk of the ExoPhone shown, then in the order of this list.",
    ),
  channels: z
    .number()
    .int()
    .min(1)
    .max(MAX_CHANNELS)
    .nullable()
    .default(null)
    .describe(
      "Concurrent calls over this trunk, both directions together. When all channels are in use, outbound calls use the next trunk and inbound calls get 503; `null`: no limit.",
    ),
  dial_format: z
    .enum(["e164", "e164-no-plus", "national"])
    .default("e164")
    .describe("How the trunk wants numbers in the Request-URI, To and From: `+91…`, `91…` or `0…`."),
  number_in: z
    .enum(NUMBER_IN)
    .default("request-uri")
    .describe(
      "Where inbound calls carry the called number: the Request-URI, the To header or P-Called-Party-ID (RFC 7315). If that header is missing, the Request-URI counts.",
    ),
};

const behaviourFields = {
  first_response_timeout: z
    .number()
    .min(1)
    .max(MAX_FIRST_RESPONSE_S)
    .default(5)
    .describe(
      "Seconds that an outbound call waits for a first response before the next address or destination is tried.",
    ),
  nat: z
    .boolean()
    .default(false)
    .describe(
      "`true`: requests within a call go to the address that the trunk's own requests came from, whatever its Contact says.",
    ),
  symmetric_rtp: z
    .boolean()
    .default(true)
    .describe(
      "`true`: audio is sent to where the trunk's audio comes from; `false`: always to the address in its session description.",
    ),
  wait_for_ack: z
    .boolean()
    .default(false)
    .describe("`true`: for an inbound call, no destination is dialled before the caller's ACK has arrived."),
};

const trunkSchema = z.strictObject({ ...connectionFields, ...routingFields, ...behaviourFields });

const exophoneSchema = z.strictObject({
  number: e164.describe("The number in E.164, such as `+918047100000`."),
  flow: z.string().nullable().default(null).describe("Id of the flow that takes its calls; `null`: they get 480."),
  trunk: z.string().nullable().default(null).describe("Name of the trunk it belongs to; `null`: the first trunk."),
  region: z.string().nullable().default(null).describe("Telecom circle, such as `KA` (DIAL-6); `null`: unknown."),
  name: z.string().default("").describe("Name for people."),
});

const userSchema = z.strictObject({
  name: z.string().min(1).describe("Dialled as `sip:<name>`."),
  number: e164.nullable().default(null).describe("The phone that rings for this user, in E.164."),
  email: z.string().nullable().default(null).describe("`AgentEmail` of dial events (EVT-1)."),
  password: z.string().nullable().default(null).describe("Kept for the user's own SIP phone."),
});

const keySchema = z.strictObject({
  key: z
    .string()
    .regex(/^[^:\0]+$/, "must not be empty or contain a colon: HTTP Basic ends the user name there (RFC 7617)")
    .describe("User name of HTTP Basic."),
  token: z.string().min(1).describe("Password of HTTP Basic."),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .optional()
    .describe(
      "What it may do: `read`, `call` (place and control calls), `draft` (keep drafts of flows), `publish` (tested drafts), `admin` (change the account); left out: all.",
    ),
});

/** A month is enough to review any call; ten years is as good as forever. */
const LINK_DAYS = 30;
const MAX_LINK_DAYS = 3650;

export const accountSchema = z.strictObject({
  sid: sid.describe("Id of the account in URLs."),
  tenant_id: tenantIdSchema.describe("`tenant_id` in requests to your URLs (REQ-20): digits."),
  ...accountFields,
  country: accountFields.country.describe("Country in which numbers without `+` are read (RES-24)."),
  timezone: accountFields.timezone.describe("IANA time zone of all times sent (REQ-31)."),
  language: accountFields.language.describe("Language in which text is spoken, a BCP 47 tag."),
  number_format: accountFields.number_format.describe("How +91 numbers are sent: `0…` or `+91…` (REQ-32)."),
  wire: accountFields.wire.describe(
    "What requests say where the documentation and the production system differ (REQ-33).",
  ),
  dial_events: accountFields.dial_events.describe("Dial events that are sent (EVT-2)."),
  sip_hosts: accountFields.sip_hosts.describe("Hosts allowed in `sip:user@host` destinations (RES-24)."),
  groups: accountFields.groups.describe("Users who are dialled together (APP-7): `name`, `users`, and `order`."),
  api_keys: z.array(keySchema).default([]).describe("Keys of the HTTP API."),
  private_destinations: z
    .boolean()
    .default(false)
    .describe("`true`: your URLs may resolve to loopback and private addresses; for development."),
  signing_secret: z
    .union([signingSecret, z.array(signingSecret).min(1).max(MAX_SECRETS)])
    .nullable()
    .default(null)
    .describe(
      `Signs every request to your URLs (REQ-9), at least ${MIN_SECRET_CHARACTERS} characters; \`null\`: unsigned. ` +
        "While you rotate it: a list of two, the new one first.",
    ),
  recording_links: z
    .union([
      z.literal("none"),
      z.strictObject({
        expire_after_days: z
          .number()
          .int()
          .min(1)
          .max(MAX_LINK_DAYS)
          .nullable()
          .default(LINK_DAYS)
          .describe("Days until a `RecordingUrl` stops opening; `null`: never."),
      }),
    ])
    .default({ expire_after_days: LINK_DAYS })
    .describe("Signed `RecordingUrl` links that open without an API key; `none`: they open with a key only."),
  limits: limitsSchema.prefault({}).describe("What the account may use; docs/limits.md says what each limit prevents."),
  price_table: priceTableSchema.prefault({}).describe("What a minute costs; `spend_per_day` is calculated with it."),
  retention: retentionSchema.prefault({}).describe("How long the account's data are kept; what is older is deleted."),
  trunks: z
    .array(trunkSchema)
    .min(1, "an account needs at least one trunk")
    .describe("SIP trunks: where outbound calls go, and who may send inbound calls."),
  exophones: z
    .array(exophoneSchema)
    .min(1, "an account needs at least one ExoPhone")
    .describe("Numbers of the account."),
  users: z.array(userSchema).default([]).describe("People with a phone."),
});

/** An account without the things that are configured separately. */
const accountOnlySchema = accountSchema.omit({ trunks: true, exophones: true, users: true, groups: true });

/** The schema of each configurable resource; flows are read by `parseFlow`. */
export const RESOURCE_SCHEMAS = {
  account: accountOnlySchema,
  trunk: trunkSchema,
  exophone: exophoneSchema,
  user: userSchema,
  group: accountFields.groups.unwrap().element,
} as const;

const flowFileSchema = z.strictObject({
  file: z.string().describe("Path of a flow document, relative to the workspace file."),
});
const inlineFlowSchema = z.looseObject({
  flow: z.string().describe("Id of a flow written out here: a whole flow document (docs/flows.md)."),
});

/** The workspace file as written; references are checked by `loadWorkspace`. */
export const workspaceSchema = z.strictObject({
  accounts: z
    .array(accountSchema)
    .min(1, "a workspace needs at least one account")
    .describe("The accounts of this platform."),
  flows: z
    .array(z.union([flowFileSchema, inlineFlowSchema]))
    .default([])
    .describe("Flows: files, or documents written in place."),
});

export type WorkspaceDocument = z.infer<typeof workspaceSchema>;
export type WorkspaceAccount = z.infer<typeof accountSchema>;
export type WorkspaceTrunk = z.infer<typeof trunkSchema>;
