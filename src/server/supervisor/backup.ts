import { randomBytes } from "node:crypto";
import { constants, copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { runningEmbedded, startEmbedded } from "../../edges/store/embedded/embedded.ts";
import { errorCode } from "../../edges/store/embedded/error-code.ts";
import { findCluster } from "../../edges/store/embedded/place.ts";
import { SnapshotReader } from "../../edges/store/snapshot/read-snapshot.ts";
import { VERSION } from "../../version.ts";
import type { BackupManifest } from "./backup-folder.ts";
import { writeManifest, writeRows } from "./backup-folder.ts";

/** The platform to back up or restore, and the folder of the backup. */
export interface BackupOptions {
  readonly dataDir: string;
  /** Null: the embedded server of the data folder. */
  readonly databaseUrl: string | null;
  readonly folder: string;
  readonly log: Log;
}

/** What a backup contains, and what it lacks. */
export interface BackupReport {
  readonly manifest: Omit<BackupManifest, "format">;
  /** Recordings that are in the database but not on this machine: another node's, or deleted during the backup. */
  readonly missingRecordings: number;
}

const ID_BYTES = 8;
/** The folder of recordings, in a data folder and in a backup. */
export const RECORDINGS = "recordings";
/** The file with the node's id, in a data folder and in a backup. */
export const NODE = "node";

/**
 * Writes every table as it is at one instant, and the recordings of its calls, into a new folder while calls go on. The
 * secret is not in it: what the database has sealed stays sealed. Rejects with one sentence if it fails.
 */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  await makeNewFolder(options.folder);
  try {
    return await withOwnDatabase(options, (url) => write(options, url));
  } catch (error) {
    await rm(options.folder, { recursive: true, force: true });
    throw error;
  }
}

async function makeNewFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error;
    throw new Error(`${folder} already exists: name a new folder`, { cause: error });
  });
}

async function withOwnDatabase<T>(options: BackupOptions, work: (url: string) => Promise<T>): Promise<T> {
  const { dataDir, databaseUrl, log } = options;
  const folder = join(dataDir, "postgres");
  const running = databaseUrl ?? (await runningEmbedded(folder));
  if (running !== null) return work(running);
  if ((await findCluster(folder)) === null)
    throw new Error(`there is no database in ${dataDir}: name the data folder with --data, or set DATABASE_URL`);
  const server = await startEmbedded({ dataDir: folder, log });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}

async function write({ dataDir, folder }: BackupOptions, url: string): Promise<BackupReport> {
  // Before the snapshot: the journal names a recording before its file is made, so each of these belongs to a call of the snapshot.
  const files = new Set(await filesBelow(join(dataDir, RECORDINGS)));
  const snapshot = await SnapshotReader.open(url);
  try {
    const tables = [];
    for (const name of snapshot.contents.tables) {
      const rows = snapshot.rows(name);
      tables.push({ name, rows: await writeRows(folder, name, name === "recordings" ? noting(files, rows) : rows) });
    }
    const copied = await copyFiles(join(dataDir, RECORDINGS), join(folder, RECORDINGS), files);
    await copyIfThere(join(dataDir, NODE), join(folder, NODE));
    const id = randomBytes(ID_BYTES).toString("hex");
    const taken = { id, plugboard: VERSION, taken_at: new Date(systemClock.now()).toISOString() };
    const manifest = { ...taken, ...snapshot.contents, tables, recordings: copied } as BackupReport["manifest"];
    await writeManifest(folder, manifest);
    return { manifest, missingRecordings: files.size - copied };
  } finally {
    await snapshot.close();
  }
}

/** Passes on these rows of `recordings`, and notes their files. */
async function* noting(
  files: Set<string>,
  rows: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly string[], void> {
  for await (const lines of rows) {
    for (const line of lines) {
      const { file, failure } = JSON.parse(line) as { readonly file: string; readonly failure: string | null };
      if (failure === null) files.add(file);
    }
    yield lines;
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const inside = folder.length + 1;
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(inside));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function copyFiles(from: string, to: string, files: Iterable<string>): Promise<number> {
  let copied = 0;
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    if (await copyIfThere(join(from, file), join(to, file))) copied += 1;
  }
  return copied;
}

/** Copies a file, sharing its blocks if the file system can; false: it does not exist. */
async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return false;
  }
}
