import { unreachable } from "../../../base/never.ts";
import { divergenceOf, noticed, stepsOf } from "../compare/call-steps.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { Aspect, PlayedOutcome } from "./call-outcome.ts";
import { recordWords } from "./call-outcome.ts";

/** The old outcome in words that follow "callers who" (`talked to +91…`), and the new one in words that follow "would". */
export interface ChangeWords {
  readonly was: string;
  readonly would: string;
}

/** A trace of a call, and its outcome. */
export interface Played {
  readonly outcome: PlayedOutcome;
  readonly trace: readonly TraceEntry[];
}

/** A change in words. `aspect`: the most important difference. */
export function changeWords(was: Played, is: Played, aspect: Aspect): ChangeWords {
  const [before, now] = [endingOf(was.outcome), endingOf(is.outcome)];
  return { was: before.past, would: before.base === now.base ? detailOf(was, is, aspect) : now.base };
}

/** An outcome in words that follow "callers who". */
export function endingWords(outcome: PlayedOutcome): string {
  return endingOf(outcome).past;
}

/** An outcome in words that follow "would", and "callers who". */
interface Ending {
  readonly base: string;
  readonly past: string;
}

/** What matters most to a caller: whom they talked to, or else where they ended up. */
function endingOf({ talked, last, rung }: PlayedOutcome): Ending {
  if (talked.length > 0) return both("talk to", "talked to", listed(talked));
  if (last === null) return { base: "not be reached", past: "were not reached" };
  const isPlace = !["connect", "hangup"].includes(last.kind);
  if (rung.length > 0 && !isPlace) return both("get no answer from", "got no answer from", listed(rung));
  return both("reach", "reached", `${last.kind} "${last.applet}"`);
}

function both(base: string, past: string, rest: string): Ending {
  return { base: `${base} ${rest}`, past: `${past} ${rest}` };
}

function listed(destinations: readonly string[]): string {
  const different = [...new Set(destinations)];
  return [different.slice(0, -1).join(", "), different.at(-1) ?? ""].filter((text) => text !== "").join(" and ");
}

function detailOf(was: Played, is: Played, aspect: Aspect): string {
  const [before, now] = [was.outcome, is.outcome];
  switch (aspect) {
    case "rung":
      return `ring ${now.rung.join(", ") || "nobody"} instead of ${before.rung.join(", ") || "nobody"}`;
    case "recorded":
      return now.recorded.length === 0 ? "not be recorded" : `be recorded (${now.recorded.join(", ")})`;
    case "conversation":
      return now.talkMs > before.talkMs ? "talk longer" : "talk for less time";
    case "wait":
      return `wait ${(now.waitMs ?? 0) > (before.waitMs ?? 0) ? "longer" : "less"} for an answer`;
    case "record":
      return `end as ${recordWords(now.record)} instead of ${recordWords(before.record)}`;
    case "talked":
    case "path":
      return wayOf(was.trace, is.trace);
    default:
      return unreachable(aspect);
  }
}

/** Where the two paths through the flow diverge. */
function wayOf(was: readonly TraceEntry[], is: readonly TraceEntry[]): string {
  const way = (trace: readonly TraceEntry[]) =>
    stepsOf(trace).filter(({ kind }) => kind === "applet" || kind === "exit");
  const parted = divergenceOf(way(was), way(is));
  const [then, now] = [parted?.before[0], parted?.now[0]];
  if (then?.kind === "exit" && now?.kind === "exit" && then.applet === now.applet)
    return `leave "${now.applet}" by "${now.exit}" instead of "${then.exit}"`;
  const place = noticed(parted?.now ?? []);
  return place === null ? "be hung up there" : `${place.words} on the way`;
}
