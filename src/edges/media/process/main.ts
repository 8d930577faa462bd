/**
 * A media process: `node main.js --socket PATH --rtp FIRST-LAST --bind ADDRESS --recordings FOLDER [--lease-ms N]
 * [--silence-ms N] [--instance ID]`. Each flag may also come as PLUGBOARD_MEDIA_SOCKET, _RTP, _BIND, _RECORDINGS, _LEASE_MS,
 * _SILENCE_MS, _INSTANCE. Prints one line `media ready` on standard output once it takes operations. Ends on SIGTERM or
 * SIGINT with every recording closed. Ends by itself, with every recording closed, once its supervisor is gone and no
 * controller is connected; started by hand, when its parent is gone and no controller came for the length of the lease.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { constants, setPriority } from "node:os";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import type { Log } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import { MediaEngine, type ProcessFigures } from "./engine.ts";
import { monotonicClock } from "./ticker.ts";
import type { PortRange } from "../rtp/port-pool.ts";
import { PromptCache } from "../playback/prompt-cache.ts";
import { openRecordingFile } from "../recording/recording-file.ts";
import { MediaServer, type ServerOptions } from "./server.ts";
import { DgramLayer } from "../rtp/sockets.ts";

const DEFAULT_LEASE_MS = 60_000;
const DEFAULT_SILENCE_MS = 30_000;
/** Load is measured over so long. */
const LOAD_PERIOD_MS = 1000;
/** At the end recordings get so long to reach the disk. */
const CLOSING_LIMIT_MS = 5000;
const CLOSING_POLL_MS = 20;
const EXIT_USAGE = 2;
const EXIT_TAKEN = 3;

interface Settings {
  readonly socket: string;
  readonly range: PortRange;
  readonly bind: string;
  readonly recordings: string;
  readonly leaseMs: number;
  readonly silenceMs: number;
  readonly instance: string;
}

/** One JSON object per line on standard error, as the supervisor collects them. */
const log: Log = {
  debug() {},
  info: (fields, message) => line("info", fields, message),
  warn: (fields, message) => line("warn", fields, message),
  error: (fields, message) => line("error", fields, message),
};

/** Least to most severe; `PLUGBOARD_LOG` names the least that is written. */
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const LEAST = LEVELS.indexOf(process.env["PLUGBOARD_LOG"] ?? "info");

function line(level: string, fields: object, message: string): void {
  if (LEVELS.indexOf(level) < LEAST) return;
  const readable = Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]);
  process.stderr.write(`${JSON.stringify({ level, part: "media", ...Object.fromEntries(readable), message })}\n`);
}

/** Node's secure generator, a block at a time. */
class SecureRandom implements Random {
  #block = Buffer.alloc(0);
  #at = 0;

  next(): number {
    if (this.#at + 6 > this.#block.length) {
      this.#block = randomBytes(6 * 256);
      this.#at = 0;
    }
    this.#at += 6;
    return this.#block.readUIntBE(this.#at - 6, 6) / 2 ** 48;
  }

  hex(bytes: number): string {
    return randomBytes(bytes).toString("hex");
  }
}

function settings(): Settings {
  const options = { type: "string" } as const;
  const names = ["socket", "rtp", "bind", "recordings", "lease-ms", "silence-ms", "instance"] as const;
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, options])) });
  const value = (name: (typeof names)[number], otherwise?: string): string => {
    const found = values[name] ?? process.env[`PLUGBOARD_MEDIA_${name.toUpperCase().replace("-", "_")}`] ?? otherwise;
    if (typeof found !== "string" || (found === "" && otherwise !== "")) throw new Error(`--${name} is missing`);
    return found;
  };
  return {
    socket: value("socket"),
    range: portRange(value("rtp")),
    bind: value("bind"),
    recordings: value("recordings"),
    leaseMs: milliseconds(value("lease-ms", String(DEFAULT_LEASE_MS)), "lease-ms"),
    silenceMs: milliseconds(value("silence-ms", String(DEFAULT_SILENCE_MS)), "silence-ms"),
    instance: value("instance", ""),
  };
}

function portRange(text: string): PortRange {
  const [first, last] = text.split("-").map(Number);
  if (first === undefined || last === undefined || !(first >= 1024 && last <= 65_535 && first < last))
    throw new Error(`--rtp ${text}: give a range within 1024-65535, as 20000-29999`);
  return { first, last };
}

function milliseconds(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new Error(`--${name} ${text}: give a whole number of milliseconds`);
  return value;
}

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

/** A socket file without a listener is what a killed process left behind. Connecting alone disturbs nobody. */
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

/** A busy control process or database must not make speech stutter. The priority takes a right we may not have. */
function preferMedia(): void {
  // The heap is small: collecting it alone is quicker than waiting for helper threads that are not scheduled.
  setFlagsFromString("--no-parallel-scavenge");
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    log.info({ err: error }, "media runs at normal priority: the service manager may set Nice=-10");
  }
}

async function run(chosen: Settings): Promise<void> {
  if (await isServed(chosen.socket)) {
    log.error({ socket: chosen.socket }, "another media process serves this socket");
    process.exit(EXIT_TAKEN);
  }
  rmSync(chosen.socket, { force: true });
  mkdirSync(chosen.recordings, { recursive: true });
  preferMedia();
  const parent = process.ppid;
  const isSupervised = process.channel !== undefined && process.channel !== null;
  const sockets = new DgramLayer(chosen.bind);
  const server = makeServer(chosen, sockets, {
    controllerLeft: () => {
      if (isSupervised && !process.connected) void end();
    },
    leaseExpired: () => {
      if (process.ppid !== parent) void end();
    },
  });
  const engine = makeEngine(chosen, sockets, server);
  const end = (): Promise<void> => finish(engine, server, chosen.socket);
  process.once("SIGTERM", () => void end());
  process.once("SIGINT", () => void end());
  // The terminal that started the platform was closed: no reason to drop calls.
  process.on("SIGHUP", () => undefined);
  // Nothing would start us again, or a control process; the one that is up hangs up its calls first.
  process.once("disconnect", () => {
    if (!server.hasController) void end();
  });
  server.serve(engine);
  await server.listen(chosen.socket);
  chmodSync(chosen.socket, 0o600);
  process.stdout.write("media ready\n");
}

type Lifecycle = Pick<ServerOptions, "controllerLeft" | "leaseExpired">;

function makeServer({ leaseMs, instance }: Settings, sockets: DgramLayer, lifecycle: Lifecycle): MediaServer {
  const load = measureLoad();
  const figures = (): ProcessFigures => ({
    pid: process.pid,
    upMs: Math.round(process.uptime() * 1000),
    load: load(),
    socketErrors: sockets.errors,
  });
  return new MediaServer({ clock: monotonicClock, log, leaseMs, instance, figures, ...lifecycle });
}

function makeEngine(chosen: Settings, sockets: DgramLayer, server: MediaServer): MediaEngine {
  return new MediaEngine({
    clock: monotonicClock,
    random: new SecureRandom(),
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
  await run(settings());
} catch (error) {
  process.stderr.write(`media: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(EXIT_USAGE);
}
