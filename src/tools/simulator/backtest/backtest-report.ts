import { unreachable } from "../../../base/never.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { People } from "../compare/people.ts";
import { withNames } from "../compare/people.ts";
import type { BacktestResult, BacktestVerdict } from "./backtest.ts";

/** A verdict that gets a line. */
export type ReportedVerdict = Exclude<BacktestVerdict["kind"], "same">;

/** One call whose outcome would change or can't be predicted. Keys as in its JSON. */
export interface BacktestLine {
  readonly type: "call";
  readonly call_sid: string;
  readonly verdict: ReportedVerdict;
  /** After "callers who": `talked to priya (+91…)`. Empty if the call could not be replayed. */
  readonly was: string;
  /** After "would"; null unless the verdict is `changed`. */
  readonly would: string | null;
  /** Why the outcome can't be predicted; null if the verdict is `changed`. */
  readonly reason: string | null;
  /** How the outcomes differ, the most important first. */
  readonly aspects: readonly string[];
  readonly assumed: string | null;
  /** The call's path through its own version, and through the draft. */
  readonly before: string;
  readonly after: string;
  /** Present on request. */
  readonly traces?: { readonly before: readonly TraceEntry[]; readonly after: readonly TraceEntry[] };
}

/** Calls with the same change. */
export interface BacktestGroup {
  readonly verdict: ReportedVerdict;
  /** A sentence, with the number of calls. */
  readonly message: string;
  readonly calls: number;
  /** The first of these calls. */
  readonly examples: readonly string[];
}

/** The outcome of the whole backtest. */
export interface BacktestSummary {
  readonly calls: number;
  readonly same: number;
  readonly changed: number;
  readonly unknown: number;
  readonly not_reproducible: number;
  /** The largest group first. */
  readonly groups: readonly BacktestGroup[];
}

/** Separate groups: enough for any flow, and a limit in case callers' numbers end up in the messages. */
const MAX_GROUPS = 1000;
const MAX_EXAMPLES = 3;

interface Group {
  readonly line: BacktestLine;
  calls: number;
  readonly examples: string[];
}

/** Collects the verdicts of a backtest. */
export class BacktestReport {
  readonly #people: People;
  readonly #groups = new Map<string, Group>();
  readonly #counts = { same: 0, changed: 0, unknown: 0, not_reproducible: 0 };

  constructor(people: People) {
    this.#people = people;
  }

  /** Counts a call, and returns its line; null: nothing would change. `traces`: put both into the line. */
  note(
    call: { readonly callSid: string; readonly trace: readonly TraceEntry[] },
    result: BacktestResult,
    traces: boolean,
  ): BacktestLine | null {
    const { verdict, before, after, draftTrace } = result;
    this.#counts[verdict.kind] += 1;
    if (verdict.kind === "same") return null;
    const line: BacktestLine = {
      type: "call",
      call_sid: call.callSid,
      ...this.#wordsOf(verdict),
      before,
      after,
      ...(traces && { traces: { before: call.trace, after: draftTrace } }),
    };
    this.#group(line);
    return line;
  }

  summary(): BacktestSummary {
    const { same, changed, unknown, not_reproducible } = this.#counts;
    const groups = [...this.#groups.values()].toSorted((a, b) => b.calls - a.calls).map(groupOf);
    return { calls: same + changed + unknown + not_reproducible, same, changed, unknown, not_reproducible, groups };
  }

  #wordsOf(verdict: Exclude<BacktestVerdict, { kind: "same" }>) {
    const named = (text: string): string => withNames(text, this.#people);
    const common = { verdict: verdict.kind, was: "", would: null, reason: null, aspects: [], assumed: null };
    if (verdict.kind === "not_reproducible") return { ...common, reason: named(verdict.reason) };
    const was = named(verdict.was);
    if (verdict.kind === "unknown") return { ...common, was, reason: named(verdict.reason) };
    const { aspects, assumed } = verdict;
    return { ...common, was, would: named(verdict.would), aspects, assumed };
  }

  #group(line: BacktestLine): void {
    const key = [line.verdict, line.was, line.would, line.reason].join("\n");
    const known = this.#groups.get(key) ?? this.#newGroup(key, line);
    known.calls += 1;
    if (known.examples.length < MAX_EXAMPLES) known.examples.push(line.call_sid);
  }

  /** Beyond the limit, all further calls with the same verdict are one group. */
  #newGroup(key: string, line: BacktestLine): Group {
    const isFull = this.#groups.size >= MAX_GROUPS;
    const others = {
      ...line,
      was: "had various outcomes",
      would: "have another one",
      reason: line.verdict === "unknown" ? "needs something that the calls do not show" : "various reasons",
    };
    const place = isFull ? `${line.verdict} others` : key;
    const group = this.#groups.get(place) ?? { line: isFull ? others : line, calls: 0, examples: [] };
    this.#groups.set(place, group);
    return group;
  }
}

function groupOf({ line, calls, examples }: Group): BacktestGroup {
  return { verdict: line.verdict, message: messageOf(line, calls), calls, examples };
}

function messageOf({ verdict, was, would, reason }: BacktestLine, calls: number): string {
  const callers = `${calls} ${calls === 1 ? "caller" : "callers"}`;
  switch (verdict) {
    case "changed":
      return `${callers} who ${was} would ${would ?? ""}.`;
    case "unknown":
      return `${callers} who ${was}: unknown, since the draft ${reason ?? ""}.`;
    case "not_reproducible":
      return `${calls} ${calls === 1 ? "call" : "calls"} can't be replayed: ${reason ?? ""}.`;
    default:
      return unreachable(verdict);
  }
}
