import type { ChildProcess, StdioOptions } from "node:child_process";
import { chmod, constants, mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Client, DatabaseError } from "pg";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import { systemClock } from "../../../base/system-clock.ts";
import { ROLE, writeAccess } from "./access.ts";
import { folderProblem } from "./error-code.ts";
import { claimFolder } from "./folder-claim.ts";
import type { Place } from "./place.ts";
import { findCluster, findPlace, PORT } from "./place.ts";
import type { Postmaster } from "./postmaster.ts";
import { isAlive, readPostmaster, serves } from "./postmaster.ts";
import type { Programs } from "./programs.ts";
import { findPrograms, findProgramsFor } from "./programs.ts";
import type { SystemUser, UserSystem } from "./server-user.ts";
import { giveTree, spawnAs, systemUsers } from "./server-user.ts";
import { SERVER_SETTINGS } from "./settings.ts";
import { startProblem } from "./start-problem.ts";

export interface EmbeddedOptions {
  /** Folder of everything the server keeps; created if it is missing. */
  readonly dataDir: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Override the product's own settings; for tests that need the network. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The machine's users; tests supply others. */
  readonly users?: UserSystem;
  /** Where a cluster is put if the data folder cannot hold it; tests supply their own. */
  readonly elsewhere?: string;
}

/** A running embedded server. */
export interface Embedded {
  /** For `Store.open`: over a unix socket; nothing listens on the network. */
  readonly url: string;
  readonly pid: number;
  /** Whether it was already alive: left behind by a process of ours that was killed. */
  readonly adopted: boolean;
  /** Fast shutdown (checkpoint, clients are cut off); killed after 10 s. Idempotent. */
  stop(): Promise<void>;
}

/** After kill -9 of the server, its children hold the shared memory for a moment. */
const START_RETRY_MS = 15_000;
const LINGERING = /shared memory block|lock file/;
/** Enough to replay 1 GB of log on a slow disk; whether the process is alive is watched separately. */
const READY_LIMIT_MS = 120_000;
const POLL_MS = 20;
/** A fast shutdown writes one checkpoint of at most 64 MB. */
const STOP_LIMIT_MS = 10_000;
const LOG_BYTES = 10 * 1024 * 1024;
/** SQLSTATE class "invalid authorization": waiting does not help. */
const REFUSED = /^28/;

/** Folders and helpers of one start. */
interface Site extends Place {
  readonly logFile: string;
  readonly programs: Programs;
  readonly system: UserSystem;
  readonly settings: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts the embedded PostgreSQL of a data folder, or adopts it if it outlived us. It runs in a session of its own, so
 * that neither Ctrl-C nor our death ends it. One process at a time may be in charge of a data folder: a second one is
 * refused. If the server cannot be started, throws one sentence and the server's own words.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir);
  const clock = options.clock ?? systemClock;
  const system = options.users ?? systemUsers;
  const place = await findPlace(dataDir, system, options.log, options.elsewhere);
  const release = await claimFolder(dataDir).catch((error: unknown) => {
    throw folderProblem(dataDir, error);
  });
  try {
    const site = await prepare(place, options, system, clock);
    const adopted = await adopt(site);
    if (adopted !== null) return embedded(site, adopted.pid, adopted.socketDir, true, release);
    await initialise(site);
    const pid = await launch(site);
    return embedded(site, pid, site.socketDir, false, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function prepare(place: Place, options: EmbeddedOptions, system: UserSystem, clock: Clock): Promise<Site> {
  const { users, home } = place;
  const programs = users === null ? await findPrograms(join(home, "lib")) : await findProgramsFor(users.server);
  return {
    ...place,
    logFile: join(home, "server.log"),
    programs,
    system,
    settings: { ...SERVER_SETTINGS, ...options.settings },
    clock,
    log: options.log,
  };
}

/** A server of this cluster that is still alive. A `postmaster.pid` without a process is removed. */
async function adopt(site: Site): Promise<Postmaster | null> {
  const found = await readPostmaster(site.cluster);
  if (found === null) return null;
  if (!(await serves(found.pid, site.cluster))) {
    await rm(join(site.cluster, "postmaster.pid"), { force: true });
    return null;
  }
  if (found.stopping) {
    await gone(site, found.pid, STOP_LIMIT_MS);
    return null;
  }
  await closeAccess(site, found.pid);
  if (!(await ready(site, found.socketDir, () => isAlive(found.pid)))) return null;
  site.log.info({ pid: found.pid }, "embedded PostgreSQL was still alive: adopted");
  return found;
}

/** An older version trusted everyone who could reach the socket: tells the running server the new rules. */
async function closeAccess({ cluster, users, home, system }: Site, pid: number): Promise<void> {
  const { uid, gid } = await stat(cluster);
  // It reads its files by their full path.
  if (users !== null && uid !== users.server.uid) await chmod(home, 0o711);
  if (await writeAccess(cluster, users === null ? null : { uid, gid }, system)) process.kill(pid, "SIGHUP");
}

/** Creates the cluster under another name and renames it, so that a crash leaves no half-made cluster. */
async function initialise(site: Site): Promise<void> {
  const { cluster, users, programs, system } = site;
  if (await isThere(join(cluster, "PG_VERSION"))) return;
  if (await isThere(cluster))
    throw new Error(
      `${cluster} exists but holds no database (PG_VERSION is missing), and was left as it is: ` +
        "put a backup in its place, or move the folder away to start with an empty one.",
    );
  const unfinished = `${cluster}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await makeOwned(unfinished, users?.initdb ?? null, system);
  const args = ["-D", dataFlag(site, unfinished), "-U", ROLE, "--auth-local=peer", "--auth-host=scram-sha-256"];
  const more = ["--no-instructions", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"];
  const since = await sizeOf(site.logFile);
  const { exited } = await run(site, users?.initdb ?? null, programs.initdb, [...args, ...more], unfinished);
  if ((await exited) !== 0) throw new Error(startProblem(await logSince(site, since), site));
  if (users !== null) await giveTree(unfinished, users.server, system);
  await rename(unfinished, cluster);
  site.log.info({ cluster }, "embedded PostgreSQL: new cluster");
}

async function makeOwned(folder: string, user: SystemUser | null, system: UserSystem): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  if (user !== null) await system.give(folder, user);
}

/**
 * Root starts the server inside the cluster and passes a relative path: the full path may lead through folders that the
 * server's user may not enter.
 */
function dataFlag({ users }: Site, cluster: string): string {
  return users !== null && process.platform === "linux" ? "/proc/self/cwd" : cluster;
}

/** Starts the server and waits until it answers; retries while a killed predecessor's children linger. */
async function launch(site: Site): Promise<number> {
  await takeOver(site);
  const until = site.clock.elapsed() + START_RETRY_MS;
  for (;;) {
    const since = await sizeOf(site.logFile);
    const server = site.users?.server ?? null;
    const { child, exited } = await run(site, server, site.programs.postgres, serverArguments(site), site.cluster);
    child.unref();
    let ended = false;
    void exited.then(() => (ended = true));
    if ((await ready(site, site.socketDir, () => !ended)) && child.pid !== undefined) return child.pid;
    const said = await logSince(site, since);
    if (!LINGERING.test(said) || site.clock.elapsed() > until) throw new Error(startProblem(said, site));
    await sleep(site.clock, POLL_MS * 5);
  }
}

/** No server is running: gives the cluster to the user that will run it, and removes what a killed server left. */
async function takeOver(site: Site): Promise<void> {
  const { cluster, users, system, socketDir } = site;
  if (users !== null && (await stat(cluster)).uid !== users.server.uid) await giveTree(cluster, users.server, system);
  await chmod(cluster, 0o700);
  for (const name of await readdir(socketDir)) await rm(join(socketDir, name), { force: true });
  await writeAccess(cluster, users?.server ?? null, system);
}

function serverArguments(site: Site): readonly string[] {
  const { settings, socketDir, home, users, cluster } = site;
  // Relative to the cluster, like everything that the server's user must reach without passing the folders above.
  const socket =
    users !== null && socketDir === join(home, "socket") ? "../socket" : `"${socketDir.replaceAll('"', '""')}"`;
  const args = ["-D", dataFlag(site, cluster), "-c", `unix_socket_directories=${socket}`];
  const all = { ...settings, port: settings["port"] ?? String(PORT) };
  for (const [name, value] of Object.entries(all)) args.push("-c", `${name}=${value}`);
  return args;
}

/** Runs a program of the package in a session of its own, with its output in `server.log`. */
async function run(
  site: Site,
  user: SystemUser | null,
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<Running> {
  if ((await sizeOf(site.logFile)) > LOG_BYTES) await rename(site.logFile, `${site.logFile}.1`);
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const log = await open(site.logFile, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600).catch((error: unknown) => {
    throw folderProblem(site.home, error);
  });
  try {
    const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...site.programs.env };
    const stdio: StdioOptions = ["ignore", log.fd, log.fd];
    const child = spawnAs(user, program, args, { cwd, env, detached: true, stdio });
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await new Promise<void>((resolve, reject) => child.once("spawn", () => resolve()).once("error", reject));
    return { child, exited };
  } finally {
    await log.close();
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
}

/** True once the server accepts connections; false if `alive` says that it has ended. */
async function ready(site: Site, socketDir: string, alive: () => boolean): Promise<boolean> {
  const until = site.clock.elapsed() + READY_LIMIT_MS;
  const config = { ...addressOf(socketDir, site.settings), connectionTimeoutMillis: STOP_LIMIT_MS };
  while (alive()) {
    const client = new Client(config);
    try {
      await client.connect();
      return true;
    } catch (error) {
      if (site.clock.elapsed() > until) throw new Error("PostgreSQL does not accept connections.", { cause: error });
      if (error instanceof DatabaseError && REFUSED.test(error.code ?? ""))
        throw new Error(`The embedded PostgreSQL does not let us in: ${error.message}`, { cause: error });
      await sleep(site.clock, POLL_MS);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return false;
}

function addressOf(socketDir: string, settings: Readonly<Record<string, string>>) {
  return { host: socketDir, port: Number(settings["port"] ?? PORT), user: ROLE, database: "postgres" };
}

function urlOf(socketDir: string, port: number): string {
  return `postgresql://${ROLE}@localhost:${port}/postgres?host=${encodeURIComponent(socketDir)}`;
}

/** The URL of a data folder's server that is running now, whoever looks after it; null: none is. */
export async function runningEmbedded(dataDir: string): Promise<string | null> {
  const cluster = await findCluster(resolve(dataDir));
  const found = cluster === null ? null : await readPostmaster(cluster);
  if (cluster === null || found === null || found.stopping || !(await serves(found.pid, cluster))) return null;
  return urlOf(found.socketDir, found.port);
}

function embedded(
  site: Site,
  pid: number,
  socketDir: string,
  adopted: boolean,
  release: () => Promise<void>,
): Embedded {
  const { port } = addressOf(socketDir, site.settings);
  const url = urlOf(socketDir, port);
  let stopping: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    await shutDown(site, pid);
    await release();
  };
  const stop = (): Promise<void> => (stopping ??= end());
  return { url, pid, adopted, stop };
}

/** Fast shutdown, then immediate, then kill: each leaves a cluster that recovers by itself. */
async function shutDown(site: Site, pid: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    // Another process may now have the pid of a server that died long ago.
    if (!(await serves(pid, site.cluster))) return;
    if (signal !== "SIGINT") site.log.warn({ pid, signal }, "embedded PostgreSQL does not stop");
    process.kill(pid, signal);
    if (await gone(site, pid, STOP_LIMIT_MS)) return;
  }
}

async function gone(site: Site, pid: number, limitMs: number): Promise<boolean> {
  const until = site.clock.elapsed() + limitMs;
  while (await serves(pid, site.cluster)) {
    if (site.clock.elapsed() > until) return false;
    await sleep(site.clock, POLL_MS);
  }
  return true;
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null)) !== null;
}

async function logSince(site: Site, offset: number): Promise<string> {
  const bytes = await readFile(site.logFile).catch(() => Buffer.alloc(0));
  // The file was replaced meanwhile: all of it is new.
  return bytes.subarray(offset > bytes.length ? 0 : offset).toString("utf8");
}
