import type { TraceEntry } from "../../../core/call/trace.ts";
import type { CallerBehaviour } from "../scenario/scenario-types.ts";

/** Something that a caller notices and reacts to. */
interface Anchor {
  /** Equal in two calls: the nth time of the same applet, or of the same destination answering. */
  readonly key: string;
  readonly atMs: number;
}

/**
 * Moves the caller's actions so that each comes as long after its step of the call as before: a longer greeting moves the
 * digit that followed it, and a conversation that begins later ends later.
 */
export function retimedCaller(
  caller: CallerBehaviour,
  recorded: readonly TraceEntry[],
  draft: readonly TraceEntry[],
): CallerBehaviour {
  const [was, is] = [anchorsOf(recorded), new Map(anchorsOf(draft).map(({ key, atMs }) => [key, atMs]))];
  const since = scriptStart(recorded);
  const sinceNow = scriptStart(draft);
  const move = (afterMs: number): number => {
    const anchor = was.findLast(({ key, atMs }) => atMs <= afterMs + since && is.has(key));
    if (anchor === undefined) return afterMs;
    return Math.max(0, afterMs + since - anchor.atMs + (is.get(anchor.key) ?? anchor.atMs) - sinceNow);
  };
  return {
    ...caller,
    hangUpAfterMs: caller.hangUpAfterMs === null ? null : move(caller.hangUpAfterMs),
    presses: caller.presses.map((press) => ({ ...press, afterMs: move(press.afterMs) })),
    silentAfterMs: caller.silentAfterMs === null ? null : move(caller.silentAfterMs),
  };
}

function scriptStart(trace: readonly TraceEntry[]): number {
  if (!trace.some(({ type }) => type === "caller.dialed")) return 0;
  return trace.find(({ type }) => type === "call.answered")?.at_ms ?? 0;
}

function anchorsOf(trace: readonly TraceEntry[]): readonly Anchor[] {
  const anchors: Anchor[] = [];
  const seen = new Map<string, number>();
  const destinations = new Map<number, string>();
  for (const entry of trace) {
    if (entry.type === "attempt.started") destinations.set(entry.leg, entry.destination);
    const name = nameOf(entry, destinations);
    if (name === null) continue;
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    anchors.push({ key: `${name} ${nth}`, atMs: entry.at_ms });
  }
  return anchors;
}

function nameOf(entry: TraceEntry, destinations: ReadonlyMap<number, string>): string | null {
  if (entry.type === "applet.entered") return `applet ${entry.applet}`;
  return entry.type === "conversation.started" ? `talk ${destinations.get(entry.leg) ?? ""}` : null;
}
