import { z } from "zod";
import { REQUEST_PURPOSES } from "../../../core/call/purpose.ts";
import { CALL_STATUSES, ENDED_BY } from "../../../core/call/record.ts";
import { CALL_TYPES, DIAL_STATUSES } from "../../../core/contract/outcome.ts";

/** Prefix of an event's name in the `type` of its envelope. */
const TYPE_PREFIX = "plugboard.";

const call = z.object({
  call_sid: z.string().describe("The call, as everywhere in the API."),
  at_ms: z.int().nonnegative().describe("Milliseconds since the call arrived."),
});
const id = z.string().describe("The request within its call.");
const leg = z.int().describe("The leg within its call: 1 is the caller's.");
const rule = z.string().nullable().describe("The deciding rule; null: none.");
const message = z.string().describe("One sentence.");
const dialStatus = z.enum(DIAL_STATUSES);
const endedBy = z.enum(ENDED_BY);
const duration = z.int().nonnegative();

/** How a leg that was dialled ended. */
const ending = {
  outcome: dialStatus,
  cause_code: z.int(),
  cause: z.string(),
  sip: z.int().nullable(),
  message,
};

const record = z.object({
  status: z.enum(CALL_STATUSES),
  ended_by: endedBy,
  dial_call_status: dialStatus.nullable(),
  call_type: z.enum(CALL_TYPES),
  conversation_s: duration,
  duration_s: duration,
  duration_ms: duration,
});

const purpose = z.enum(REQUEST_PURPOSES);

/** One kind of event: a sentence for the documentation, and the schema of its `data`. */
interface EventKind {
  readonly summary: string;
  readonly data: z.ZodObject;
}

/** Events of calls: each is one trace entry, under the entry's own name if it has one. Numbers are as in the API. */
const CALL_EVENTS = {
  "call.started": {
    summary: "A call began.",
    data: call.extend({
      account: z.string(),
      flow: z.string(),
      from: z.string(),
      to: z.string(),
      direction: z.enum(["incoming", "outbound-dial"]),
      started_at: z.iso.datetime(),
    }),
  },
  "caller.dialed": {
    summary: "A call by API: its first leg is being dialled.",
    data: call.extend({
      destination: z.string(),
      caller_id: z.string(),
      ring_limit_ms: duration,
      time_limit_ms: duration.nullable(),
    }),
  },
  "caller.ringing": { summary: "A call by API: its first leg rings.", data: call },
  "caller.not_reached": {
    summary: "A call by API: its first leg will not be answered.",
    data: call.extend({ ...ending, rule: z.string() }),
  },
  "call.answered": { summary: "The caller's leg was answered.", data: call },
  "call.redirected": {
    summary: "By command, the caller continues at this applet.",
    data: call.extend({ flow: z.string(), applet: z.string() }),
  },
  "call.refused": {
    summary: "An inbound call was refused. It has begun just before and ends right after, without a duration.",
    data: call.extend({ message }),
  },
  "limit.reached": {
    summary: "A limit of the account was reached: the call, or this leg of it, was refused or ended.",
    data: call.extend({
      leg: leg.nullable(),
      rule: z.string().describe("The limit, as in the documentation."),
      limit: z.number(),
      value: z.number().describe("What the use would have become, in the unit of `limit`."),
      message,
      change: z.string().describe("What would change it."),
    }),
  },
  "call.ended": { summary: "A call ended; `cdr` is its record.", data: call.extend({ cdr: record }) },
  "request.sent": {
    summary: "A URL of yours was requested.",
    data: call.extend({
      id,
      applet: z.string(),
      purpose,
      role: z.enum(["primary", "fallback"]).nullable(),
      attempt: z.int(),
      method: z.enum(["GET", "HEAD", "POST"]),
      url: z.string().describe("As configured, without credentials."),
    }),
  },
  "request.result": {
    summary: "The result of a request: whether its answer was used, or why not.",
    data: call.extend({
      id,
      result: z.enum(["usable", "invalid", "http_error", "timeout", "unreachable"]),
      http_status: z.int().nullable(),
      elapsed_ms: duration,
      rule,
      message,
    }),
  },
  "answer.finding": {
    summary: "A warning or an error in an answer.",
    data: call.extend({
      id,
      level: z.enum(["warning", "error"]),
      rule: z.string(),
      path: z.string(),
      found: z.string(),
      allowed: z.string(),
      consequence: z.string(),
      message,
    }),
  },
  "attempt.started": {
    summary: "A destination is being dialled.",
    data: call.extend({
      leg,
      applet: z.string(),
      destination: z.string(),
      caller_id: z.string(),
      ring_limit_ms: duration,
      round: z.int(),
    }),
  },
  "attempt.ringing": { summary: "It rings.", data: call.extend({ leg }) },
  "attempt.answered": { summary: "It answered.", data: call.extend({ leg }) },
  "attempt.ended": {
    summary: "An attempt ended, for any reason.",
    data: call.extend({ leg, ...ending, rule }),
  },
  "conversation.started": { summary: "Caller and callee hear each other.", data: call.extend({ leg }) },
  "conversation.ended": {
    summary: "The conversation is over.",
    data: call.extend({ leg, by: endedBy, duration_ms: duration, rule }),
  },
  "recording.saved": {
    summary: "A recording can be fetched.",
    data: call.extend({
      id: z.string(),
      duration_ms: duration,
      url: z.string().describe("Path of the recording in this API."),
    }),
  },
  "recording.failed": {
    summary: "There is no playable recording.",
    data: call.extend({ id: z.string(), duration_ms: duration, failure: z.string() }),
  },
} as const satisfies Readonly<Record<string, EventKind>>;

/** Events that are in no trace; the code that causes them calls `Feed.append`. Add a new kind here. */
const OWN_EVENTS = {
  "configuration.changed": {
    summary: "One configured resource was changed. All events of one change have the same `revision`.",
    data: z.object({
      revision: z.int(),
      kind: z.string(),
      name: z.string(),
      change: z.string(),
      details: z.array(z.string()).describe("One sentence each, without secrets."),
      by: z.string(),
    }),
  },
  "delivery.parked": {
    summary: "A request to your server was given up; it can be sent again by `POST …/outbox/{id}/replay`.",
    data: z.object({
      id: z.string(),
      call_sid: z.string(),
      purpose: z.string(),
      tries: z.int(),
      error: z.string(),
    }),
  },
  "call.erased": {
    summary:
      "A call was erased on request: delete your copies of it, too. Its earlier events become `plugboard.event.missing`.",
    data: z.object({ call_sid: z.string() }),
  },
  "event.missing": {
    summary: "An event whose call was erased, or that can no longer be read. It keeps its number.",
    data: z.object({ call_sid: z.string().nullable(), message }),
  },
} as const satisfies Readonly<Record<string, EventKind>>;

/** Every kind of event, by name. */
export const FEED_EVENTS = { ...CALL_EVENTS, ...OWN_EVENTS };

export type FeedEventName = keyof typeof FEED_EVENTS;
export type OwnEventName = keyof typeof OWN_EVENTS;
/** The `data` of an event. */
export type FeedEventData<N extends FeedEventName> = z.output<(typeof FEED_EVENTS)[N]["data"]>;

/** The name and data of one event. */
export type FeedEvent = {
  readonly [N in FeedEventName]: { readonly name: N; readonly data: FeedEventData<N> };
}[FeedEventName];

/** The envelope of one kind of event: CloudEvents 1.0, structured JSON. `id` is the cursor. */
export function envelopeSchema(name: FeedEventName): z.ZodObject {
  const { summary, data } = FEED_EVENTS[name];
  const envelope = z.object({
    specversion: z.literal("1.0"),
    id: z
      .string()
      .regex(/^[1-9]\d*$/)
      .describe("Number of the event in its account's feed: 1, 2, 3 … without a gap."),
    source: z.string().describe("`/api/accounts/{sid}`"),
    type: z.literal(`${TYPE_PREFIX}${name}`),
    subject: z.string().optional().describe("The call, if the event is about one."),
    time: z.iso.datetime(),
    datacontenttype: z.literal("application/json"),
    data,
  });
  return envelope.describe(summary);
}

/** One event in its envelope, as JSON. */
export function envelopeOf(account: string, seq: number, at: number, { name, data }: FeedEvent): string {
  return JSON.stringify({
    specversion: "1.0",
    id: String(seq),
    source: `/api/accounts/${account}`,
    type: `${TYPE_PREFIX}${name}`,
    ...("call_sid" in data && data.call_sid !== null && { subject: data.call_sid }),
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    data,
  });
}
