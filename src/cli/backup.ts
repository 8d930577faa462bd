import { join, relative, resolve } from "node:path";
import { Command } from "commander";
import { pino } from "pino";
import { logOptions } from "../base/log.ts";
import { setting } from "../base/setting.ts";
import type { BackupOptions, BackupReport } from "../server/supervisor/backup.ts";
import { backUp } from "../server/supervisor/backup.ts";
import type { BackupManifest } from "../server/supervisor/backup-folder.ts";
import { readConfig } from "../server/supervisor/config.ts";
import { restoreBackup } from "../server/supervisor/restore.ts";
import { complain, EXIT_FINDING, EXIT_USAGE } from "./simulate.ts";

interface Flags {
  readonly data?: string;
}

const DATA = ["--data <dir>", "data folder (PLUGBOARD_DATA, ./data)"] as const;
/** Recordings and journal are for the user of the platform alone. */
const PRIVATE_UMASK = 0o077;

/** `plugboard backup`: everything that must survive, but the secret. */
export function backupCommand(): Command {
  return new Command("backup")
    .argument("<folder>", "folder to make")
    .option(...DATA)
    .action((folder: string, flags: Flags) =>
      run(folder, flags, async (options) => backupLines(options, await backUp(options))),
    );
}

/** `plugboard restore`: the other way. */
export function restoreCommand(): Command {
  return new Command("restore")
    .argument("<folder>", "folder that plugboard backup has made")
    .option(...DATA)
    .action((folder: string, flags: Flags) =>
      run(folder, flags, async (options) => {
        const secret = setting(process.env, "PLUGBOARD_SECRET") ?? null;
        return restoreLines(options, await restoreBackup({ ...options, secret }));
      }),
    );
}

async function run(
  folder: string,
  flags: Flags,
  work: (options: BackupOptions) => Promise<readonly string[]>,
): Promise<void> {
  const config = readConfig(flags, process.env);
  if (!config.ok) {
    for (const problem of config.error) complain(problem);
    process.exitCode = EXIT_USAGE;
    return;
  }
  process.umask(PRIVATE_UMASK);
  const { dataDir, databaseUrl } = config.value;
  const log = pino({ ...logOptions("backup", "warn") }, pino.destination(2));
  try {
    const lines = await work({ dataDir, databaseUrl, folder: resolve(folder), log });
    process.stdout.write(`${lines.join("\n")}\n`);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_FINDING;
  }
}

function backupLines({ dataDir, folder }: BackupOptions, report: BackupReport): readonly string[] {
  const { manifest, missingRecordings } = report;
  const secret = setting(process.env, "PLUGBOARD_SECRET") === undefined ? join(dataDir, "secret") : "PLUGBOARD_SECRET";
  return [
    `Written: ${relative(".", folder)}: ${countsOf(manifest)}`,
    ...(missingRecordings === 0
      ? []
      : [`${missingRecordings} recordings are not on this machine, or were just deleted.`]),
    `Not in it: the secret (${secret}), without which it can't be restored: keep a copy elsewhere.`,
    "Nor the workspace file with its flows and its audio folder.",
  ];
}

function restoreLines({ dataDir }: BackupOptions, manifest: BackupManifest): readonly string[] {
  return [
    `Restored into ${relative(".", dataDir) || "."}: ${countsOf(manifest)}, as of ${manifest.taken_at}`,
    "Start the platform with plugboard serve. Calls that were up then are ended with a record.",
  ];
}

function countsOf({ tables, recordings }: Pick<BackupManifest, "tables" | "recordings">): string {
  const calls = tables
    .filter(({ name }) => name === "calls" || name === "live")
    .reduce((sum, { rows }) => sum + rows, 0);
  return `${calls} ${calls === 1 ? "call" : "calls"}, ${recordings} ${recordings === 1 ? "recording" : "recordings"}`;
}
