import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../../base/log.ts";
import { setting } from "../../base/setting.ts";
import { folderProblem } from "../../edges/store/embedded/error-code.ts";
import { makeDataFolder, makeFolder } from "./data-folder.ts";
import type { FirstAdmin } from "../api/sign-ins.ts";
import { DataFolderLock } from "./data-folder-lock.ts";
import { ManagedProcess } from "./managed-process.ts";
import type { ServeConfig } from "./config.ts";
import { withPublicAddress } from "./public-address.ts";
import { readOrCreate } from "./read-or-create.ts";
import { refuseUnfinishedRestore } from "./unfinished-restore.ts";
import { startWatchedDatabase } from "./watched-database.ts";
import type { WatchedDatabase } from "./watched-database.ts";

/** What a control process needs to start; passed in the environment, as JSON. */
export interface ControlConfig {
  readonly serve: ServeConfig;
  readonly databaseUrl: string;
  readonly mediaSockets: readonly string[];
  /** Identifies this start of the platform; media processes and their controller recognise each other by it. */
  readonly instance: string;
  readonly recordingsDir: string;
  readonly secret: string;
  /** Permanent id of this data folder, by which the calls of a dead process are found. */
  readonly node: string;
  /** True at a start of the platform, when the workspace file is applied; false after a crash of this process. */
  readonly appliesWorkspace: boolean;
}

/** The control process is up: calls can be taken. Ports are the real ones. */
export interface ControlReady {
  readonly kind: "ready";
  readonly httpUrl: string;
  readonly sipHost: string;
  readonly sipPort: number;
  /** Created at this start, and shown to the operator once; null: an administrator already existed. */
  readonly firstAdmin: FirstAdmin | null;
}

/** A running platform. */
export interface Platform extends Omit<ControlReady, "kind"> {
  /** The pid of the current control process; changes when it is restarted. */
  controlPid(): number | undefined;
  mediaPids(): readonly (number | undefined)[];
  /** The current pid of the embedded database; null: it is not used. */
  databasePid(): number | null;
  /** Takes no new calls, drains (bounded), then ends. */
  stop(): Promise<void>;
}

/** TypeScript in development, JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";
/**
 * The control process's young generation, MiB: large enough that most objects of a call are garbage before it is full, and
 * so are never copied. One thread collects it: several used a tenth more CPU for the same work, on two cores.
 */
const CONTROL_NODE_OPTIONS = ["--max-semi-space-size=64", "--no-parallel-scavenge"];
/**
 * A media process's young generation, MiB: hardly anything in it outlives a packet. V8's default grows to 110 MiB of
 * touched pages in half an hour, which looks like a leak and gains nothing.
 */
const MEDIA_NODE_OPTIONS = ["--max-semi-space-size=8"];
/** Bytes: enough that no two starts get the same id. */
const INSTANCE_BYTES = 8;
const SECRET_BYTES = 32;
const NODE_BYTES = 8;
/** ms for the control process to hang up, write its last rows and exit after the drain. */
const STOP_MARGIN_MS = 10_000;

function moduleFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}.${ENDING}`, import.meta.url));
}

/**
 * Starts every process of the platform in order (database, media, control) and keeps them alive. Resolves when calls can be
 * taken. Rejects with one sentence if they can't: a busy port, an unwritable data folder, an unreachable database.
 */
export async function startPlatform(settings: ServeConfig, log: Log): Promise<Platform> {
  const usable = await withPublicAddress(settings);
  if (!usable.ok) throw new Error(usable.error);
  const config = usable.value;
  try {
    return await startInFolder(config, log);
  } catch (error) {
    throw folderProblem(config.dataDir, error);
  }
}

async function startInFolder(config: ServeConfig, log: Log): Promise<Platform> {
  const recordingsDir = join(config.dataDir, "recordings");
  await makeDataFolder(config.dataDir);
  await makeFolder(recordingsDir);
  const lock = await DataFolderLock.take(config.dataDir, log);
  try {
    refuseUnfinishedRestore(config.dataDir);
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
  const { dataDir, databaseUrl } = config;
  const instance = randomBytes(INSTANCE_BYTES).toString("hex");
  const secret =
    setting(process.env, "PLUGBOARD_SECRET") ?? (await readOrCreate(join(dataDir, "secret"), SECRET_BYTES));
  const node = await readOrCreate(join(dataDir, "node"), NODE_BYTES);
  const database = databaseUrl === null ? await startWatchedDatabase(dataDir, log) : null;
  const media = startMedia(config, recordingsDir, instance, lock, log);
  const control: ControlConfig = {
    serve: config,
    databaseUrl: databaseUrl ?? database?.url ?? "",
    mediaSockets: media.map(({ socket }) => socket),
    instance,
    recordingsDir,
    secret,
    node,
    appliesWorkspace: existsSync(config.workspaceFile),
  };
  try {
    const started = await startControl(control, lock, log);
    return platformOf({ ...started, media, database, lock, config });
  } catch (error) {
    await Promise.all(media.map(({ process_ }) => process_.stop()));
    await database?.stop();
    throw error;
  }
}

interface StartedParts extends StartedControl {
  readonly media: readonly MediaProcess[];
  readonly database: WatchedDatabase | null;
  readonly lock: DataFolderLock;
  readonly config: ServeConfig;
}

function platformOf({ process_, ready, media, database, lock, config }: StartedParts): Platform {
  return {
    httpUrl: ready.httpUrl,
    sipHost: ready.sipHost,
    sipPort: ready.sipPort,
    firstAdmin: ready.firstAdmin,
    controlPid: () => process_.pid,
    mediaPids: () => media.map((one) => one.process_.pid),
    databasePid: () => database?.pid() ?? null,
    stop: async () => {
      await process_.stop(config.drainMs + STOP_MARGIN_MS);
      await Promise.all(media.map((one) => one.process_.stop()));
      await database?.stop();
      await lock.release();
    },
  };
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
  return Array.from({ length: config.mediaProcesses }, (_, index) => {
    const name = `media-${index}`;
    const socket = join(config.dataDir, `${name}.sock`);
    const env = {
      ...mediaEnvironment(config, index),
      PLUGBOARD_MEDIA_SOCKET: socket,
      PLUGBOARD_MEDIA_INSTANCE: instance,
      PLUGBOARD_MEDIA_RECORDINGS: recordingsDir,
    };
    const process_ = new ManagedProcess({
      name,
      module: moduleFile("edges/media/process/main"),
      args: [],
      env: () => env,
      // Its only line, "media ready", is for people who start it by hand.
      stdout: "ignore",
      ownSession: true,
      nodeOptions: MEDIA_NODE_OPTIONS,
      log,
      onStart: (pid) => noteStart(lock, name, pid, log),
      onMessage() {},
      onExit() {},
    });
    process_.start();
    return { socket, process_ };
  });
}

function mediaEnvironment({ rtpFirst, rtpLast, mediaProcesses, sip, logLevel }: ServeConfig, index: number) {
  const share = Math.floor((rtpLast - rtpFirst + 1) / mediaProcesses / 2) * 2;
  const first = rtpFirst + index * share;
  return {
    PLUGBOARD_MEDIA_BIND: sip.host,
    PLUGBOARD_MEDIA_RTP: `${first}-${first + share - 1}`,
    PLUGBOARD_LOG: logLevel,
  };
}

/** Notes a started process: if we are killed, the next supervisor must wait until it has ended. */
function noteStart(lock: DataFolderLock, name: string, pid: number, log: Log): void {
  lock
    .started(name, pid)
    .catch((error: unknown) => log.error({ err: error }, "the data folder's lock can't be written"));
}

interface StartedControl {
  readonly process_: ManagedProcess;
  readonly ready: ControlReady;
}

function startControl(control: ControlConfig, lock: DataFolderLock, log: Log): Promise<StartedControl> {
  return new Promise((resolve, reject) => {
    let config = control;
    let hasRun = false;
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
          // A restarted process must be found at the same addresses, and must not undo changes made since the start.
          config = forRestart(config, message);
          hasRun = true;
          resolve({ process_, ready: message });
        } else if (isFailure(message)) fail(message.message);
      },
      onExit: () => fail("the control process died before it could take calls; its log says why"),
    });
    /** Once it has run, whatever keeps it from starting may pass, so it is tried again. */
    const fail = (reason: string): void => {
      log.error({ reason }, "control process could not start");
      if (!hasRun) void process_.stop().then(() => reject(new Error(reason)));
    };
    process_.start();
  });
}

function forRestart(config: ControlConfig, ready: ControlReady): ControlConfig {
  const http = { ...config.serve.http, port: Number(new URL(ready.httpUrl).port) };
  const sip = { ...config.serve.sip, port: ready.sipPort };
  return { ...config, appliesWorkspace: false, serve: { ...config.serve, http, sip } };
}

/** The control process can't start, and retrying would not help. */
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
