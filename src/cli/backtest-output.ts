import type { TraceEntry } from "../core/call/trace.ts";
import type { BacktestGroup, BacktestLine, BacktestSummary } from "../tools/simulator/backtest/backtest-report.ts";
import { entryStyle } from "./entry-style.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Style } from "./terminal.ts";
import { paint, say, terminalWidth, wrap } from "./terminal.ts";
import { timelineLine } from "../tools/simulator/timeline.ts";

/** Groups to show: a screenful, with their examples. */
const SHOWN_GROUPS = 12;
/** Columns of the progress bar. */
const BAR = 24;
/** Columns of each of the two traces when the output is not a terminal. */
const FILE_COLUMNS = 100;

const STYLES: Readonly<Record<BacktestGroup["verdict"], Style>> = {
  changed: "yellow",
  unknown: "magenta",
  not_reproducible: "dim",
};

/** Prints a backtest for people: a progress bar while it runs, then which outcomes would change. */
export class BacktestOutput {
  readonly #flow: string;
  readonly #examples = new Map<string, BacktestLine>();
  readonly #seen = new Map<string, number>();
  #hasBar = false;

  constructor(flow: string) {
    this.#flow = flow;
  }

  /** Draws the bar only on a terminal, never into piped output. */
  progress(calls: number, of: number): void {
    if (!process.stderr.isTTY) return;
    const done = of === 0 ? BAR : Math.floor((calls / of) * BAR);
    const bar = paint("cyan", "█".repeat(done)) + paint("dim", "░".repeat(BAR - done));
    const count = new Intl.NumberFormat("en-GB");
    process.stderr.write(`\r${bar} ${count.format(calls)} of ${count.format(of)} calls `);
    this.#hasBar = true;
  }

  /** Erases the bar. */
  clear(): void {
    if (this.#hasBar) process.stderr.write("\r\u001b[2K");
    this.#hasBar = false;
  }

  /** Takes one call of the answer. `whole`: print both of its traces. */
  note(line: BacktestLine, whole: boolean): void {
    if (whole) return this.#printTraces(line);
    // The examples of a group are its first calls, so later ones need not be kept.
    const key = [line.verdict, line.was, line.would, line.reason].join("\n");
    const seen = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, seen);
    if (seen <= KEPT_EXAMPLES) this.#examples.set(line.call_sid, line);
  }

  /** `shown`: the one call that was requested, whose traces have already been printed. */
  summary(summary: BacktestSummary, shown: string | null): void {
    this.clear();
    if (shown !== null) {
      if (summary.calls === 0) say(`flow ${this.#flow} has no ended call ${shown}`);
      else if (summary.same > 0) say(`the draft changes nothing for call ${shown}`);
      return;
    }
    say(paint("bold", totals(summary)));
    for (const group of summary.groups.slice(0, SHOWN_GROUPS)) this.#printGroup(group);
    const left = summary.groups.length - SHOWN_GROUPS;
    if (left > 0) say(`\n${left} more groups: --json lists every call`);
    const example = summary.groups.find(({ verdict }) => verdict === "changed")?.examples[0];
    if (example !== undefined)
      say(paint("dim", `\nboth traces of a call: plugboard backtest ${this.#flow} --show ${example}`));
  }

  #printGroup({ verdict, message, examples }: BacktestGroup): void {
    say("");
    for (const line of wrap(message, terminalWidth())) say(paint(STYLES[verdict], line));
    for (const sid of examples) {
      const { before = "", after = "" } = this.#examples.get(sid) ?? {};
      say(`  ${sid}  ${paint("dim", `was    ${before}`)}`);
      if (after !== "") say(`  ${" ".repeat(sid.length)}  ${paint("dim", `draft  ${after}`)}`);
    }
  }

  #printTraces({ call_sid, traces, before, ...line }: BacktestLine): void {
    this.clear();
    say(paint("bold", `${call_sid}: ${verdictWords(line)}`));
    if (line.assumed !== null) say(line.assumed);
    if (traces === undefined || traces.after.length === 0) return say(before);
    const width = Math.min(terminalWidth(), 2 * FILE_COLUMNS + 3);
    say("");
    for (const row of sideBySide(columnOf("recorded", traces.before), columnOf("with the draft", traces.after), width))
      say(row);
  }
}

/** As many examples as the summary names for each group. */
const KEPT_EXAMPLES = 3;

function totals({ calls, same, changed, unknown, not_reproducible: left }: BacktestSummary): string {
  const count = new Intl.NumberFormat("en-GB");
  const parts = [
    `${count.format(changed)} of ${count.format(calls)} calls would end differently`,
    ...(unknown > 0 ? [`${count.format(unknown)} can't be predicted`] : []),
    ...(left > 0 ? [`${count.format(left)} can't be replayed`] : []),
    `${count.format(same)} would not change`,
  ];
  return parts.join(", ");
}

function verdictWords({
  verdict,
  was,
  would,
  reason,
}: Pick<BacktestLine, "verdict" | "was" | "would" | "reason">): string {
  if (verdict === "changed") return `the caller ${was}, and would ${would ?? ""}`;
  if (verdict === "unknown") return `the caller ${was}; unknown, since the draft ${reason ?? ""}`;
  return `can't be replayed: ${reason ?? ""}`;
}

function columnOf(title: string, trace: readonly TraceEntry[]) {
  const lines = trace.map((entry) => {
    const text = timelineLine(entry);
    // Without the time: a step that only comes at another time is still the same step.
    return { text, key: text.slice(TIME_COLUMNS), style: entryStyle(entry) };
  });
  return { title, lines };
}

/** Width of the time at the start of a timeline's line. */
const TIME_COLUMNS = 9;
