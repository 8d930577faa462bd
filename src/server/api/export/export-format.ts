import type { ExportedCall } from "./exported-call.ts";

/** The formats in which an account's call detail records can be exported. */
export const EXPORT_FORMATS = ["csv", "ndjson", "parquet"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** One export format: turns pages of calls into parts of a file, each made only when the reader wants it. */
export interface ExportEncoder {
  readonly mediaType: string;
  readonly encode: (pages: AsyncIterable<readonly ExportedCall[]>) => AsyncGenerator<string | Uint8Array>;
}
