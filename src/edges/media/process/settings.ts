import { parseArgs } from "node:util";
import type { PortRange } from "../rtp/port-pool.ts";

/** How a media process is set up. */
export interface Settings {
  /** Path of the control socket. */
  readonly socket: string;
  readonly range: PortRange;
  /** Local address of the RTP ports. */
  readonly bind: string;
  readonly recordings: string;
  readonly leaseMs: number;
  readonly silenceMs: number;
  readonly instance: string;
  readonly logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_LEASE_MS = "60000";
const DEFAULT_SILENCE_MS = "30000";
const NAMES = ["socket", "rtp", "bind", "recordings", "lease-ms", "silence-ms", "instance"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Reads flags, and for those that are absent the environment. Throws with one sentence about the first mistake. */
export function readSettings(args: readonly string[], env: Environment): Settings {
  const options = Object.fromEntries(NAMES.map((name) => [name, { type: "string" } as const]));
  const { values } = parseArgs({ args: [...args], options });
  const value = (name: (typeof NAMES)[number], otherwise?: string): string => {
    const found = values[name] ?? env[`PLUGBOARD_MEDIA_${name.toUpperCase().replace("-", "_")}`] ?? otherwise;
    if (typeof found !== "string" || (found === "" && otherwise !== "")) throw new Error(`--${name} is missing`);
    return found;
  };
  return {
    socket: value("socket"),
    range: portRange(value("rtp")),
    bind: value("bind"),
    recordings: value("recordings"),
    leaseMs: milliseconds(value("lease-ms", DEFAULT_LEASE_MS), "lease-ms"),
    silenceMs: milliseconds(value("silence-ms", DEFAULT_SILENCE_MS), "silence-ms"),
    instance: value("instance", ""),
    logLevel: logLevel(env["PLUGBOARD_LOG"] ?? "info"),
  };
}

function portRange(text: string): PortRange {
  const [first, last] = text.split("-").map(Number);
  if (first === undefined || last === undefined || !(first >= 1024 && last <= 65_535 && first < last))
    throw new Error(`--rtp ${text}: give a range within 1024-65535, such as 20000-29999`);
  return { first, last };
}

function milliseconds(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new Error(`--${name} ${text}: give a whole number of milliseconds`);
  return value;
}

function logLevel(text: string): string {
  if (!LOG_LEVELS.includes(text)) throw new Error(`PLUGBOARD_LOG=${text}: give one of ${LOG_LEVELS.join(", ")}`);
  return text;
}
