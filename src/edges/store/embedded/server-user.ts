import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { lchown, readFile, readdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";

/** A user by number. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root gives it a user of its own, which owns the cluster and runs nothing else:
 * a uid that is in no password file. `initdb` insists on a user with a name: it creates the cluster as `nobody`, or as
 * any other user with a name, and the result is given to the server's user.
 */
export interface ServerUsers {
  readonly server: SystemUser;
  readonly initdb: SystemUser;
}

/** What this machine knows about users; tests supply another machine. */
export interface UserSystem {
  /** Our own uid; undefined if the system has none. */
  uid(): number | undefined;
  /** Our name. Throws if we have none. */
  name(): string;
  /** The text of /etc/passwd; empty if there is no such file. */
  passwd(): Promise<string>;
  /** Gives a file, or a link itself, to a user. */
  give(path: string, user: SystemUser): Promise<void>;
}

/** The machine that we run on. */
export const systemUsers: UserSystem = {
  uid: () => process.getuid?.(),
  name: () => userInfo().username,
  passwd: () => readFile("/etc/passwd", "utf8").catch(() => ""),
  give: (path, { uid, gid }) => lchown(path, uid, gid),
};

interface NamedUser extends SystemUser {
  readonly name: string;
}

/** Uids that Debian and systemd assign to nobody permanently (systemd's range of dynamic users). */
const FIRST_OWN_UID = 61_184;
const LAST_OWN_UID = 65_519;
/** An operator who wants another user for the server creates one with this name. */
const PREFERRED_NAME = "plugboard";

/** Null: we are not root, and the server runs as our own user. `cluster` need not exist yet. */
export async function findServerUsers(cluster: string, system: UserSystem): Promise<ServerUsers | null> {
  if (system.uid() !== 0) {
    nameOf(system);
    return null;
  }
  const named = parsePasswd(await system.passwd()).filter(({ uid }) => uid > 0);
  const initdb = named.find(({ name }) => name === "nobody") ?? named[0];
  if (initdb === undefined)
    throw new Error(
      "PostgreSQL does not run as root, and /etc/passwd names no other user: add one " +
        "(nobody:x:65534:65534:nobody:/:/usr/sbin/nologin), or set DATABASE_URL.",
    );
  const preferred = named.find(({ name }) => name === PREFERRED_NAME);
  return { initdb, server: preferred ?? (await ownerOf(cluster, named)) ?? ownUser(cluster, named) };
}

/** The name under which PostgreSQL sees us at its socket. */
export function nameOf(system: UserSystem): string {
  try {
    return system.name();
  } catch (cause) {
    throw new Error(
      `User ${system.uid() ?? "of this process"} has no entry in /etc/passwd, which PostgreSQL needs: ` +
        "add one, run as another user, or set DATABASE_URL.",
      { cause },
    );
  }
}

/** The present owner of a cluster, unless that user has a name: then other processes may run as it, too. */
async function ownerOf(cluster: string, named: readonly NamedUser[]): Promise<SystemUser | null> {
  const found = await stat(cluster).catch(() => null);
  if (found === null || found.uid === 0 || named.some(({ uid }) => uid === found.uid)) return null;
  return { uid: found.uid, gid: found.gid };
}

/** A number from the folder's name, so that two platforms on one machine rarely share it. */
function ownUser(cluster: string, named: readonly NamedUser[]): SystemUser {
  const count = LAST_OWN_UID - FIRST_OWN_UID + 1;
  const taken = new Set(named.flatMap(({ uid, gid }) => [uid, gid]));
  let uid = FIRST_OWN_UID + (createHash("sha256").update(cluster).digest().readUInt32BE(0) % count);
  while (taken.has(uid)) uid = uid === LAST_OWN_UID ? FIRST_OWN_UID : uid + 1;
  return { uid, gid: uid };
}

function parsePasswd(text: string): readonly NamedUser[] {
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    if (name === undefined || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? "")) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/** Gives a folder and everything in it to a user. */
export async function giveTree(folder: string, user: SystemUser, system: UserSystem): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await giveTree(path, user, system);
    else await system.give(path, user);
  }
  await system.give(folder, user);
}

/** Whether a user may pass every folder above a path, judged by mode bits. */
export async function mayPass(path: string, user: SystemUser): Promise<boolean> {
  const folder = dirname(path);
  const { mode, uid, gid } = await stat(folder);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  return folder === path || folder === "/" ? true : mayPass(folder, user);
}

/** Starts a program as a user; null: as our own user. The working folder is entered before the user changes. */
export function spawnAs(
  user: SystemUser | null,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  return spawn(program, args, user === null ? options : { ...options, uid: user.uid, gid: user.gid });
}
