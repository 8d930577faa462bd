import { z } from "zod";
import { httpUrlSchema } from "../../../core/contract/field-schemas.ts";
import { MAX_CALL_MS } from "../../../core/call/limits.ts";
import type { Destination } from "../../../core/contract/destination.ts";
import { DEFAULT_RING_S, MAX_RING_S } from "../../../core/contract/placed-call.ts";
import type { CallPlacement } from "../../../core/contract/placed-call.ts";

/** What a scenario may say about a call by API besides its numbers, in the words of a flow. */
export const placedCallFields = {
  dial_to: z.string().optional(),
  time_limit: z
    .number()
    .int()
    .min(1)
    .max(MAX_CALL_MS / 1000)
    .optional(),
  time_out: z.number().int().min(1).max(MAX_RING_S).optional(),
  record: z.boolean().optional(),
  recording_channels: z.enum(["single", "dual"]).optional(),
  wait_url: httpUrlSchema.optional(),
  start_playback: z
    .strictObject({
      to: z.enum(["callee", "both"]).default("callee"),
      type: z.enum(["text", "audio_url"]).default("text"),
      value: z.string().min(1),
    })
    .optional(),
  status_callback: z
    .strictObject({
      url: httpUrlSchema,
      events: z
        .array(z.enum(["ringing", "answered", "terminal"]))
        .min(1)
        .default(["terminal"]),
      form: z.enum(["multipart", "json"]).default("multipart"),
    })
    .optional(),
} as const;

/** The fields that only mean something if a second number is dialled. */
const OF_SECOND = ["record", "recording_channels", "wait_url", "start_playback"] as const;
/** The fields that only mean something in a call by API. */
const OF_PLACED = ["dial_to", "time_limit", "time_out", "status_callback", ...OF_SECOND] as const;

const fieldsSchema = z.object(placedCallFields);
type PlacedFields = z.infer<typeof fieldsSchema> & { readonly from: string; readonly direction: string };

/** Refuses fields that mean nothing in this call, and numbers that cannot be dialled. */
export function checkPlacedCall(call: PlacedFields, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  if (call.direction === "incoming") {
    for (const name of OF_PLACED)
      if (call[name] !== undefined) refuse(name, "needs direction: outbound-dial, a call by API");
    return;
  }
  if (destinationOf(call.from) === null) refuse("from", DIALABLE);
  if (call.dial_to !== undefined && destinationOf(call.dial_to) === null) refuse("dial_to", DIALABLE);
  if (call.dial_to !== undefined) return;
  for (const name of OF_SECOND) if (call[name] !== undefined) refuse(name, "needs dial_to, the second number");
}

const DIALABLE =
  'must be something that can be dialled: an E.164 number such as "+919900000011", sip:user or sip:user@host';

/** A destination as `destinationKey` writes it; null if it is not one. */
export function destinationOf(text: string): Destination | null {
  if (/^\+[1-9]\d{4,14}$/.test(text)) return { kind: "number", e164: text };
  const [, user, host] = /^sip:([^\s@]+)(?:@([^\s@]+))?$/.exec(text) ?? [];
  return user === undefined ? null : { kind: "sip", user, host: host ?? null };
}

/** What `call_arrived` says about a call by API; empty for an incoming call. */
export function placedCallOf(call: PlacedFields): {
  readonly dialTo?: string;
  readonly timeLimitMs?: number;
  readonly placed?: CallPlacement;
} {
  const destination = destinationOf(call.from);
  if (call.direction === "incoming" || destination === null) return {};
  const placed: CallPlacement = {
    destination,
    ringLimitMs: (call.time_out ?? DEFAULT_RING_S) * 1000,
    statusCallback: call.status_callback ?? null,
    second: secondOf(call),
  };
  return {
    ...(call.dial_to === undefined ? {} : { dialTo: call.dial_to }),
    ...(call.time_limit === undefined ? {} : { timeLimitMs: call.time_limit * 1000 }),
    placed,
  };
}

function secondOf(call: PlacedFields): CallPlacement["second"] {
  const destination = destinationOf(call.dial_to ?? "");
  if (destination === null) return null;
  const { start_playback: playback } = call;
  return {
    destination,
    record: call.record ?? false,
    recordingChannels: call.recording_channels ?? "single",
    waitUrl: call.wait_url ?? null,
    playback: playback === undefined ? null : { to: playback.to, kind: playback.type, value: playback.value },
  };
}
