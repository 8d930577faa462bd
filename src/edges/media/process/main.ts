/**
 * A media process: `node main.js --socket PATH --rtp FIRST-LAST --bind ADDRESS --recordings FOLDER [--lease-ms N]
 * [--silence-ms N] [--instance ID]`. Each flag may also come as PLUGBOARD_MEDIA_SOCKET, _RTP, _BIND, _RECORDINGS, _LEASE_MS,
 * _SILENCE_MS, _INSTANCE. Prints one line `media ready` on standard output once it accepts operations. Ends on SIGTERM
 * or SIGINT with every recording closed. Ends by itself, with every recording closed, once its supervisor has ended and
 * no controller is connected; if started by hand, when its parent has ended and no controller has connected for the
 * length of the lease.
 */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { constants, setPriority } from "node:os";
import { basename } from "node:path";
import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { logOptions, type Log } from "../../../base/log.ts";
import { systemRandom } from "../../../base/system-random.ts";
import { MediaEngine, type ProcessFigures } from "./engine.ts";
import { monotonicClock } from "./ticker.ts";
import { PromptCache } from "../playback/prompt-cache.ts";
import { openRecordingFile } from "../recording/recording-file.ts";
import { MediaServer, type ServerOptions } from "./server.ts";
import { readSettings, type Settings } from "./settings.ts";
import { DgramLayer } from "../rtp/sockets.ts";

/** Load is measured over this long. */
const LOAD_PERIOD_MS = 1000;
/** When the process ends, recordings have this long to reach the disk. */
const CLOSING_LIMIT_MS = 5000;
const CLOSING_POLL_MS = 20;
const EXIT_USAGE = 2;
const EXIT_TAKEN = 3;

/** Share of one core that this process used in the last whole period. */
function measureLoad(): () => number {
  let load = 0;
  let usage = process.cpuUsage();
  let at = performance.now();
  setInterval(() => {
    const spent = process.cpuUsage(usage);
    const now = performance.now();
    load = (spent.user + spent.system) / 1000 / (now - at);
    usage = process.cpuUsage();
    at = now;
  }, LOAD_PERIOD_MS).unref();
  return () => load;
}

/** A socket file without a listener was left by a killed process. Merely connecting has no effect on a listener. */
function isServed(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

async function claimSocket(path: string, log: Log): Promise<void> {
  if (await isServed(path)) {
    log.error({ socket: path }, "another media process serves this socket");
    process.exit(EXIT_TAKEN);
  }
  rmSync(path, { force: true });
}

/** A busy control process or database must not make speech stutter. We may lack the right to raise the priority. */
function raisePriority(log: Log): void {
  // The heap is small: collecting it in one thread is faster than waiting for helper threads that are not scheduled.
  setFlagsFromString("--no-parallel-scavenge");
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    log.info({ err: error }, "media runs at normal priority: the service manager may set Nice=-10");
  }
}

async function run(chosen: Settings): Promise<void> {
  // Standard output carries "media ready".
  const log = pino(logOptions(basename(chosen.socket, ".sock"), chosen.logLevel), pino.destination(2));
  await claimSocket(chosen.socket, log);
  mkdirSync(chosen.recordings, { recursive: true });
  raisePriority(log);
  const parent = process.ppid;
  const isSupervised = process.channel !== undefined && process.channel !== null;
  const sockets = new DgramLayer(chosen.bind);
  const server = makeServer(chosen, log, sockets, {
    controllerLeft: () => {
      if (isSupervised && !process.connected) void end();
    },
    leaseExpired: () => {
      if (process.ppid !== parent) void end();
    },
  });
  const engine = makeEngine(chosen, log, sockets, server);
  const end = (): Promise<void> => finish(engine, server, chosen.socket);
  process.once("SIGTERM", () => void end());
  process.once("SIGINT", () => void end());
  // The terminal that started the platform was closed, which is no reason to drop calls.
  process.on("SIGHUP", () => undefined);
  // Nothing would restart us or a control process; the one that is running hangs up its calls first.
  process.once("disconnect", () => {
    if (!server.hasController) void end();
  });
  server.serve(engine);
  await server.listen(chosen.socket);
  chmodSync(chosen.socket, 0o600);
  process.stdout.write("media ready\n");
}

type Lifecycle = Pick<ServerOptions, "controllerLeft" | "leaseExpired">;

function makeServer(chosen: Settings, log: Log, sockets: DgramLayer, lifecycle: Lifecycle): MediaServer {
  const { leaseMs, instance } = chosen;
  const load = measureLoad();
  const figures = (): ProcessFigures => ({
    pid: process.pid,
    upMs: Math.round(process.uptime() * 1000),
    load: load(),
    socketErrors: sockets.errors,
  });
  return new MediaServer({ clock: monotonicClock, log, leaseMs, instance, figures, ...lifecycle });
}

function makeEngine(chosen: Settings, log: Log, sockets: DgramLayer, server: MediaServer): MediaEngine {
  return new MediaEngine({
    clock: monotonicClock,
    random: systemRandom(),
    sockets,
    ports: chosen.range,
    load: new PromptCache().load,
    openFile: openRecordingFile,
    recordingsFolder: chosen.recordings,
    silenceMs: chosen.silenceMs,
    log,
    emit: (event) => server.emit(event),
  });
}

async function finish(engine: MediaEngine, server: MediaServer, socketPath: string): Promise<void> {
  engine.closeAll();
  const deadline = performance.now() + CLOSING_LIMIT_MS;
  while (engine.openRecordings > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, CLOSING_POLL_MS));
  server.close();
  rmSync(socketPath, { force: true });
  process.exit(engine.openRecordings === 0 ? 0 : 1);
}

try {
  await run(readSettings(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`media: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(EXIT_USAGE);
}
