import { existsSync } from "node:fs";
import { join } from "node:path";

/** In a data folder while a backup is restored into it: the id of the backup. */
export const RESTORE_MARK = "restore-unfinished";

/** Throws one sentence when a restore into this data folder was killed: recordings may be missing. */
export function refuseUnfinishedRestore(dataDir: string): void {
  if (!existsSync(join(dataDir, RESTORE_MARK))) return;
  throw new Error(
    `a restore into ${dataDir} did not finish: run the same plugboard restore again, or empty that folder`,
  );
}
