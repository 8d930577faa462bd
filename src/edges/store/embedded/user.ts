import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { access, chown, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Runs the server's programs as a user that PostgreSQL accepts: it refuses root. */
export interface Runner {
  /** Null: as ourselves. */
  readonly user: SystemUser | null;
  run(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Gives a path to that user. */
  own(path: string): Promise<void>;
}

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** What `nobody` is called by number wherever /etc/passwd does not say otherwise. */
const NOBODY: SystemUser = { uid: 65534, gid: 65534 };
const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"];

/**
 * Not root: everything runs as we are. Root: as the owner of the cluster folder, `nobody` when it is new. When that
 * user may not pass a folder above one of `paths`
 * (a clone in /root), util-linux's `setpriv` leaves it the one capability that passes folders.
 */
export async function findRunner(cluster: string, paths: readonly string[]): Promise<Runner> {
  if (process.getuid?.() !== 0) {
    const run: Runner["run"] = (program, args, options) => spawn(program, args, options);
    return { user: null, run, own: async () => {} };
  }
  const user = (await ownerOf(cluster)) ?? (await nobody());
  const own = (path: string): Promise<void> => chown(path, user.uid, user.gid);
  const reach = await Promise.all(paths.map((path) => mayPass(path, user)));
  if (!reach.includes(false))
    return { user, own, run: (program, args, options) => spawn(program, args, { ...options, ...user }) };
  const setpriv = await firstExecutable(SETPRIV);
  if (setpriv === null)
    throw new Error(
      `PostgreSQL does not run as root, and user ${user.uid} may not pass the folders above ${paths.join(" or ")}: ` +
        `run as another user, move there, or set DATABASE_URL.`,
    );
  const prefix = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  const capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"];
  return {
    user,
    own,
    run: (program, args, options) => spawn(setpriv, [...prefix, ...capability, program, ...args], options),
  };
}

async function ownerOf(folder: string): Promise<SystemUser | null> {
  const found = await stat(folder).catch(() => null);
  return found === null || found.uid === 0 ? null : { uid: found.uid, gid: found.gid };
}

async function nobody(): Promise<SystemUser> {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n");
  const fields = lines.find((line) => line.startsWith("nobody:"))?.split(":");
  const uid = Number(fields?.[2]);
  const gid = Number(fields?.[3]);
  return uid > 0 && gid > 0 ? { uid, gid } : NOBODY;
}

/** Whether a user may pass every folder above a path, judged by mode bits. */
export async function mayPass(path: string, user: SystemUser): Promise<boolean> {
  const folder = dirname(path);
  const { mode, uid, gid } = await stat(folder);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  return folder === path || folder === "/" ? true : mayPass(folder, user);
}

async function firstExecutable(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return null;
}
