import { Command } from "commander";
import { pino } from "pino";
import type { ServeFlags } from "../server/supervisor/config.ts";
import { readConfig } from "../server/supervisor/config.ts";
import type { Platform } from "../server/supervisor/platform.ts";
import { startPlatform } from "../server/supervisor/platform.ts";
import { REDACTED } from "../server/supervisor/redact.ts";

/** `plugboard serve`: the platform, until SIGTERM or Ctrl-C. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("run the platform: SIP, media, database, API")
    .option("--workspace <file>", "workspace file (PLUGBOARD_WORKSPACE, plugboard.yaml)")
    .option("--data <dir>", "data folder (PLUGBOARD_DATA, ./data)")
    .option("--http <host:port>", "API and dashboard (PLUGBOARD_HTTP, 127.0.0.1:8080)")
    .option("--sip <host:port>", "SIP over UDP and TCP (PLUGBOARD_SIP, 127.0.0.1:5060)")
    .option("--rtp <first-last>", "RTP ports (PLUGBOARD_RTP, 20000-29999)")
    .option("--public-address <address>", "what SDP and Contact carry (PLUGBOARD_PUBLIC_ADDRESS)")
    .option("--log <level>", "log level (PLUGBOARD_LOG, info)")
    .option("--media-processes <n>", "media processes (PLUGBOARD_MEDIA_PROCESSES, cores - 1)")
    .option("--drain <seconds>", "longest wait for live calls at a stop (PLUGBOARD_DRAIN, 30)")
    .option("--tts-url <url>", "speech service beside the built-in English voice (PLUGBOARD_TTS_URL)")
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const config = readConfig(flags, process.env);
  if (!config.ok) {
    for (const problem of config.error) process.stderr.write(`plugboard serve: ${problem}\n`);
    process.exitCode = 2;
    return;
  }
  const log = pino({ level: config.value.logLevel, base: { process: "supervisor" }, redact: REDACTED });
  const started = startPlatform(config.value, log);
  // A stop that comes while starting waits for the start: what was begun must be ended in order.
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => void started.then((platform) => platform.stop()).finally(() => process.exit(0)));
  // The terminal that started the platform was closed: no reason to drop calls.
  process.on("SIGHUP", () =>
    log.info("SIGHUP is ignored: stop with SIGTERM; a changed workspace is read at the next start"),
  );
  try {
    process.stdout.write(welcome(await started, config.value.workspaceFile));
  } catch (error) {
    process.stderr.write(`plugboard serve: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

function welcome({ httpUrl, sipHost, sipPort }: Platform, workspace: string): string {
  return [
    `API        ${httpUrl}  (${httpUrl}/healthz)`,
    `SIP        ${sipHost}:${sipPort}, UDP and TCP`,
    `workspace  ${workspace}`,
    `first call  call any ExoPhone of the workspace at sip:<number>@${sipHost}:${sipPort}, or run: npm run demo`,
    "",
  ].join("\n");
}
