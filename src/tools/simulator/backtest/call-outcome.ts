import { unreachable } from "../../../base/never.ts";
import type { CallRecord } from "../../../core/call/record.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";

/** The outcome of a call, which a backtest compares. Prompts, requests and exact times are not part of it. */
export interface PlayedOutcome {
  /** Applets and exits in order: `menu.1`; an applet that was not left has no exit. */
  readonly path: readonly string[];
  /** Where the call ended: for a voicemail and the hang-up after it, the voicemail. Null: no applet was entered. */
  readonly last: { readonly applet: string; readonly kind: string } | null;
  /** Destinations in the order dialled. */
  readonly rung: readonly string[];
  /** Destinations that the caller talked to. */
  readonly talked: readonly string[];
  /** From the call's arrival to the first conversation; null if there was none. */
  readonly waitMs: number | null;
  /** Total of all conversations. */
  readonly talkMs: number;
  /** Layouts of the recordings, including messages. */
  readonly recorded: readonly string[];
  /** Null: the call has not ended. */
  readonly record: CallRecord | null;
}

/** What may differ, the most important first. */
export const ASPECTS = ["talked", "conversation", "path", "rung", "recorded", "wait", "record"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** ms. Times that differ by no more than this, or by no more than a tenth of the longer one, count as equal. */
export const SAME_TIME_MS = 5_000;
const SAME_SHARE = 0.1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Draft extends Mutable<Omit<PlayedOutcome, "path" | "rung" | "talked" | "recorded">> {
  readonly path: string[];
  readonly rung: string[];
  readonly talked: string[];
  readonly recorded: string[];
  readonly legs: Map<number, string>;
}

/** The outcome of a call from its trace. */
export function callOutcome(trace: readonly TraceEntry[]): PlayedOutcome {
  const { legs: _, ...outcome } = draftOf(trace);
  return outcome;
}

function draftOf(trace: readonly TraceEntry[]): Draft {
  const draft: Draft = {
    path: [],
    last: null,
    rung: [],
    talked: [],
    waitMs: null,
    talkMs: 0,
    recorded: [],
    record: null,
    legs: new Map(),
  };
  for (const entry of trace) note(draft, entry);
  return draft;
}

function note(draft: Draft, entry: TraceEntry): void {
  const { type } = entry;
  if (type === "applet.entered") {
    draft.path.push(entry.applet);
    if (entry.kind !== "hangup" || draft.last?.kind !== "voicemail")
      draft.last = { applet: entry.applet, kind: entry.kind };
  } else if (type === "exit.taken") draft.path.splice(-1, 1, `${entry.applet}.${entry.exit}`);
  else if (type === "attempt.started") {
    draft.rung.push(entry.destination);
    draft.legs.set(entry.leg, entry.destination);
  } else if (type === "conversation.started") {
    draft.talked.push(draft.legs.get(entry.leg) ?? "");
    draft.waitMs ??= entry.at_ms;
  } else if (type === "conversation.ended") draft.talkMs += entry.duration_ms;
  else if (type === "recording.started") draft.recorded.push(entry.layout);
  else if (type === "call.ended") draft.record = entry.cdr;
}

/** How two outcomes differ, the most important first. */
export function differingAspects(was: PlayedOutcome, is: PlayedOutcome): readonly Aspect[] {
  return ASPECTS.filter((aspect) => differs(aspect, was, is));
}

function differs(aspect: Aspect, was: PlayedOutcome, is: PlayedOutcome): boolean {
  switch (aspect) {
    case "conversation":
      return !isSameTime(was.talkMs, is.talkMs);
    case "wait":
      return was.waitMs !== null && is.waitMs !== null && !isSameTime(was.waitMs, is.waitMs);
    case "record":
      return recordWords(was.record) !== recordWords(is.record);
    case "talked":
    case "path":
    case "rung":
    case "recorded":
      return was[aspect].join("\n") !== is[aspect].join("\n");
    default:
      return unreachable(aspect);
  }
}

function isSameTime(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(SAME_TIME_MS, SAME_SHARE * Math.max(a, b));
}

/** The part of a call detail record that is compared as text; durations are compared as times. */
export function recordWords(record: CallRecord | null): string {
  if (record === null) return "without an end";
  const { status, call_type, dial_call_status, ended_by } = record;
  return `${status} (${call_type}${dial_call_status === null ? "" : `, ${dial_call_status}`}), ended by the ${ended_by}`;
}
