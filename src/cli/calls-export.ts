import { createWriteStream, renameSync, rmSync } from "node:fs";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { AccountApi } from "./account-api.ts";
import { say } from "./terminal.ts";

const FORMATS: Readonly<Record<string, string>> = {
  ".csv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
};

/**
 * Writes an account's call detail records to a file, in the format that its name says. The file appears only once it is complete,
 * so that a partial one is never taken for the whole. Returns what went wrong, in sentences.
 */
export async function exportCalls(api: AccountApi, file: string, query: URLSearchParams): Promise<readonly string[]> {
  const format = FORMATS[extname(file).toLowerCase()];
  if (format === undefined) return [`${file} must end in .csv, .ndjson or .parquet: the ending selects the format`];
  query.set("format", format);
  const answer = await api.ask(`/calls/export?${query.toString()}`, { headers: { accept: "*/*" } });
  if (!answer.ok) return answer.error.sentences;
  const { body } = answer.value;
  const part = `${file}.part`;
  try {
    await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), createWriteStream(part, { mode: 0o600 }));
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    return [`${file} was not written: ${error instanceof Error ? error.message : String(error)}`];
  }
  say(`wrote ${file}`);
  return [];
}
