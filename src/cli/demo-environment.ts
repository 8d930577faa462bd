import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../base/log.ts";
import { systemClock } from "../base/system-clock.ts";
import { systemRandom } from "../base/system-random.ts";
import { SoftphoneCaller } from "../tools/softphone/caller.ts";
import { Softphone } from "../tools/softphone/phone.ts";
import type { PhoneScript } from "../tools/softphone/script.ts";
import { readConfig } from "../server/supervisor/config.ts";
import type { ServeFlags } from "../server/supervisor/config.ts";
import { startPlatform } from "../server/supervisor/platform.ts";
import { fileURLToPath } from "node:url";

const HOST = "127.0.0.1";
const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
/** Ports named in the sample files: the trunk, and the customer's application. */
const SAMPLE_TRUNK_PORT = 5080;
const SAMPLE_APP_PORT = 8090;
/** Different from those of a platform running at the same time, and below those that the system assigns. */
const RTP_PORTS = "30000-30999";
/** A new database and two processes take two seconds; more on a busy machine. */
const START_LIMIT_MS = 15_000;

/** A platform that is already running, with the sample workspace. */
export interface RunningPlatform {
  readonly httpUrl: string;
  readonly sipPort: number;
}

/** Everything a call needs, running: platform, application, and the robots around them. */
export interface DemoEnvironment extends RunningPlatform {
  readonly caller: SoftphoneCaller;
  readonly phone: Softphone;
}

/**
 * Starts the environment: with its own platform on free ports or, for `running`, on the ports of the sample workspace.
 * Everything started is added to `cleanUp`, even if starting fails halfway.
 */
export async function buildEnvironment(
  phones: Readonly<Record<string, readonly PhoneScript[]>>,
  running: RunningPlatform | null,
  cleanUp: AsyncDisposableStack,
): Promise<DemoEnvironment> {
  const robot = { clock: systemClock, random: systemRandom(), log: silentLog, host: HOST };
  const phone = new Softphone({ ...robot, port: running === null ? 0 : SAMPLE_TRUNK_PORT, phones });
  await phone.start();
  cleanUp.defer(() => phone.stop());
  const appPort = await startApp(running === null ? 0 : SAMPLE_APP_PORT, cleanUp);
  const platform = running ?? (await startOwnPlatform(phone.port, appPort, cleanUp));
  const caller = new SoftphoneCaller(robot);
  await caller.start();
  cleanUp.defer(() => caller.stop());
  return { ...platform, caller, phone };
}

/** Starts the sample application as a separate process, as a customer would run it. Resolves with its port. */
async function startApp(port: number, cleanUp: AsyncDisposableStack): Promise<number> {
  const env = { ...process.env, PORT: String(port) };
  const app = spawn(process.execPath, [join(EXAMPLES, "app.mjs")], { env, stdio: ["ignore", "pipe", "pipe"] });
  cleanUp.defer(() => ended(app));
  let output = "";
  let errors = "";
  app.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    app.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const address = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(output);
      if (address !== null) resolve(Number(address[1]));
    });
    app.once("exit", () => {
      // If the sample application is already running, that one is used.
      if (errors.includes("EADDRINUSE")) resolve(port);
      else reject(new Error(`examples/app.mjs did not start: ${errors}`));
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await exit;
}

/** Serves the sample workspace, with only the two ports changed, on a platform that leaves nothing behind. */
async function startOwnPlatform(
  trunkPort: number,
  appPort: number,
  cleanUp: AsyncDisposableStack,
): Promise<RunningPlatform> {
  const folder = await mkdtemp(join(tmpdir(), "plugboard-demo-"));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  await cp(EXAMPLES, folder, { recursive: true });
  await replaceIn(join(folder, "workspace.yaml"), `${HOST}:${SAMPLE_TRUNK_PORT}`, `${HOST}:${trunkPort}`);
  await replaceIn(join(folder, "flows", "support.yaml"), `${HOST}:${SAMPLE_APP_PORT}`, `${HOST}:${appPort}`);
  const flags: ServeFlags = {
    workspace: join(folder, "workspace.yaml"),
    data: join(folder, "data"),
    http: `${HOST}:0`,
    sip: `${HOST}:0`,
    rtp: RTP_PORTS,
    mediaProcesses: "1",
    log: "error",
    drain: "0",
  };
  const config = readConfig(flags, {});
  if (!config.ok) throw new Error(config.error.join("\n"));
  const starting = startPlatform(config.value, silentLog);
  const platform = await Promise.race([starting, sleep(START_LIMIT_MS, null, { ref: false })]);
  if (platform === null) throw new Error(`the platform did not start within ${START_LIMIT_MS / 1000} s`);
  cleanUp.defer(() => platform.stop());
  return platform;
}

async function replaceIn(file: string, text: string, by: string): Promise<void> {
  const content = await readFile(file, "utf8");
  if (!content.includes(text)) throw new Error(`${file} does not name ${text}, which the demo has to replace`);
  await writeFile(file, content.replaceAll(text, by));
}
