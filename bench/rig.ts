import type { ChildProcess } from "node:child_process";
import { fork, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Usage } from "./processes.ts";
import { childrenOf, usageOf } from "./processes.ts";

/** The whole platform as `plugboard serve` runs it, with a customer's application and callees around it. */
export interface Rig {
  readonly sipPort: number;
  readonly httpUrl: string;
  /** The usage by process: control and supervisor, media, database. */
  usage(): Record<string, Usage>;
  /** One INVITE every 1/rate s for that many seconds, each talking for `talkMs`. */
  calls(rate: number, seconds: number, talkMs: number): Promise<CallsResult>;
  stop(): Promise<void>;
}

export interface CallsResult {
  readonly succeeded: number;
  readonly failed: number;
  readonly retransmissions: number;
}

export interface RigOptions {
  /** Where the callees listen; null: SIPp answers there. */
  readonly trunkPort: number | null;
  readonly customerUrl: string | null;
}

export const EXOPHONE = "+918047100000";
const SIP_PORT = 25_060;
const HTTP_PORT = 25_080;
/** If the platform's health endpoint has not answered by then, it did not start. */
const START_LIMIT_MS = 60_000;

export async function startRig(options: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "plugboard-bench-"));
  const children: ChildProcess[] = [];
  const customerUrl = options.customerUrl ?? (await startCustomer(children));
  const trunkPort = options.trunkPort ?? (await freePort());
  const workspace = join(folder, "workspace.yaml");
  writeFileSync(workspace, stringify(workspaceOf(customerUrl, trunkPort)));
  const supervisor = spawn(
    process.execPath,
    ["dist/cli/main.js", "serve", "--workspace", workspace, "--data", join(folder, "data")],
    {
      env: { ...process.env, ...settings() },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const stop = async (): Promise<void> => {
    await ended(supervisor, "SIGTERM");
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const roots = await healthy().then(
    () => processRoots(supervisor.pid ?? 0, join(folder, "data")),
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  if (options.trunkPort === null) children.push(sipp(folder, "callee.xml", {}, ["-p", String(trunkPort)]));
  return {
    sipPort: SIP_PORT,
    httpUrl: `http://127.0.0.1:${HTTP_PORT}`,
    usage: () => usageOf(roots),
    calls: (rate, seconds, talkMs) => runCalls(folder, rate, seconds, talkMs),
    stop,
  };
}

function settings(): Record<string, string> {
  return {
    PLUGBOARD_SIP: `127.0.0.1:${SIP_PORT}`,
    PLUGBOARD_HTTP: `127.0.0.1:${HTTP_PORT}`,
    PLUGBOARD_RTP: "30000-59999",
    PLUGBOARD_LOG: "warn",
    PLUGBOARD_DRAIN: "2",
  };
}

function workspaceOf(customerUrl: string, trunkPort: number): object {
  return {
    accounts: [
      {
        sid: "bench",
        tenant_id: 1,
        api_keys: [{ key: "bench", token: "bench" }],
        private_destinations: true,
        limits: { calls_per_second: 10_000, concurrent_calls: 50_000 },
        trunks: [{ name: "main", address: `127.0.0.1:${trunkPort}`, accept_from: ["127.0.0.1"] }],
        exophones: [{ number: EXOPHONE, flow: "1" }],
      },
    ],
    flows: [
      {
        flow: "1",
        start: "c",
        applets: { c: { type: "connect", url: { primary: `${customerUrl}/connect` }, exits: {} } },
      },
    ],
  };
}

async function startCustomer(children: ChildProcess[]): Promise<string> {
  const customer = fork(new URL("./customer.mjs", import.meta.url));
  children.push(customer);
  const port = await new Promise<unknown>((resolve) => {
    customer.once("message", resolve);
  });
  return `http://127.0.0.1:${String(port)}`;
}

export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  socket.close();
  return port;
}

async function healthy(): Promise<void> {
  for (const deadline = Date.now() + START_LIMIT_MS; Date.now() < deadline; await sleep(100)) {
    try {
      if ((await fetch(`http://127.0.0.1:${HTTP_PORT}/healthz`)).ok) return;
    } catch {
      continue; // nobody listens yet
    }
  }
  throw new Error("the platform did not start");
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The supervisor's children by what they run, and the database server, which is nobody's child. */
function processRoots(supervisor: number, dataDir: string): Record<string, number> {
  const roots: Record<string, number> = { supervisor };
  for (const pid of childrenOf(supervisor)) {
    const line = commandLine(pid);
    if (line.includes("supervisor/control-process.js")) roots["control"] = pid;
    if (line.includes("media/process/main.js")) roots["media"] = pid;
  }
  roots["database"] = Number(
    readFileSync(join(dataDir, "postgres", "cluster", "postmaster.pid"), "utf8").split("\n")[0],
  );
  return roots;
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}

function sipp(folder: string, scenario: string, values: Record<string, number>, args: readonly string[]): ChildProcess {
  const template = readFileSync(new URL(`./sipp/${scenario}`, import.meta.url), "utf8");
  const file = join(folder, scenario);
  writeFileSync(
    file,
    template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name])),
  );
  return spawn("sipp", ["-sf", file, "-i", "127.0.0.1", "-nostdin", "-buff_size", "4194304", ...args], {
    cwd: folder,
    stdio: "ignore",
  });
}

async function runCalls(folder: string, rate: number, seconds: number, talkMs: number): Promise<CallsResult> {
  const total = Math.round(rate * seconds);
  const statistics = join(folder, `calls-${Date.now()}.csv`);
  const more = [
    "-r",
    String(rate),
    "-m",
    String(total),
    "-l",
    "50000",
    "-trace_stat",
    "-stf",
    statistics,
    "-fd",
    "1",
    "-timeout",
    `${seconds + 60}s`,
  ];
  const caller = sipp(folder, "caller.xml", { talk_ms: talkMs }, ["-s", EXOPHONE, ...more, `127.0.0.1:${SIP_PORT}`]);
  await ended(caller, null);
  const rows = readFileSync(statistics, "utf8")
    .trim()
    .split("\n")
    .map((row) => row.split(";"));
  const column = (name: string): number => Number(rows.at(-1)?.[rows[0]?.indexOf(name) ?? -1] ?? 0);
  const succeeded = column("SuccessfulCall(C)");
  return { succeeded, failed: total - succeeded, retransmissions: column("Retransmissions(C)") };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals | null): Promise<void> {
  if (child.exitCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    if (signal !== null) child.kill(signal);
  });
}
