import { styleText } from "node:util";

/** How part of a line is shown if there are colours: on a terminal, unless NO_COLOR is set. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "magenta" | "blue";

export function paint(style: Style | null, text: string): string {
  return style === null || text === "" ? text : styleText(style, text);
}

/** Columns of the terminal; without one, lines are not broken. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

/** Columns; narrower indented lines can't be read. */
const LEAST_WIDTH = 20;

/** Breaks a text at spaces, and a word longer than a line wherever the line ends. */
export function wrap(text: string, width: number): readonly string[] {
  const most = Math.max(width, LEAST_WIDTH);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    if (line !== "" && line.length + 1 + word.length > most) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word.trimStart() : `${line} ${word}`;
    for (; line.length > most; line = line.slice(most)) lines.push(line.slice(0, most));
  }
  return [...lines, line];
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The text and style of one cell. */
export interface Cell {
  readonly text: string;
  readonly style?: Style;
  readonly isRight?: boolean;
}

/** Rows of cells in columns, two spaces apart. */
export function tableLines(rows: readonly (readonly Cell[])[]): readonly string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row
      .map(({ text, style, isRight }, index) => {
        const isLast = index === row.length - 1;
        const pad = " ".repeat(isLast ? 0 : (widths[index] ?? 0) - text.length);
        return isRight === true ? pad + paint(style ?? null, text) : paint(style ?? null, text) + pad;
      })
      .join("  "),
  );
}

/** How many terminal columns such a table takes. */
export function tableWidth(rows: readonly (readonly Cell[])[]): number {
  const widths = columnWidths(rows);
  return widths.reduce((sum, width) => sum + width + 2, -2);
}

function columnWidths(rows: readonly (readonly Cell[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, { text }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, text.length);
  return widths;
}
