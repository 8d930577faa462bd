import type { Style } from "./terminal.ts";
import { paint } from "./terminal.ts";

/** One line of a column; lines with the same key are shown beside each other. */
export interface ColumnLine {
  readonly text: string;
  readonly key: string;
  readonly style: Style | null;
}

/** A column with its title. */
export interface Column {
  readonly title: string;
  readonly lines: readonly ColumnLine[];
}

type Row = readonly [ColumnLine | null, ColumnLine | null];

const SAME = " │ ";
const DIFFERENT = " ≠ ";

/** Two columns, `width` wide together. A line in only one of them stands alone, or beside what the other has in its place. */
export function sideBySide(left: Column, right: Column, width: number): readonly string[] {
  const columns = Math.floor((width - SAME.length) / 2);
  const cell = (line: ColumnLine | null): string => {
    const whole = line?.text ?? "";
    const text = whole.length > columns ? `${whole.slice(0, columns - 1)}…` : whole;
    return paint(line?.style ?? null, text) + " ".repeat(columns - text.length);
  };
  const head = [left.title, right.title].map((title) => paint("bold", title.padEnd(columns)));
  const rows = pairs(left.lines, right.lines).map(([a, b]) => {
    const isSame = a !== null && a.key === b?.key;
    return (cell(a) + (isSame ? paint("dim", SAME) : paint("yellow", DIFFERENT)) + cell(b)).trimEnd();
  });
  return [head.join(SAME).trimEnd(), ...rows];
}

/** Pairs lines by the longest common sequence of their keys, and the lines between two pairs in order. */
function pairs(left: readonly ColumnLine[], right: readonly ColumnLine[]): readonly Row[] {
  const common = commonLengths(left, right);
  const rows: Row[] = [];
  let [i, j] = [0, 0];
  let [onlyLeft, onlyRight]: [ColumnLine[], ColumnLine[]] = [[], []];
  const flush = (): void => {
    for (let k = 0; k < Math.max(onlyLeft.length, onlyRight.length); k++)
      rows.push([onlyLeft[k] ?? null, onlyRight[k] ?? null]);
    [onlyLeft, onlyRight] = [[], []];
  };
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a !== undefined && b !== undefined && a.key === b.key) {
      flush();
      rows.push([a, b]);
      [i, j] = [i + 1, j + 1];
    } else if (b === undefined || (a !== undefined && at(common, i + 1, j) >= at(common, i, j + 1))) {
      if (a !== undefined) onlyLeft.push(a);
      i += 1;
    } else {
      onlyRight.push(b);
      j += 1;
    }
  }
  flush();
  return rows;
}

/** For each pair of positions, the length of the longest common sequence from there to the ends. */
function commonLengths(left: readonly ColumnLine[], right: readonly ColumnLine[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: left.length + 1 }, () => right.map(() => 0));
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--) {
      const isSame = left[i]?.key === right[j]?.key;
      const row = lengths[i];
      if (row !== undefined)
        row[j] = isSame ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  return lengths;
}

function at(lengths: readonly (readonly number[])[], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}
