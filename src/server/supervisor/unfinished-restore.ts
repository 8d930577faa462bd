import { existsSync } from "node:fs";
import { join } from "node:path";

/** A file in the data folder while a backup is restored into it; contains the id of the backup. */
export const RESTORE_MARK = "restore-unfinished";

/** Throws one sentence if a restore into this data folder was interrupted, since recordings may be missing. */
export function refuseUnfinishedRestore(dataDir: string): void {
  if (!existsSync(join(dataDir, RESTORE_MARK))) return;
  throw new Error(
    `a restore into ${dataDir} did not finish: run the same plugboard restore again, or empty that folder`,
  );
}
