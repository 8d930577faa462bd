import type { TraceEntry } from "../../../core/call/trace.ts";
import type { CallPlacement, SecondNumber, StatusEvent } from "../../../core/contract/placed-call.ts";
import { destinationOf } from "../scenario/placed-call-schema.ts";
import { phoneEnding } from "./replay-phones.ts";
import type { PhoneBehaviour, Scenario } from "../scenario/scenario-types.ts";

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;

function find<T extends TraceEntry["type"]>(trace: readonly TraceEntry[], type: T): Entry<T> | undefined {
  return trace.find((entry): entry is Entry<T> => entry.type === type);
}

/** The parameters of a recorded call by API; empty for an incoming call. */
export function placedOf(trace: readonly TraceEntry[]): Pick<Scenario["call"], "dialTo" | "timeLimitMs" | "placed"> {
  const dialed = find(trace, "caller.dialed");
  const destination = destinationOf(dialed?.destination ?? "");
  if (dialed === undefined || destination === null) return {};
  const { ring_limit_ms: ringLimitMs, time_limit_ms: timeLimitMs } = dialed;
  const placed: CallPlacement = {
    destination,
    ringLimitMs,
    statusCallback: statusCallbackOf(trace),
    second: secondOf(trace),
  };
  const dialTo = placed.second === null ? undefined : find(trace, "attempt.started")?.destination;
  return {
    placed,
    ...(dialTo === undefined ? {} : { dialTo }),
    ...(timeLimitMs === null ? {} : { timeLimitMs }),
  };
}

/** The events that were sent; any others that were wanted make no difference to the call. */
function statusCallbackOf(trace: readonly TraceEntry[]): CallPlacement["statusCallback"] {
  const sent = trace.flatMap((entry) =>
    entry.type === "request.sent" && entry.purpose === "status_callback" ? [entry] : [],
  );
  const [first] = sent;
  if (first === undefined) return null;
  const events = sent.map(({ query }) => new Map(query).get("EventType") as StatusEvent);
  return { url: first.url, events, form: "multipart" };
}

/** Null: it went into a flow. If leg 1 did not answer, this is unknown, and makes no difference. */
function secondOf(trace: readonly TraceEntry[]): SecondNumber | null {
  const isOfTwo = find(trace, "call.started")?.flow === "" && find(trace, "attempt.started") !== undefined;
  const answer = find(trace, "answer.used")?.answer;
  const destination = destinationOf(find(trace, "attempt.started")?.destination ?? "");
  if (!isOfTwo || answer === undefined || destination === null) return null;
  const music = answer["music_on_hold"] as { readonly value?: string } | undefined;
  return {
    destination,
    record: answer["record"] === true,
    recordingChannels: answer["recording_channels"] === "dual" ? "dual" : "single",
    waitUrl: music?.value ?? null,
    playback: playbackOf(answer["start_call_playback"]),
  };
}

function playbackOf(used: unknown): SecondNumber["playback"] {
  if (typeof used !== "object" || used === null) return null;
  const { playback_to, type, value } = used as Readonly<Record<string, string>>;
  return {
    to: playback_to === "both" ? "both" : "callee",
    kind: type === "audio_url" ? "audio_url" : "text",
    value: value ?? "",
  };
}

/** How leg 1 of a recorded call by API answered, or did not. */
export function callersPhone(trace: readonly TraceEntry[]): Record<string, PhoneBehaviour[]> {
  const dialed = find(trace, "caller.dialed");
  if (dialed === undefined) return {};
  const failed = find(trace, "caller.not_reached");
  const phone: PhoneBehaviour = {
    ringAfterMs: find(trace, "caller.ringing")?.at_ms ?? null,
    earlyMediaAfterMs: null,
    ending: phoneEnding(find(trace, "call.answered")?.at_ms ?? null, failed?.at_ms ?? null, failed),
    talkMs: callersTalkMs(trace),
    hangUpAfterMs: null,
    cancelTakesMs: 0,
  };
  return { [dialed.destination]: [phone] };
}

/**
 * How long the caller of two numbers talked before hanging up; null if something else ended the call. In a flow the
 * caller's script says when, because they may talk more than once.
 */
export function callersTalkMs(trace: readonly TraceEntry[]): number | null {
  const conversation = find(trace, "conversation.ended");
  if (secondOf(trace) === null || conversation?.by !== "caller") return null;
  return conversation.duration_ms;
}
