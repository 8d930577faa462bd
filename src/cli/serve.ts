import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { pino } from "pino";
import { showProblem } from "../core/flow/yaml-document.ts";
import type { Workspace } from "../server/exchange/workspace.ts";
import { loadWorkspace, warningsOf } from "../server/exchange/workspace.ts";
import type { ServeConfig, ServeFlags } from "../server/supervisor/config.ts";
import { readConfig } from "../server/supervisor/config.ts";
import type { Platform } from "../server/supervisor/platform.ts";
import { startPlatform } from "../server/supervisor/platform.ts";
import { logOptions } from "../base/log.ts";
import { withPublicAddress } from "../server/supervisor/public-address.ts";
import { EXIT_FINDING, EXIT_USAGE } from "./simulate.ts";

/** `plugboard serve`: runs the platform until SIGTERM or Ctrl-C. */
export function serveCommand(): Command {
  return new Command("serve")
    .option("--workspace <file>", "workspace file (PLUGBOARD_WORKSPACE, plugboard.yaml)")
    .option("--data <dir>", "data folder (PLUGBOARD_DATA, ./data)")
    .option("--http <host:port>", "API (PLUGBOARD_HTTP, 127.0.0.1:8080)")
    .option("--sip <host:port>", "SIP over UDP and TCP (PLUGBOARD_SIP, 127.0.0.1:5060)")
    .option("--rtp <first-last>", "RTP ports (PLUGBOARD_RTP, 20000-29999)")
    .option(
      "--public-address <address>",
      "address or name at which trunks reach it, for SDP and Contact (PLUGBOARD_PUBLIC_ADDRESS)",
    )
    .option("--public-url <url>", "scheme, host and path of links to the platform (PLUGBOARD_PUBLIC_URL)")
    .option("--log <level>", "log level (PLUGBOARD_LOG, info)")
    .option("--log-numbers", "make phone numbers readable in the log (PLUGBOARD_LOG_NUMBERS, off)")
    .option("--media-processes <n>", "media processes (PLUGBOARD_MEDIA_PROCESSES, cores - 1)")
    .option("--drain <seconds>", "longest wait for live calls when stopping (PLUGBOARD_DRAIN, 30)")
    .option("--tts-url <url>", "speech service besides the built-in English voice (PLUGBOARD_TTS_URL)")
    .option("--check", "read settings and workspace, say what is wrong, and start nothing")
    .action(async ({ check, ...flags }: ServeFlags & { readonly check?: boolean }) => {
      const read = await readSettings(flags);
      if (read === null) process.exitCode = EXIT_USAGE;
      else if (check === true) process.exitCode = report(read.workspace);
      else await serve(read);
    });
}

/** The workspace that `npm start` serves; the demo's robots know its numbers and ports. */
const SAMPLE_WORKSPACE = fileURLToPath(new URL("../../examples/workspace.yaml", import.meta.url));

interface Settings {
  readonly config: ServeConfig;
  /** Null: no workspace file; the configuration comes from the database. */
  readonly workspace: Workspace | null;
}

/** Reports everything that is wrong before anything is started or written; null: something was. */
async function readSettings(flags: ServeFlags): Promise<Settings | null> {
  const given = readConfig(flags, process.env);
  if (!given.ok) {
    for (const problem of given.error) process.stderr.write(`plugboard serve: ${problem}\n`);
    return null;
  }
  const config = await withPublicAddress(given.value);
  if (!config.ok) {
    process.stderr.write(`plugboard serve: ${config.error}\n`);
    return null;
  }
  const { workspaceFile, dataDir, databaseUrl } = config.value;
  const isNamed = (flags.workspace ?? process.env["PLUGBOARD_WORKSPACE"]) !== undefined;
  if (!existsSync(workspaceFile)) {
    if (!isNamed && (existsSync(dataDir) || databaseUrl !== null)) return { config: config.value, workspace: null };
    process.stderr.write(
      `plugboard serve: there is no workspace file ${workspaceFile}: name one with --workspace, or write one with plugboard init\n`,
    );
    return null;
  }
  const workspace = loadWorkspace(workspaceFile, process.env);
  if (workspace.ok) return { config: config.value, workspace: workspace.value };
  for (const problem of workspace.error) process.stderr.write(`plugboard serve: ${showProblem(problem)}\n`);
  return null;
}

/** What `--check` prints for a readable workspace. Warnings don't keep it from taking calls. */
function report(workspace: Workspace | null): number {
  if (workspace === null) {
    process.stdout.write("No workspace file: the configuration is read from the database.\n");
    return 0;
  }
  const warnings = warningsOf(workspace);
  for (const { flow, path, message } of warnings) process.stdout.write(`warning: flow ${flow}, ${path}: ${message}\n`);
  const numbers = workspace.accounts.reduce((sum, { account }) => sum + account.exophones.length, 0);
  const counts = [
    counted(workspace.accounts.length, "account"),
    counted(numbers, "number"),
    counted(workspace.flows.size, "flow"),
  ];
  process.stdout.write(`The workspace can be served: ${counts.join(", ")}, ${counted(warnings.length, "warning")}.\n`);
  return warnings.length === 0 ? 0 : EXIT_FINDING;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Files are readable only by their owner. */
const PRIVATE_UMASK = 0o077;

async function serve({ config, workspace }: Settings): Promise<void> {
  // Recordings, credentials, the journal: everything this process and its children write is only for this user.
  process.umask(PRIVATE_UMASK);
  const log = pino(logOptions("supervisor", config.logLevel, config.logNumbers));
  const started = startPlatform(config, log);
  // A stop during the start waits for it to finish: what was started must be ended in order.
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => void started.then((platform) => platform.stop()).finally(() => process.exit(0)));
  // The terminal that started the platform was closed: no reason to drop calls.
  process.on("SIGHUP", () =>
    log.info(
      "SIGHUP is ignored: stop with SIGTERM; apply a changed workspace with plugboard apply, or at the next start",
    ),
  );
  try {
    process.stdout.write(welcome(await started, config, workspace));
  } catch (error) {
    process.stderr.write(`plugboard serve: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** What to do next: where everything is, and one line that places a first call. */
function welcome(
  { httpUrl, sipHost, sipPort, firstAdmin }: Platform,
  { workspaceFile: file, publicUrl }: ServeConfig,
  workspace: Workspace | null,
): string {
  const host = sipHost.includes(":") ? `[${sipHost}]` : sipHost;
  return [
    `API        ${httpUrl}  (${httpUrl}/healthz)`,
    `SIP        ${host}:${sipPort}, UDP and TCP`,
    `workspace  ${workspace === null ? "as it is in the database" : file}`,
    ...(firstAdmin === null ? [] : signIn(publicUrl ?? httpUrl, firstAdmin)),
    `first call ${firstCall(httpUrl, host, sipPort, file, workspace)}`,
    "",
  ].join("\n");
}

/**
 * The link stands where people look at it, never in a file: behind a pipe or in a journal there is only the password. Its token is behind
 * `#`, so that browsers send it to no server, proxy or log by themselves.
 */
function signIn(url: string, { login, password, linkToken }: NonNullable<Platform["firstAdmin"]>): readonly string[] {
  const byPassword = `${login}, password ${password} (shown only this once; you change it at the first sign-in)`;
  if (!process.stdout.isTTY) return [`sign in    ${byPassword}`];
  return [
    `dashboard  ${url}/first-sign-in#${linkToken}`,
    "           (signs you in once, within 15 minutes)",
    `or sign in ${byPassword}`,
  ];
}

function firstCall(httpUrl: string, host: string, sipPort: number, file: string, workspace: Workspace | null): string {
  if (file === SAMPLE_WORKSPACE) return `npm run demo -- --running --http ${httpUrl} --sip-port ${sipPort}`;
  const number = workspace?.accounts[0]?.account.exophones[0]?.number ?? "<number>";
  return `call sip:${number}@${host}:${sipPort} from a trunk's accept_from address`;
}
