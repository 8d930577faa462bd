import type { TraceEntry } from "../../../core/call/trace.ts";

/** Longer than the call heard it: a sound that was cut short had not reached its end. */
const CUT_SHORT_MS = 3_600_000;
const PLAYED = "played to its end";

/** Sounds of one playback: texts, files or URLs; tones have fixed lengths. */
export function soundNames(what: string): readonly string[] {
  const spoken = /^(?:text: |file )(.*)$/s.exec(what)?.[1];
  if (spoken !== undefined) return [spoken];
  return what.split(", ").filter((name) => !name.endsWith(" tone"));
}

/** How long each sound of a recorded call played. The first of several in a row gets the time of all. */
export function replaySoundsOf(trace: readonly TraceEntry[]): Record<string, number> {
  const sounds: Record<string, number> = {};
  for (const entry of trace) {
    if (entry.type !== "playback.started") continue;
    const ended = trace.find((other) => other.type === "playback.ended" && other.id === entry.id);
    const [first, ...others] = soundNames(entry.what);
    if (first === undefined) continue;
    if (ended === undefined) sounds[first] ??= CUT_SHORT_MS;
    else sounds[first] = ended.at_ms - entry.at_ms;
    for (const other of others) sounds[other] ??= 0;
  }
  return sounds;
}

/** URLs that were played without having been checked, and whether they could be played. */
export function downloads(trace: readonly TraceEntry[]): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const entry of trace) {
    if (entry.type !== "playback.started") continue;
    const ended = trace.find((other) => other.type === "playback.ended" && other.id === entry.id);
    const failed = ended?.type === "playback.ended" && ended.message !== PLAYED;
    for (const name of soundNames(entry.what)) {
      if (/^https?:/.test(name) && !found.has(name)) found.set(name, !failed);
    }
  }
  return found;
}
