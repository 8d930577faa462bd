import { stringify } from "csv-stringify/sync";
import type { ExportEncoder } from "./export-format.ts";
import type { ExportedCall } from "./exported-call.ts";
import { EXPORT_COLUMNS, plainValue } from "./exported-call.ts";

/** CSV (RFC 4180): a header row with the names of the columns, lines that end in CRLF, UTF-8. */
export const csv: ExportEncoder = {
  mediaType: "text/csv; charset=utf-8; header=present",
  async *encode(pages) {
    yield lines([EXPORT_COLUMNS.map(({ name }) => name)]);
    for await (const page of pages) yield lines(page.map(cells));
  },
};

function lines(rows: readonly (readonly (string | number | null)[])[]): string {
  return stringify(
    [...rows].map((row) => [...row]),
    { record_delimiter: "windows" },
  );
}

function cells(call: ExportedCall): readonly (string | number | null)[] {
  return EXPORT_COLUMNS.map((column) => {
    const value = plainValue(call, column);
    return typeof value === "string" ? inert(value) : value;
  });
}

/** A spreadsheet takes a cell that begins with one of these for a formula, and names and custom fields come from strangers. */
const FORMULA = /^[=+\-@\t\r\n]/;
/** Digits alone are harmless, and every phone number begins with a plus sign. */
const PHONE_NUMBER = /^\+\d{1,15}$/;

/** The text, with an apostrophe before it if a spreadsheet would compute it. */
function inert(text: string): string {
  return FORMULA.test(text) && !PHONE_NUMBER.test(text) ? `'${text}` : text;
}
