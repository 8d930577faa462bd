import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { z } from "zod";
import { errorCode } from "../../edges/store/embedded/error-code.ts";
import type { SnapshotRows } from "../../edges/store/snapshot/contents.ts";

/** Written last: a folder without it is not a complete backup. */
const MANIFEST = "backup.json";
const FORMAT = 1;
/** Most rows and characters to insert at once, which a restore holds in memory. */
const BATCH_ROWS = 200;
const BATCH_CHARACTERS = 4_000_000;

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  id: z.string().min(1),
  plugboard: z.string(),
  taken_at: z.string(),
  migrations: z.array(z.string()),
  /** In an order in which they can be filled. */
  tables: z.array(z.object({ name: z.string(), rows: z.int() })),
  partitions: z.array(z.object({ name: z.string(), table: z.string(), key: z.string().nullable(), bound: z.string() })),
  recordings: z.int(),
});

/** What a backup contains. */
export type BackupManifest = z.infer<typeof manifestSchema>;

/** Completes the backup. */
export async function writeManifest(folder: string, manifest: Omit<BackupManifest, "format">): Promise<void> {
  const unfinished = join(folder, `${MANIFEST}.new`);
  const text = JSON.stringify({ format: FORMAT, ...manifest }, null, 2);
  await writeFile(unfinished, `${text}\n`, { flush: true });
  await rename(unfinished, join(folder, MANIFEST));
}

/** Rejects with one sentence if the folder is not a backup that this version can read. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(join(folder, MANIFEST), "utf8"));
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new Error(`${folder} is not a complete backup: it has no ${MANIFEST}`, { cause: error });
  }
  const read = manifestSchema.safeParse(document);
  if (read.success) return read.data;
  throw new Error(`${join(folder, MANIFEST)} can't be read: ${z.prettifyError(read.error).replaceAll("\n", " ")}`);
}

/** Stores the rows of one table; resolves with their number. */
export async function writeRows(folder: string, table: string, rows: SnapshotRows): Promise<number> {
  const file = rowsFile(folder, table);
  await mkdir(dirname(file), { recursive: true });
  let count = 0;
  async function* text(): AsyncGenerator<string, void> {
    for await (const lines of rows) {
      count += lines.length;
      yield `${lines.join("\n")}\n`;
    }
  }
  await pipeline(Readable.from(text()), createGzip(), createWriteStream(file, { flush: true }));
  return count;
}

/** The rows that `writeRows` stored; throws one sentence if some are missing or damaged. */
export async function* readRows(folder: string, { name, rows }: BackupManifest["tables"][number]): SnapshotRows {
  let count = 0;
  try {
    for await (const batch of batches(textOf(rowsFile(folder, name)))) {
      count += batch.length;
      yield batch;
    }
  } catch (error) {
    if (!(error instanceof Error && /^Z_|^ENOENT$/.test(errorCode(error) ?? ""))) throw error;
    throw new Error(`the backup is damaged: ${rowsFile(folder, name)}: ${error.message}`, { cause: error });
  }
  if (count !== rows) throw new Error(`the backup is damaged: table ${name} has ${count} of ${rows} rows`);
}

function rowsFile(folder: string, table: string): string {
  return join(folder, "tables", `${table}.jsonl.gz`);
}

async function* textOf(file: string): AsyncGenerator<string, void> {
  const unzipped = createGunzip().setEncoding("utf8");
  const failed = pipeline(createReadStream(file), unzipped);
  failed.catch(() => undefined); // reading throws the same error
  for await (const chunk of unzipped) yield String(chunk);
  await failed;
}

/** Splits text into batches of lines. A row contains no line breaks: JSON escapes them. */
async function* batches(chunks: AsyncIterable<string>): SnapshotRows {
  let batch: string[] = [];
  let characters = 0;
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      batch.push(line);
      characters += line.length;
      if (batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS) continue;
      yield batch;
      [batch, characters] = [[], 0];
    }
  }
  if (batch.length > 0) yield batch;
}
