import { createHash } from "node:crypto";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { lstat, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "pg";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import { systemClock } from "../../../base/system-clock.ts";
import type { Binaries } from "./binary.ts";
import { errorCode, findBinaries } from "./binary.ts";
import { SERVER_SETTINGS } from "./settings.ts";
import type { Runner } from "./user.ts";
import { findRunner } from "./user.ts";
import { isAlive, readPostmaster, serves, startStamp } from "./postmaster.ts";

export interface EmbeddedOptions {
  /** Folder of everything the server keeps; made when absent. */
  readonly dataDir: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Over the product's own settings; for tests that need the network. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running embedded server. */
export interface Embedded {
  /** For `Store.open`: over a unix socket, nothing listens on the network. */
  readonly url: string;
  readonly pid: number;
  /** It was already alive: left by a process of ours that was killed. */
  readonly adopted: boolean;
  /** Fast shutdown (checkpoint, clients are cut off); killed after 10 s. Idempotent. */
  stop(): Promise<void>;
}

/** The longest path that fits `sockaddr_un` (108 bytes with its end). */
const SOCKET_PATH_BYTES = 107;
const PORT = 5432;
const ROLE = "plugboard";
/** After kill -9 of the server its children hold the shared memory for a moment. */
const START_RETRY_MS = 15_000;
const LINGERING = /shared memory block|lock file/;
/** Replaying 1 GB of log on a slow disk; the process being alive is watched apart. */
const READY_LIMIT_MS = 120_000;
const POLL_MS = 20;
/** A fast shutdown writes one checkpoint of at most 64 MB. */
const STOP_LIMIT_MS = 10_000;
const LOG_BYTES = 10 * 1024 * 1024;

/** Folders and helpers of one start. */
interface Site {
  readonly dataDir: string;
  readonly cluster: string;
  readonly socketDir: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly runner: Runner;
  readonly settings: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts the embedded PostgreSQL of a data folder, or adopts it when it outlived us. It runs in a session of its own,
 * so that neither Ctrl-C nor our death ends it. One process at a time may look after a data folder: a second one is
 * refused. Throws with the last lines of `server.log` when it cannot be started.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const site = await prepare(options);
  const release = await claimFolder(site.dataDir);
  try {
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

async function prepare(options: EmbeddedOptions): Promise<Site> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const binaries = await findBinaries(join(dataDir, "lib"));
  const cluster = join(dataDir, "cluster");
  const runner = await findRunner(cluster, [cluster, binaries.postgres]);
  await runner.own(dataDir);
  const socketDir = socketDirOf(dataDir);
  await makePrivate(socketDir, runner);
  return {
    dataDir,
    cluster,
    socketDir,
    logFile: join(dataDir, "server.log"),
    binaries,
    runner,
    settings: { ...SERVER_SETTINGS, ...options.settings },
    clock: options.clock ?? systemClock,
    log: options.log,
  };
}

/** Inside the data folder; in a short folder of its own under the system's temporary one when that path is too long. */
export function socketDirOf(dataDir: string): string {
  const inside = join(dataDir, "socket");
  if (Buffer.byteLength(join(inside, `.s.PGSQL.${PORT}.lock`)) <= SOCKET_PATH_BYTES) return inside;
  return join(tmpdir(), `plugboard-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`);
}

/** The folder guards the socket: whoever may pass it is trusted. So it must be ours, and no link somebody laid there. */
async function makePrivate(folder: string, runner: Runner): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
    await runner.own(folder);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    const found = await lstat(folder);
    const uid = runner.user?.uid ?? process.getuid?.() ?? found.uid;
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0)
      throw new Error(`${folder} is not a private folder of user ${uid}: remove it.`, { cause: error });
  }
}

/** Marks the data folder as looked after by this process; returns the unmarker. */
async function claimFolder(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, "owner");
  const [pid, stamp] = (await readFile(file, "utf8").catch(() => "")).trim().split(" ");
  const other = Number(pid);
  if (other > 0 && other !== process.pid && isAlive(other) && (await startStamp(other)) === (stamp ?? ""))
    throw new Error(`Process ${other} already looks after ${dataDir}: stop it, or use another data folder.`);
  await writeFile(file, `${process.pid} ${await startStamp(process.pid)}\n`);
  return () => rm(file, { force: true });
}

/** A server of this cluster that is still alive. A `postmaster.pid` nobody stands behind is removed. */
async function adopt(site: Site): Promise<{ readonly pid: number; readonly socketDir: string } | null> {
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
  if (!(await ready(site, found.socketDir, () => isAlive(found.pid)))) return null;
  site.log.info({ pid: found.pid }, "embedded PostgreSQL was still alive: adopted");
  return found;
}

/** Made under another name and renamed, so that a crash in the middle leaves no half cluster. */
async function initialise(site: Site): Promise<void> {
  if (await isThere(join(site.cluster, "PG_VERSION"))) return;
  const unfinished = `${site.cluster}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const args = ["-D", unfinished, "-U", ROLE, "--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions"];
  const locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"];
  const code = await (await run(site, site.binaries.initdb, [...args, ...locale])).exited;
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${await logTail(site)}`);
  await rename(unfinished, site.cluster);
  site.log.info({ cluster: site.cluster }, "embedded PostgreSQL: new cluster");
}

/** Starts the server and waits until it answers; again and again while a killed predecessor's children linger. */
async function launch(site: Site): Promise<number> {
  const until = site.clock.now() + START_RETRY_MS;
  const settings = { ...site.settings, port: site.settings["port"] ?? String(PORT) };
  const args = ["-D", site.cluster, "-c", `unix_socket_directories=${site.socketDir}`];
  for (const [name, value] of Object.entries(settings)) args.push("-c", `${name}=${value}`);
  for (;;) {
    const { child, exited } = await run(site, site.binaries.postgres, args);
    child.unref();
    let ended = false;
    void exited.then(() => (ended = true));
    if ((await ready(site, site.socketDir, () => !ended)) && child.pid !== undefined) return child.pid;
    const said = await logTail(site);
    if (!LINGERING.test(said) || site.clock.now() > until) throw new Error(`PostgreSQL does not start: ${said}`);
    await sleep(site.clock, POLL_MS * 5);
  }
}

/** A program of the package, its output in `server.log`; in a session of its own. */
async function run(site: Site, program: string, args: readonly string[]): Promise<Running> {
  if ((await sizeOf(site.logFile)) > LOG_BYTES) await rename(site.logFile, `${site.logFile}.1`);
  const log = await open(site.logFile, "a");
  try {
    const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...site.binaries.env };
    const stdio: StdioOptions = ["ignore", log.fd, log.fd];
    const child = site.runner.run(program, args, { cwd: site.dataDir, env, detached: true, stdio });
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

/** True once the server takes connections; false when `alive` says that it ended. */
async function ready(site: Site, socketDir: string, alive: () => boolean): Promise<boolean> {
  const until = site.clock.now() + READY_LIMIT_MS;
  const config = { ...addressOf(socketDir, site.settings), connectionTimeoutMillis: STOP_LIMIT_MS };
  while (alive()) {
    const client = new Client(config);
    try {
      await client.connect();
      return true;
    } catch (error) {
      if (site.clock.now() > until) throw new Error("PostgreSQL does not take connections.", { cause: error });
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

function embedded(
  site: Site,
  pid: number,
  socketDir: string,
  adopted: boolean,
  release: () => Promise<void>,
): Embedded {
  const { port } = addressOf(socketDir, site.settings);
  const url = `postgresql://${ROLE}@localhost:${port}/postgres?host=${encodeURIComponent(socketDir)}`;
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
    // Somebody else may have got the number of a server that died long ago.
    if (!(await serves(pid, site.cluster))) return;
    if (signal !== "SIGINT") site.log.warn({ pid, signal }, "embedded PostgreSQL does not stop");
    process.kill(pid, signal);
    if (await gone(site, pid, STOP_LIMIT_MS)) return;
  }
}

async function gone(site: Site, pid: number, limitMs: number): Promise<boolean> {
  const until = site.clock.now() + limitMs;
  while (await serves(pid, site.cluster)) {
    if (site.clock.now() > until) return false;
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

async function logTail(site: Site): Promise<string> {
  const text = await readFile(site.logFile, "utf8").catch(() => "");
  return `${text.trim().split("\n").slice(-5).join(" | ")} (${site.logFile})`;
}
