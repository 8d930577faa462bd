import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { unreachable } from "../../../base/never.ts";
import type { ExportEncoder } from "./export-format.ts";
import type { ExportColumn, ExportedCall } from "./exported-call.ts";
import { EXPORT_COLUMNS } from "./exported-call.ts";

/**
 * Rows of a row group, which must be in memory as a whole; until the end of the file only the description of the group's
 * columns stays, a few kB.
 */
const GROUP_ROWS = 5000;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

/** Parquet, compressed with Snappy; instants are UTC timestamps in ms. */
export const parquet: ExportEncoder = {
  mediaType: "application/vnd.apache.parquet",
  async *encode(pages) {
    const bytes = new ByteWriter();
    const writer = new ParquetWriter({ writer: bytes, schema: SCHEMA, createdBy: "plugboard" });
    let group: ExportedCall[] = [];
    for await (const page of pages) {
      group.push(...page);
      if (group.length < GROUP_ROWS) continue;
      await writeGroup(writer, group);
      group = [];
      yield taken(bytes);
    }
    if (group.length > 0) await writeGroup(writer, group);
    await writer.finish();
    yield taken(bytes);
  },
};

const UTC_MS = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" } as const;

const SCHEMA: SchemaElement[] = [
  { name: "call_detail_records", num_children: EXPORT_COLUMNS.length },
  ...EXPORT_COLUMNS.map(elementOf),
];

function elementOf({ name, type, required }: ExportColumn): SchemaElement {
  const repetition_type = required ? "REQUIRED" : "OPTIONAL";
  switch (type) {
    case "text":
      return { name, type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" }, repetition_type };
    case "integer":
      return { name, type: "INT32", repetition_type };
    case "instant":
      return { name, type: "INT64", converted_type: "TIMESTAMP_MILLIS", logical_type: UTC_MS, repetition_type };
    default:
      return unreachable(type);
  }
}

function writeGroup(writer: ParquetWriter, group: readonly ExportedCall[]): void | Promise<void> {
  const columnData = EXPORT_COLUMNS.map(({ name, type }) => ({
    name,
    data: group.map((call) => (type === "instant" ? new Date(Number(call[name])) : call[name])),
    // They would stay in memory until the end of the file.
    offsetIndex: false,
  }));
  return writer.write({ columnData, rowGroupSize: group.length });
}

/** Takes what has been written since the last call; the writer continues with an empty buffer. */
function taken(bytes: ByteWriter): Uint8Array {
  const part = bytes.getBytes().slice();
  bytes.index = 0;
  return part;
}
