import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../../base/log.ts";
import type { Embedded } from "../../edges/store/embedded/embedded.ts";
import { startEmbedded } from "../../edges/store/embedded/embedded.ts";
import { DataFolderLock } from "./data-folder-lock.ts";
import { ManagedProcess } from "./managed-process.ts";
import type { ServeConfig } from "./config.ts";
import { withPublicAddress } from "./public-address.ts";

/** What a control process needs to begin; travels to it in the environment, as JSON. */
export interface ControlConfig {
  readonly serve: ServeConfig;
  readonly databaseUrl: string;
  readonly mediaSockets: readonly string[];
  /** Of this start of the platform: what media processes and their controller know each other by. */
  readonly instance: string;
  readonly recordingsDir: string;
  readonly secret: string;
  /** Of this data folder, for good: calls of a process that died are found again by it. */
  readonly node: string;
}

/** The control process is up: calls can be taken. Ports are the real ones. */
export interface ControlReady {
  readonly kind: "ready";
  readonly httpUrl: string;
  readonly sipHost: string;
  readonly sipPort: number;
}

/** A running platform. */
export interface Platform extends Omit<ControlReady, "kind"> {
  /** Of the control process now; changes when it is restarted. */
  controlPid(): number | undefined;
  mediaPids(): readonly (number | undefined)[];
  readonly databasePid: number | null;
  /** No new calls, drain (bounded), then end; the order of the architecture. */
  stop(): Promise<void>;
}

/** Sources run as TypeScript in development, as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";
/** The database is looked after so often: a killed server is started again. */
const DATABASE_CHECK_MS = 500;
/**
 * The control process's young generation, MiB: most of a call is garbage before it is full, and is then never copied. One
 * thread collects it: several spent a tenth more CPU on the same work, with two cores for everything.
 */
const CONTROL_NODE_OPTIONS = ["--max-semi-space-size=64", "--no-parallel-scavenge"];
/**
 * A media process's young generation, MiB: hardly anything there outlives a packet. V8's own choice grows to 110 MiB of
 * touched pages in half an hour, which looks like a leak and serves nothing.
 */
const MEDIA_NODE_OPTIONS = ["--max-semi-space-size=8"];
/** Long enough that no two starts have the same. */
const INSTANCE_BYTES = 8;
/** After the drain the control process hangs up, writes the last rows and ends. */
const STOP_MARGIN_MS = 10_000;

function moduleFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}.${ENDING}`, import.meta.url));
}

/**
 * Starts every process of the platform in order (database, media, control) and keeps them alive. Resolves when calls
 * can be taken; rejects when the control process says that it cannot begin (a busy port, a database it cannot reach).
 */
export async function startPlatform(settings: ServeConfig, log: Log): Promise<Platform> {
  const usable = await withPublicAddress(settings);
  if (!usable.ok) throw new Error(usable.error);
  const config = usable.value;
  const recordingsDir = join(config.dataDir, "recordings");
  await mkdir(recordingsDir, { recursive: true, mode: 0o700 });
  // Earlier versions left it open to everybody.
  if ((await stat(config.dataDir)).uid === process.getuid?.()) await chmod(config.dataDir, 0o700);
  const lock = await DataFolderLock.take(config.dataDir, log);
  try {
    return await startProcesses(config, recordingsDir, lock, log);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startProcesses(
  config: ServeConfig,
  recordingsDir: string,
  lock: DataFolderLock,
  log: Log,
): Promise<Platform> {
  const instance = randomBytes(INSTANCE_BYTES).toString("hex");
  const secret = process.env["PLUGBOARD_SECRET"] ?? (await readOrCreate(join(config.dataDir, "secret"), 32));
  const node = await readOrCreate(join(config.dataDir, "node"), 8);
  const database = config.databaseUrl === null ? await watchedDatabase(config.dataDir, log) : null;
  const media = startMedia(config, recordingsDir, instance, lock, log);
  const control: ControlConfig = {
    serve: config,
    databaseUrl: config.databaseUrl ?? database?.url ?? "",
    mediaSockets: media.map(({ socket }) => socket),
    instance,
    recordingsDir,
    secret,
    node,
  };
  try {
    const { process_, ready } = await startControl(control, lock, log);
    return {
      httpUrl: ready.httpUrl,
      sipHost: ready.sipHost,
      sipPort: ready.sipPort,
      controlPid: () => process_.pid,
      mediaPids: () => media.map((one) => one.process_.pid),
      databasePid: database?.pid() ?? null,
      stop: async () => {
        await process_.stop(config.drainMs + STOP_MARGIN_MS);
        await Promise.all(media.map((one) => one.process_.stop()));
        await database?.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await Promise.all(media.map((one) => one.process_.stop()));
    await database?.stop();
    throw error;
  }
}

/** Random hex that is made once and kept in a file that only we may read. */
async function readOrCreate(file: string, bytes: number): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    const made = randomBytes(bytes).toString("hex");
    await writeFile(file, `${made}\n`, { mode: 0o600 });
    return made;
  }
}

interface WatchedDatabase {
  readonly url: string;
  pid(): number;
  stop(): Promise<void>;
}

async function watchedDatabase(dataDir: string, log: Log): Promise<WatchedDatabase> {
  const options = { dataDir: join(dataDir, "postgres"), log };
  let server: Embedded = await startEmbedded(options);
  let restarting: Promise<void> | null = null;
  const restart = async (): Promise<void> => {
    log.error({ pid: server.pid }, "database server died, starting it again");
    try {
      server = await startEmbedded(options);
    } catch (error) {
      log.error({ err: error }, "database server could not be started again");
    }
    restarting = null;
  };
  const watch = setInterval(() => {
    if (restarting === null && !isAlive(server.pid)) restarting = restart();
  }, DATABASE_CHECK_MS);
  return {
    url: server.url,
    pid: () => server.pid,
    stop: async () => {
      clearInterval(watch);
      await restarting;
      await server.stop();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

interface MediaProcess {
  readonly socket: string;
  readonly process_: ManagedProcess;
}

/** Each media process gets an equal, even-sized share of the ports. */
function startMedia(
  config: ServeConfig,
  recordingsDir: string,
  instance: string,
  lock: DataFolderLock,
  log: Log,
): MediaProcess[] {
  const share = Math.floor((config.rtpLast - config.rtpFirst + 1) / config.mediaProcesses / 2) * 2;
  return Array.from({ length: config.mediaProcesses }, (_, index) => {
    const socket = join(config.dataDir, `media-${index}.sock`);
    const first = config.rtpFirst + index * share;
    const process_ = new ManagedProcess({
      name: `media-${index}`,
      module: moduleFile("edges/media/process/main"),
      args: [],
      env: () => ({
        PLUGBOARD_MEDIA_SOCKET: socket,
        PLUGBOARD_MEDIA_INSTANCE: instance,
        PLUGBOARD_MEDIA_BIND: config.sip.host,
        PLUGBOARD_MEDIA_RTP: `${first}-${first + share - 1}`,
        PLUGBOARD_MEDIA_RECORDINGS: recordingsDir,
        PLUGBOARD_LOG: config.logLevel,
      }),
      // Its one line "media ready" is for those who start it by hand.
      stdout: "ignore",
      ownSession: true,
      nodeOptions: MEDIA_NODE_OPTIONS,
      log,
      onStart: (pid) => noteStart(lock, `media-${index}`, pid, log),
      onMessage() {},
      onExit() {},
    });
    process_.start();
    return { socket, process_ };
  });
}

/** For whoever starts after we were killed: these processes must be gone first. */
function noteStart(lock: DataFolderLock, name: string, pid: number, log: Log): void {
  lock
    .started(name, pid)
    .catch((error: unknown) => log.error({ err: error }, "the data folder's lock can't be written"));
}

function startControl(
  control: ControlConfig,
  lock: DataFolderLock,
  log: Log,
): Promise<{ process_: ManagedProcess; ready: ControlReady }> {
  return new Promise((resolve, reject) => {
    let config = control;
    let first: ControlReady | null = null;
    const process_ = new ManagedProcess({
      name: "control",
      module: moduleFile("server/supervisor/control-process"),
      args: [],
      env: () => ({ PLUGBOARD_CONTROL: JSON.stringify(config) }),
      stdout: "inherit",
      ownSession: false,
      nodeOptions: CONTROL_NODE_OPTIONS,
      log,
      onStart: (pid) => noteStart(lock, "control", pid, log),
      onMessage: (message) => {
        if (isReady(message)) {
          // Whoever was told an address finds a restarted process there too.
          config = withPorts(config, message);
          first ??= message;
          resolve({ process_, ready: message });
        } else if (isFailure(message)) {
          log.error({ reason: message.message }, "control process could not begin");
          // Once it has run, what keeps it from beginning may pass: it is tried again.
          if (first !== null) return;
          void process_.stop();
          reject(new Error(message.message));
        }
      },
      onExit: () => {
        if (first !== null) return;
        void process_.stop();
        reject(new Error("the control process died before it could take calls; its log says why"));
      },
    });
    process_.start();
  });
}

function withPorts(config: ControlConfig, ready: ControlReady): ControlConfig {
  const http = { ...config.serve.http, port: Number(new URL(ready.httpUrl).port) };
  const sip = { ...config.serve.sip, port: ready.sipPort };
  return { ...config, serve: { ...config.serve, http, sip } };
}

/** The control process cannot begin, and starting it again would not help. */
export interface ControlFailed {
  readonly kind: "failed";
  readonly message: string;
}

function isReady(message: unknown): message is ControlReady {
  return typeof message === "object" && message !== null && "kind" in message && message.kind === "ready";
}

function isFailure(message: unknown): message is ControlFailed {
  return typeof message === "object" && message !== null && "kind" in message && message.kind === "failed";
}
