import { readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, startStamp } from "./postmaster.ts";

/** One process that wants a data folder (`candidate`) or has it (`owner`). */
interface Mark {
  readonly file: string;
  readonly pid: number;
  readonly state: string;
}

/** Marks of processes: `owner-<pid>`; earlier versions wrote just `owner`. */
const MARK = /^owner(?:-\d+)?$/;

/**
 * Marks this process as the one in charge of a data folder; returns a function that removes the mark. Throws if another
 * live process is in charge: two platforms on one folder would end each other's calls.
 *
 *   candidate ── no owner, no candidate of a lower pid ─► owner ── still none of a lower pid ─► ours
 *
 * Two that start at once both write before they look, so at least one sees the other; the lower pid wins. The mark of a
 * dead process does not count, whatever killed it.
 */
export async function claimFolder(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, `owner-${process.pid}`);
  const release = (): Promise<void> => rm(file, { force: true });
  await writeMark(file, "candidate");
  try {
    const rivals = await liveMarks(dataDir);
    refuse(
      rivals.find(({ pid, state }) => state !== "candidate" || pid < process.pid),
      dataDir,
    );
    await writeMark(file, "owner");
    refuse(
      (await liveMarks(dataDir)).find(({ pid }) => pid < process.pid),
      dataDir,
    );
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

function refuse(rival: Mark | undefined, dataDir: string): void {
  if (rival === undefined) return;
  throw new Error(`Process ${rival.pid} is already in charge of ${dataDir}: stop it, or use another data folder.`);
}

/** Writes the mark under another name and renames it, so that nobody reads half a mark. */
async function writeMark(file: string, state: "candidate" | "owner"): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, `${process.pid} ${await startStamp(process.pid)} ${state}\n`, { mode: 0o600 });
  await rename(fresh, file);
}

/** Marks of other live processes; those of dead ones are removed. */
async function liveMarks(dataDir: string): Promise<readonly Mark[]> {
  const live: Mark[] = [];
  for (const name of (await readdir(dataDir)).filter((entry) => MARK.test(entry))) {
    const file = join(dataDir, name);
    const [number, stamp = "", state = "owner"] = (await readFile(file, "utf8").catch(() => "")).trim().split(" ");
    const pid = Number(number);
    // Empty: its owner has just removed it.
    if (!(pid > 0) || pid === process.pid) continue;
    if (isAlive(pid) && (await startStamp(pid)) === stamp) live.push({ file, pid, state });
    else await rm(file, { force: true });
  }
  return live;
}
