import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../../base/log.ts";
import { errorCode, folderProblem } from "./error-code.ts";
import type { ServerUsers, UserSystem } from "./server-user.ts";
import { findServerUsers, mayPass } from "./server-user.ts";

/** Where the server's cluster and socket are, and as whom it runs. */
export interface Place {
  /** The data folder, or its replacement if the data folder's file system supports no owner other than root. */
  readonly home: string;
  readonly cluster: string;
  readonly socketDir: string;
  /** Null: it runs as our own user. */
  readonly users: ServerUsers | null;
}

/** The longest path that fits `sockaddr_un` (108 bytes including the terminator). */
const SOCKET_PATH_BYTES = 107;
export const PORT = 5432;
/** Next to the data of the system's packages, where it survives a reboot. */
const ELSEWHERE = "/var/lib/plugboard/clusters";
/** A file in the data folder that names the other place permanently. */
const POINTER = "cluster-location";
/** Folders with short paths, which the system does not clear while the machine is running; tried in turn. */
const SHORT_FOLDERS: readonly string[] = ["/run", process.env["XDG_RUNTIME_DIR"] ?? "", tmpdir(), "/tmp"];

/**
 * Prepares the folders of a data folder. Under root, too, everything is inside it: the server's user owns the cluster
 * and the socket's folder, and needs no access to the folders above, because it is started inside the cluster.
 */
export async function findPlace(dataDir: string, system: UserSystem, log: Log, elsewhere = ELSEWHERE): Promise<Place> {
  await makeFolder(dataDir);
  const real = await realpath(dataDir);
  const users = await findServerUsers(join(real, "cluster"), system);
  if (users === null) return placeIn(real, null, system);
  const moved = await readPointer(real);
  if (moved !== null) return placeIn(moved, users, system);
  if (await takesOwners(real, users, system)) return placeIn(real, users, system);
  if ((await stat(join(real, "cluster")).catch(() => null)) !== null)
    throw new Error(
      `PostgreSQL does not run as root, and the file system of ${real} does not let files belong to another user: ` +
        "run as the user who created it, or set DATABASE_URL.",
    );
  const home = join(elsewhere, hashOf(real));
  await makeFolder(home);
  await writeFile(join(real, POINTER), `${home}\n`, { mode: 0o600 });
  log.warn(
    { dataDir: real, home },
    "this data folder's file system supports no other owner: the database is kept elsewhere",
  );
  return placeIn(home, users, system);
}

/** The cluster of a data folder that is there already; null: there is none. Makes and changes nothing. */
export async function findCluster(dataDir: string): Promise<string | null> {
  try {
    const real = await realpath(dataDir);
    const cluster = join((await readPointer(real)) ?? real, "cluster");
    return (await stat(cluster)).isDirectory() ? cluster : null;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await stat(folder)).uid === process.getuid?.()) await chmod(folder, 0o700);
  } catch (error) {
    throw folderProblem(folder, error);
  }
}

async function readPointer(dataDir: string): Promise<string | null> {
  const file = join(dataDir, POINTER);
  const home = (await readFile(file, "utf8").catch(() => "")).trim();
  if (home === "") return null;
  if ((await stat(home).catch(() => null)) !== null) return home;
  throw new Error(`${file} says that the database is in ${home}, which is missing: bring it back, or remove the file.`);
}

/** Some file systems (vfat, some network and shared folders) refuse another owner, or ignore it silently. */
async function takesOwners(dataDir: string, { server }: ServerUsers, system: UserSystem): Promise<boolean> {
  const probe = join(dataDir, `owner-probe-${process.pid}`);
  try {
    await writeFile(probe, "", { mode: 0o600 });
    await system.give(probe, server);
    return (await stat(probe)).uid === server.uid;
  } catch (error) {
    if (["EPERM", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(errorCode(error) ?? "")) return false;
    throw folderProblem(dataDir, error);
  } finally {
    await rm(probe, { force: true });
  }
}

async function placeIn(home: string, users: ServerUsers | null, system: UserSystem): Promise<Place> {
  if (users !== null) {
    // The server passes through here from the cluster to the socket's folder; no other user does.
    await system.give(home, { uid: 0, gid: users.server.gid });
    await chmod(home, 0o710);
  }
  const socketDir = await makeSocketDir(home, users, system);
  return { home, cluster: join(home, "cluster"), socketDir, users };
}

/** Creates it next to the cluster, or in a folder with a short path if that one is too long for a socket. */
async function makeSocketDir(home: string, users: ServerUsers | null, system: UserSystem): Promise<string> {
  const failures: string[] = [];
  for (const folder of socketDirsOf(home)) {
    try {
      await makePrivate(folder, users, system);
      if (users === null || folder.startsWith(home) || (await mayPass(folder, users.server))) return folder;
      failures.push(`user ${users.server.uid} may not enter ${folder}`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`There is no folder for the database's socket: ${failures.join("; ")}`);
}

/** Where the socket of a data folder may be, best first. */
export function socketDirsOf(home: string): readonly string[] {
  const inside = join(home, "socket");
  if (fitsSocket(inside)) return [inside];
  const short = SHORT_FOLDERS.filter((folder) => folder !== "").map((folder) =>
    join(folder, `plugboard-${hashOf(home)}`),
  );
  return [...new Set(short)].filter(fitsSocket);
}

function fitsSocket(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${PORT}.lock`)) <= SOCKET_PATH_BYTES;
}

/** The folder must belong to the server only, and not be a link that another user created. */
async function makePrivate(folder: string, users: ServerUsers | null, system: UserSystem): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    const found = await lstat(folder);
    const ours = [process.getuid?.() ?? found.uid, users?.server.uid, users?.initdb.uid].includes(found.uid);
    if (!found.isDirectory() || !ours || (found.mode & 0o077) !== 0)
      throw new Error(`${folder} is not a private folder of this platform: remove it.`, { cause: error });
  }
  if (users !== null) await system.give(folder, users.server);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
