import { unreachable } from "../../../base/never.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { People } from "../compare/people.ts";
import { withNames } from "../compare/people.ts";
import type { BacktestResult, BacktestVerdict } from "./backtest.ts";

/** A verdict that is worth a line. */
export type ReportedVerdict = Exclude<BacktestVerdict["kind"], "same">;

/** One call whose outcome would change, or can't be told. Keys as in its JSON. */
export interface BacktestLine {
  readonly type: "call";
  readonly call_sid: string;
  readonly verdict: ReportedVerdict;
  /** After "callers who": `talked to priya (+91…)`. Empty where the call could not be repeated. */
  readonly was: string;
  /** After "would"; null where the verdict is not `changed`. */
  readonly would: string | null;
  /** Why it can't be told; null where the verdict is `changed`. */
  readonly reason: string | null;
  /** In what the outcomes differ, the most important first. */
  readonly aspects: readonly string[];
  readonly assumed: string | null;
  /** The call's way through its own version, and through the draft. */
  readonly before: string;
  readonly after: string;
  /** On request. */
  readonly traces?: { readonly before: readonly TraceEntry[]; readonly after: readonly TraceEntry[] };
}

/** Calls to which the same happens. */
export interface BacktestGroup {
  readonly verdict: ReportedVerdict;
  /** A sentence, with the number of calls. */
  readonly message: string;
  readonly calls: number;
  /** The first of them. */
  readonly examples: readonly string[];
}

/** What came of all calls. */
export interface BacktestSummary {
  readonly calls: number;
  readonly same: number;
  readonly changed: number;
  readonly unknown: number;
  readonly not_reproducible: number;
  /** The most frequent first. */
  readonly groups: readonly BacktestGroup[];
}

/** Groups that are kept apart: enough for any flow, and a bound for numbers that callers choose. */
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

  /** Counts a call; its line, or null: nothing would change. `traces`: the line has both. */
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

  /** Beyond the limit, what is left of a verdict is one group. */
  #newGroup(key: string, line: BacktestLine): Group {
    const isFull = this.#groups.size >= MAX_GROUPS;
    const others = {
      ...line,
      was: "had various calls",
      would: "come to something else",
      reason: "has various reasons",
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
      return `${calls} ${calls === 1 ? "call" : "calls"} can't be played again: ${reason ?? ""}.`;
    default:
      return unreachable(verdict);
  }
}
