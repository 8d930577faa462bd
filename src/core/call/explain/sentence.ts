/** One sentence of an explanation, with the rules of the contract and the numbers of the trace's entries that it rests on. */
export interface ExplainedSentence {
  readonly text: string;
  readonly rules: readonly string[];
  readonly entries: readonly number[];
}

/** A part of a sentence, with its evidence. */
export interface Clause {
  readonly text: string;
  readonly rule: string | null;
  readonly entry: number | null;
}

/** The part of a trace entry that evidence needs. */
interface Cited {
  readonly seq: number;
  readonly rule?: string | null;
}

/** What a clause says, and the entry that shows it. */
export function cite(text: string, { seq, rule = null }: Cited): Clause {
  return { text: text.replace(/\.$/, ""), rule: rule === "" ? null : rule, entry: seq };
}

/** A clause that sums up what others cite. */
export function plainText(text: string): Clause {
  return { text, rule: null, entry: null };
}

export function sentenceOf(clauses: readonly Clause[]): ExplainedSentence {
  const text = clauses.map(shown).join("; ");
  return {
    text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    rules: [...new Set(clauses.flatMap(({ rule }) => rule ?? []))],
    entries: [...new Set(clauses.flatMap(({ entry }) => entry ?? []))],
  };
}

function shown({ text, rule, entry }: Clause): string {
  const evidence = [rule, entry === null ? null : `#${entry}`].filter((each) => each !== null);
  return evidence.length === 0 ? text : `${text} (${evidence.join(", ")})`;
}

/** ms as people say them: `0.98 s`, `45 s`. */
export function seconds(ms: number): string {
  return `${ms < 10_000 ? Math.round(ms / 10) / 100 : Math.round(ms / 100) / 10} s`;
}
