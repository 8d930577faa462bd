import { availableParallelism } from "node:os";
import { isIP } from "node:net";
import { isAbsolute, resolve } from "node:path";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { setting } from "../../base/setting.ts";
import { parseSubnet } from "../exchange/subnet.ts";

/** A host and a port; port 0 takes any free one (tests). */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The settings of `serve`: flags override the environment, which overrides defaults. Paths are absolute. */
export interface ServeConfig {
  readonly workspaceFile: string;
  readonly dataDir: string;
  readonly http: Endpoint;
  readonly sip: Endpoint;
  readonly rtpFirst: number;
  readonly rtpLast: number;
  /** The address in SDP and Contact (`withPublicAddress`); null: the one the listener is bound to. */
  readonly publicAddress: string | null;
  /** Scheme, host and path of links to the platform, without a trailing slash; null: the API's own address. */
  readonly publicUrl: string | null;
  /** Addresses and subnets of reverse proxies whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[];
  /** Null: the embedded server inside the data folder. */
  readonly databaseUrl: string | null;
  readonly logLevel: string;
  /** Whether phone numbers are readable in the log. */
  readonly logNumbers: boolean;
  readonly mediaProcesses: number;
  /** How long a stop waits for live calls before it hangs them up. */
  readonly drainMs: number;
  /** A speech service to try before the built-in voice; null: none. */
  readonly speechUrl: string | null;
}

/** Flags of `serve` from the command line; absent ones are read from the environment. */
export interface ServeFlags {
  readonly workspace?: string;
  readonly data?: string;
  readonly http?: string;
  readonly sip?: string;
  readonly rtp?: string;
  readonly publicAddress?: string;
  readonly publicUrl?: string;
  readonly log?: string;
  readonly logNumbers?: boolean;
  readonly mediaProcesses?: string;
  readonly drain?: string;
  readonly ttsUrl?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
/** Lets live calls finish, but a deployment can't wait forever. */
const DEFAULT_DRAIN_S = 30;
const MAX_DRAIN_S = 4500;
/** With fewer ports, there is no room for one bridged call (two pairs) and for quarantine. */
const MIN_RTP_PORTS = 8;

/** Reads flags and environment; each problem is one sentence naming the setting. */
export function readConfig(flags: ServeFlags, env: Environment): Result<ServeConfig, readonly string[]> {
  const problems: string[] = [];
  const value = (flag: string | undefined, name: string, fallback: string): string => flag ?? env[name] ?? fallback;
  const keep = <T>(result: Result<T, string>, fallback: T): T => {
    if (result.ok) return result.value;
    problems.push(result.error);
    return fallback;
  };
  const nowhere: Endpoint = { host: "", port: 0 };
  const rtp = keep(portRange("PLUGBOARD_RTP", value(flags.rtp, "PLUGBOARD_RTP", "20000-29999")), [0, 0] as const);
  const log = value(flags.log, "PLUGBOARD_LOG", "info");
  if (!LEVELS.includes(log)) problems.push(`PLUGBOARD_LOG is "${log}", allowed are ${LEVELS.join(", ")}`);
  if (env["PLUGBOARD_SIPS"] !== undefined)
    problems.push("PLUGBOARD_SIPS is set, but SIP over TLS is not available yet");
  const whole = (name: string, flag: string | undefined, fallback: number, range: readonly [number, number]): number =>
    keep(integer(name, value(flag, name, String(fallback)), ...range), fallback);
  const config: ServeConfig = {
    workspaceFile: resolve(value(flags.workspace, "PLUGBOARD_WORKSPACE", "plugboard.yaml")),
    dataDir: absolute(value(flags.data, "PLUGBOARD_DATA", "data")),
    http: keep(endpoint("PLUGBOARD_HTTP", value(flags.http, "PLUGBOARD_HTTP", "127.0.0.1:8080")), nowhere),
    sip: keep(endpoint("PLUGBOARD_SIP", value(flags.sip, "PLUGBOARD_SIP", "127.0.0.1:5060")), nowhere),
    rtpFirst: rtp[0],
    rtpLast: rtp[1],
    publicAddress: keep(publicHost(flags.publicAddress ?? env["PLUGBOARD_PUBLIC_ADDRESS"]), null),
    publicUrl: keep(baseUrl("PLUGBOARD_PUBLIC_URL", flags.publicUrl ?? env["PLUGBOARD_PUBLIC_URL"]), null),
    trustedProxies: keep(proxies(env["PLUGBOARD_TRUSTED_PROXIES"]), []),
    databaseUrl: setting(env, "DATABASE_URL") ?? null,
    logLevel: log,
    logNumbers: keep(onOrOff("PLUGBOARD_LOG_NUMBERS", flags.logNumbers, env), false),
    mediaProcesses: whole("PLUGBOARD_MEDIA_PROCESSES", flags.mediaProcesses, defaultMediaProcesses(), [1, 64]),
    drainMs: 1000 * whole("PLUGBOARD_DRAIN", flags.drain, DEFAULT_DRAIN_S, [0, MAX_DRAIN_S]),
    speechUrl: keep(optionalUrl("PLUGBOARD_TTS_URL", flags.ttsUrl ?? env["PLUGBOARD_TTS_URL"]), null),
  };
  return problems.length === 0 ? ok(config) : err(problems);
}

/** One core is left for the control process. */
function defaultMediaProcesses(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** A proxy on this machine is trusted; any other must be named. */
function proxies(text = "127.0.0.0/8, ::1"): Result<readonly string[], string> {
  const all = text.split(",").map((one) => one.trim());
  const wrong = all.find((one) => one !== "" && parseSubnet(one) === null);
  if (wrong === undefined) return ok(all.filter((one) => one !== ""));
  return err(`PLUGBOARD_TRUSTED_PROXIES has "${wrong}", it must be addresses or subnets such as 10.0.0.5, 10.0.0.0/8`);
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}

function endpoint(name: string, text: string): Result<Endpoint, string> {
  const match = /^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535)
    return err(`${name} is "${text}", it must be host:port such as 127.0.0.1:5060`);
  return ok({ host: match[1].replaceAll(/[[\]]/g, ""), port });
}

/** Validates an address or a host name, which is looked up when the platform starts. */
function publicHost(text: string | undefined): Result<string | null, string> {
  if (text === undefined || text === "") return ok(null);
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(host)) return ok(host);
  return err(`PLUGBOARD_PUBLIC_ADDRESS is "${text}", it must be an IP address or a host name, without scheme and port`);
}

function onOrOff(name: string, flag: boolean | undefined, env: Environment): Result<boolean, string> {
  const text = env[name] ?? "off";
  if (flag !== undefined) return ok(flag);
  if (/^(?:on|true|yes|1)$/i.test(text)) return ok(true);
  if (/^(?:off|false|no|0|)$/i.test(text)) return ok(false);
  return err(`${name} is "${text}", it must be on or off`);
}

function portRange(name: string, text: string): Result<readonly [number, number], string> {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (match === null || first < 1024 || last > 65_535 || last - first + 1 < MIN_RTP_PORTS)
    return err(
      `${name} is "${text}", it must be a range of at least ${MIN_RTP_PORTS} ports from 1024 up such as 20000-29999`,
    );
  return ok([first, last]);
}

function optionalUrl(name: string, text: string | undefined): Result<string | null, string> {
  if (text === undefined || text === "") return ok(null);
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "http:" || protocol === "https:") return ok(text);
  return err(`${name} is "${text}", it must be an http or https URL such as http://127.0.0.1:5002/speak`);
}

/** Links append a path to this, so it has no query; a trailing slash is removed. */
function baseUrl(name: string, text: string | undefined): Result<string | null, string> {
  if (text === undefined || text === "") return ok(null);
  const url = URL.parse(text);
  const isBase = url !== null && url.search === "" && url.hash === "" && url.username === "";
  if (isBase && (url.protocol === "http:" || url.protocol === "https:")) return ok(url.href.replace(/\/+$/, ""));
  return err(
    `${name} is "${text}", it must be an http or https URL without a query such as https://voice.acme.example`,
  );
}

function integer(name: string, text: string, least: number, most: number): Result<number, string> {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    return err(`${name} is "${text}", it must be a whole number from ${least} to ${most}`);
  return ok(value);
}
