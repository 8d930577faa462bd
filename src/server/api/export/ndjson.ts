import type { ExportEncoder } from "./export-format.ts";
import type { ExportedCall } from "./exported-call.ts";
import { EXPORT_COLUMNS, plainValue } from "./exported-call.ts";

/** One JSON object per line: a reader needs to hold only one at a time, and can tell if the file was cut off. */
export const ndjson: ExportEncoder = {
  mediaType: "application/x-ndjson",
  async *encode(pages) {
    for await (const page of pages) yield page.map((call) => `${JSON.stringify(plain(call))}\n`).join("");
  },
};

function plain(call: ExportedCall): object {
  return Object.fromEntries(EXPORT_COLUMNS.map((column) => [column.name, plainValue(call, column)]));
}
