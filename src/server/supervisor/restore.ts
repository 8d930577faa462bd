import { cp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../base/system-random.ts";
import { startEmbedded } from "../../edges/store/embedded/embedded.ts";
import { errorCode } from "../../edges/store/embedded/error-code.ts";
import { opensKeyCheck } from "../../edges/store/key-check.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { isEmptyDatabase, loadSnapshot, whyNotLoadable } from "../../edges/store/snapshot/load-snapshot.ts";
import type { BackupManifest } from "./backup-folder.ts";
import { readManifest, readRows } from "./backup-folder.ts";
import type { BackupOptions } from "./backup.ts";
import { NODE, RECORDINGS } from "./backup.ts";
import { DataFolderLock } from "./data-folder-lock.ts";
import { makeDataFolder } from "./data-folder.ts";
import { RESTORE_MARK } from "./unfinished-restore.ts";

export interface RestoreOptions extends BackupOptions {
  /** `PLUGBOARD_SECRET`; null: the file `secret` of the data folder. */
  readonly secret: string | null;
}

/**
 * Fills an empty database and an empty data folder from a backup. Rejects with one sentence, before anything is written, if
 * either is not empty or the secret is not that of the backup.
 *
 *   check ─► mark the folder ─► recordings ─► database, one transaction ─► remove the mark
 *
 * If the process is killed, the mark keeps `serve` from starting; running the same restore again continues.
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupManifest> {
  const { folder, dataDir, log } = options;
  const manifest = await readManifest(folder);
  const problem = whyNotLoadable(namesOf(manifest));
  if (problem !== null) throw new Error(problem);
  await checkSecret(options, manifest);
  await makeDataFolder(dataDir);
  const lock = await DataFolderLock.take(dataDir, log);
  try {
    await withDatabase(options, (url) => restoreInto(options, manifest, url));
  } finally {
    await lock.release();
  }
  return manifest;
}

function namesOf(manifest: BackupManifest) {
  return { ...manifest, tables: manifest.tables.map(({ name }) => name) };
}

async function checkSecret({ secret, dataDir, folder }: RestoreOptions, { tables }: BackupManifest): Promise<void> {
  const file = join(dataDir, "secret");
  const known = secret ?? (await textOf(file));
  if (known === null)
    throw new Error(
      `the secret of the backed-up platform is needed: set PLUGBOARD_SECRET to it, or put the file \`secret\` of its data folder at ${file}`,
    );
  const table = tables.find(({ name }) => name === "store_key");
  if (table === undefined) return;
  const sealer = new Sealer(known, systemRandom());
  for await (const [line] of readRows(folder, table)) {
    const { check_text } = JSON.parse(line ?? "{}") as { readonly check_text?: string };
    if (check_text !== undefined && !opensKeyCheck(sealer, check_text))
      throw new Error(
        `the backup was sealed with a different secret from ${secret === null ? `that in ${file}` : "PLUGBOARD_SECRET"}`,
      );
  }
}

async function withDatabase(options: RestoreOptions, work: (url: string) => Promise<void>): Promise<void> {
  const { dataDir, databaseUrl, log } = options;
  if (databaseUrl !== null) return work(databaseUrl);
  const server = await startEmbedded({ dataDir: join(dataDir, "postgres"), log });
  try {
    await work(server.url);
  } finally {
    await server.stop();
  }
}

async function restoreInto({ dataDir, folder }: RestoreOptions, manifest: BackupManifest, url: string): Promise<void> {
  const mark = join(dataDir, RESTORE_MARK);
  const begun = await textOf(mark);
  await refuseOtherContent(dataDir, begun, manifest.id);
  if (await isEmptyDatabase(url)) {
    // Whole or not at all: a mark without its id would be that of another backup.
    await writeFile(`${mark}.new`, `${manifest.id}\n`, { mode: 0o600, flush: true });
    await rename(`${mark}.new`, mark);
    for (const name of [RECORDINGS, NODE]) await copyIfThere(join(folder, name), join(dataDir, name));
    const tables = new Map(manifest.tables.map((table) => [table.name, table]));
    await loadSnapshot(url, namesOf(manifest), (name) => readRows(folder, tables.get(name) ?? { name, rows: 0 }));
  } else if (begun === null)
    // With the mark of this backup, a database with tables means that its transaction was committed.
    throw new Error("the database is not empty: a backup can only be restored into an empty one");
  await rm(mark);
}

async function refuseOtherContent(dataDir: string, begun: string | null, id: string): Promise<void> {
  if (begun !== null && begun !== id)
    throw new Error(`the restore of another backup into ${dataDir} did not finish: empty that folder first`);
  const recordings = join(dataDir, RECORDINGS);
  if (begun === null && (await readdir(recordings, { recursive: true }).catch(() => [])).length > 0)
    throw new Error(`${recordings} is not empty: a backup can only be restored into an empty data folder`);
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await cp(from, to, { recursive: true, preserveTimestamps: true });
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Null: the file does not exist. */
async function textOf(file: string): Promise<string | null> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return null;
  }
}
