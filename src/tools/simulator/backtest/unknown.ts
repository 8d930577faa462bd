import type { TraceEntry } from "../../../core/call/trace.ts";
import { urlKey } from "../scripted-urls.ts";
import type { ScriptGap } from "../simulated-network.ts";
import { SAME_TIME_MS } from "./call-outcome.ts";

/** Something that a draft needs to know and the recorded call does not show. */
export interface Unknown {
  /** A clause that follows "the draft"; the same for all calls that lack the same thing. */
  readonly reason: string;
  /** When the draft needs it, ms since the call arrived. */
  readonly atMs: number;
}

/** A phone or URL that the recorded call did not use, or not as often. */
export function unknownOf(gap: ScriptGap): string {
  if (gap.kind === "phone") {
    const { destination, dialled } = gap;
    return dialled === 0
      ? `dials ${destination}, which never rang in the call`
      : `dials ${destination} more often than the call did`;
  }
  const { url, asked } = gap;
  return asked === 0 ? `requests ${url}, which the call never did` : `requests ${url} more often than the call did`;
}

/** The first thing in the draft's call that lasted longer than the recorded call shows; null if nothing did. */
export function firstOverrun(recorded: readonly TraceEntry[], draft: readonly TraceEntry[]): Unknown | null {
  const found = [...ringing(recorded, draft), ...talking(recorded, draft), ...waiting(recorded, draft)];
  return found.reduce<Unknown | null>(
    (first, each) => (first !== null && first.atMs <= each.atMs ? first : each),
    null,
  );
}

/** How long something lasted. `isOpen`: it might have gone on if the call had not ended it. */
interface Span {
  readonly name: string;
  readonly fromMs: number;
  readonly lastedMs: number;
  readonly isOpen: boolean;
}

/** A phone that was cancelled might have been answered a moment later. */
function ringing(recorded: readonly TraceEntry[], draft: readonly TraceEntry[]): readonly Unknown[] {
  return overruns(ringSpans(recorded), ringSpans(draft), (name) => `lets ${name} ring longer than the call did`);
}

/** A conversation that the platform ended might have gone on. */
function talking(recorded: readonly TraceEntry[], draft: readonly TraceEntry[]): readonly Unknown[] {
  const reason = (name: string): string => `lets the conversation with ${name} go on where a limit ended it`;
  return overruns(talkSpans(recorded), talkSpans(draft), reason);
}

/** An answer that had not arrived when the call ended. */
function waiting(recorded: readonly TraceEntry[], draft: readonly TraceEntry[]): readonly Unknown[] {
  const reason = (name: string): string => `waits for the answer of ${name}, which had not arrived when the call ended`;
  return overruns(requestSpans(recorded), requestSpans(draft), reason);
}

function overruns(
  recorded: readonly Span[],
  draft: readonly Span[],
  reason: (name: string) => string,
): readonly Unknown[] {
  const known = new Map(nth(recorded));
  return nth(draft).flatMap(([key, { name, fromMs, lastedMs }]) => {
    const was = known.get(key);
    if (was?.isOpen !== true || lastedMs <= was.lastedMs + SAME_TIME_MS) return [];
    return [{ reason: reason(name), atMs: fromMs + was.lastedMs }];
  });
}

/** Numbers the uses of each name, as a scenario does: the first, the second … */
function nth(spans: readonly Span[]): readonly (readonly [string, Span])[] {
  const seen = new Map<string, number>();
  return spans.map((span) => {
    const count = (seen.get(span.name) ?? 0) + 1;
    seen.set(span.name, count);
    return [`${span.name} ${count}`, span] as const;
  });
}

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;

function ofType<T extends TraceEntry["type"]>(trace: readonly TraceEntry[], type: T): readonly Entry<T>[] {
  return trace.filter((entry): entry is Entry<T> => entry.type === type);
}

function ringSpans(trace: readonly TraceEntry[]): readonly Span[] {
  return ofType(trace, "attempt.started").map(({ leg, destination: name, at_ms: fromMs }) => {
    const answered = ofType(trace, "attempt.answered").find((entry) => entry.leg === leg);
    const ended = ofType(trace, "attempt.ended").find((entry) => entry.leg === leg);
    const isOpen = answered === undefined && ended?.sip === null && ended.outcome !== "failed";
    return { name, fromMs, lastedMs: ((answered ?? ended)?.at_ms ?? fromMs) - fromMs, isOpen };
  });
}

function talkSpans(trace: readonly TraceEntry[]): readonly Span[] {
  return ofType(trace, "conversation.started").map(({ leg, at_ms: fromMs }) => {
    const name = ofType(trace, "attempt.started").find((entry) => entry.leg === leg)?.destination ?? "";
    const ended = ofType(trace, "conversation.ended").find((entry) => entry.leg === leg);
    return { name, fromMs, lastedMs: ended?.duration_ms ?? 0, isOpen: ended?.by === "platform" };
  });
}

function requestSpans(trace: readonly TraceEntry[]): readonly Span[] {
  const sent = ofType(trace, "request.sent").filter(({ purpose }) => purpose !== "status_callback");
  const endMs = trace.at(-1)?.at_ms ?? 0;
  return sent.map(({ id, url, at_ms: fromMs }) => {
    const result = ofType(trace, "request.result").find((entry) => entry.id === id);
    return { name: urlKey(url), fromMs, lastedMs: (result?.at_ms ?? endMs) - fromMs, isOpen: result === undefined };
  });
}
