import { expect, it } from "vitest";
import { sideBySide } from "./side-by-side.ts";

function column(title: string, ...texts: string[]) {
  return { title, lines: texts.map((text) => ({ text, key: text.replace(/^\d+ /, ""), style: null })) };
}

it("puts lines that differ only in time beside each other, and marks the others", () => {
  const left = column("was", "1 greet", "2 menu", "3 sales", "4 rings", "5 bye");
  const right = column("draft", "1 greet", "4 menu", "6 vm", "7 bye", "8 end");
  expect(sideBySide(left, right, 21)).toEqual([
    "was       │ draft",
    "1 greet   │ 1 greet",
    "2 menu    │ 4 menu",
    "3 sales   ≠ 6 vm",
    "4 rings   ≠",
    "5 bye     │ 7 bye",
    "          ≠ 8 end",
  ]);
});

it("cuts lines that are longer than a column, and shows a line without a counterpart", () => {
  expect(sideBySide(column("a", "a very long line"), column("b"), 13)).toEqual(["a     │ b", "a ve… ≠"]);
});
