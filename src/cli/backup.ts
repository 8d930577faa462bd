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
/** Only the user that the platform runs as may read recordings and journal. */
const PRIVATE_UMASK = 0o077;

/** `plugboard backup`: writes everything that must survive, except the secret, to a folder. */
export function backupCommand(): Command {
  return new Command("backup")
    .argument("<folder>", "folder to create")
    .option(...DATA)
    .action((folder: string, flags: Flags) =>
      run(folder, flags, async (options) => backupLines(options, await backUp(options))),
    );
}

/** `plugboard restore`: fills an empty platform from such a folder. */
export function restoreCommand(): Command {
  return new Command("restore")
    .argument("<folder>", "folder written by plugboard backup")
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
    `It does not contain the secret (${secret}), and can't be restored without it: keep a copy elsewhere.`,
    "Nor does it contain the workspace file with its flows and its audio folder.",
  ];
}

function restoreLines({ dataDir }: BackupOptions, manifest: BackupManifest): readonly string[] {
  return [
    `Restored into ${relative(".", dataDir) || "."}: ${countsOf(manifest)}, as of ${manifest.taken_at}`,
    "Start the platform with plugboard serve. It ends the calls that were live at that time, with a record for each.",
  ];
}

function countsOf({ tables, recordings }: Pick<BackupManifest, "tables" | "recordings">): string {
  const calls = tables
    .filter(({ name }) => name === "calls" || name === "live")
    .reduce((sum, { rows }) => sum + rows, 0);
  return `${calls} ${calls === 1 ? "call" : "calls"}, ${recordings} ${recordings === 1 ? "recording" : "recordings"}`;
}
