import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { silentLog } from "../../src/base/log.ts";
import type { CallReport } from "../../src/core/call/report.ts";
import { freePort, rtpRange } from "./ports.ts";
import { readConfig } from "../../src/server/supervisor/config.ts";
import type { Platform } from "../../src/server/supervisor/platform.ts";
import { startPlatform } from "../../src/server/supervisor/platform.ts";

/** A call as the API shows it. */
export interface ApiCall extends CallReport {
  readonly status: string;
  readonly ended_at: string | null;
  readonly from: string;
  readonly recordings: readonly { id: string; duration_ms: number; failure: string | null; url: string }[];
}

export interface TestPlatform extends Platform {
  readonly dataDir: string;
  /** The newest 100 calls. */
  calls(): Promise<ApiCall[]>;
  allCalls(): Promise<ApiCall[]>;
  /** How many calls have not ended, up to 100: one request, while {@link calls} makes one for each call. */
  liveCalls(): Promise<number>;
  call(sid: string): Promise<ApiCall>;
  /** The newest calls once `count` of them have ended. */
  endedCalls(count: number, withinMs?: number): Promise<ApiCall[]>;
  get(path: string): Promise<Response>;
  /** The same, as another account of the workspace sees it. */
  as(account: string): Reader;
}

/** The one account of the tests. */
export const EXOPHONE = "+918047100000";
export const KEYS = [{ key: "acme-key", token: "acme-token" }];
export const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;

export interface TestWorkspace {
  readonly trunkPort: number;
  readonly flow: object;
  /** In addition to the defaults below. */
  readonly account?: object;
  readonly trunk?: object;
}

/** The workspace document of one account, one trunk and one number. */
export function workspaceOf({ trunkPort, flow, account, trunk }: TestWorkspace): object {
  return {
    accounts: [
      {
        sid: "acme",
        tenant_id: 1409,
        api_keys: KEYS,
        private_destinations: true,
        limits: {
          calls_per_second: 2000,
          concurrent_calls: 2000,
          // Each call is read with a separate request.
          api_requests_per_minute: null,
          dial_prefixes: ["+91"],
        },
        trunks: [{ name: "main", address: `127.0.0.1:${trunkPort}`, accept_from: ["127.0.0.1"], ...trunk }],
        exophones: [{ number: EXOPHONE, flow: "11754", trunk: "main", region: "KA" }],
        ...account,
      },
    ],
    flows: [{ flow: "11754", account: "acme", ...flow }],
  };
}

/** RTP ports of a test platform: enough for the scenarios that run at once. */
const RTP_PORTS = 400;

/** Starts a whole platform with the tests' only account. */
export function startTestPlatform(workspace: TestWorkspace): Promise<TestPlatform> {
  return startPlatformOf(workspaceOf(workspace));
}

/** A whole platform of its own: every process, an embedded database in a temporary folder, free ports. `env`: other settings. */
export async function startPlatformOf(
  workspace: object,
  env: Readonly<Record<string, string>> = {},
): Promise<TestPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), "plugboard-"));
  const workspaceFile = join(dataDir, "workspace.yaml");
  await writeFile(workspaceFile, stringify(workspace, { aliasDuplicateObjects: false }));
  const config = readConfig(
    { workspace: workspaceFile, data: dataDir, http: "127.0.0.1:0", sip: `127.0.0.1:${await freePort()}`, drain: "1" },
    { PLUGBOARD_RTP: await rtpRange(RTP_PORTS), PLUGBOARD_LOG: "error", PLUGBOARD_MEDIA_PROCESSES: "1", ...env },
  );
  if (!config.ok) throw new Error(config.error.join("; "));
  const platform = await startPlatform(config.value, silentLog);
  const as = (account: string): Reader => reader(platform.httpUrl, account);
  return { ...platform, ...as("acme"), as, dataDir, stop: () => stopAndForget(platform, dataDir) };
}

async function stopAndForget(platform: Platform, dataDir: string): Promise<void> {
  await platform.stop();
  await rm(dataDir, { recursive: true, force: true });
}

interface Page {
  readonly calls: readonly { call_sid: string }[];
  readonly next: string | null;
}

export type Reader = Pick<TestPlatform, "calls" | "allCalls" | "liveCalls" | "call" | "endedCalls" | "get">;

/** The calls of an account, as the API of the platform at this address shows them. */
export function reader(httpUrl: string, account: string): Reader {
  const get = (path: string): Promise<Response> =>
    fetch(`${httpUrl}/api/accounts/${account}${path}`, { headers: { authorization: AUTHORIZATION } });
  const call = async (sid: string): Promise<ApiCall> => (await (await get(`/calls/${sid}`)).json()) as ApiCall;
  const page = async (query: string): Promise<Page> => (await (await get(`/calls?limit=100${query}`)).json()) as Page;
  const wholeCalls = ({ calls: lines }: Page): Promise<ApiCall[]> =>
    Promise.all(lines.map((line) => call(line.call_sid)));
  const calls = async (): Promise<ApiCall[]> => wholeCalls(await page(""));
  const allCalls = async (): Promise<ApiCall[]> => {
    const all: ApiCall[] = [];
    for (let next: string | null = ""; next !== null;) {
      const one = await page(next === "" ? "" : `&before=${next}`);
      all.push(...(await wholeCalls(one)));
      ({ next } = one);
    }
    return all;
  };
  const liveCalls = async (): Promise<number> => (await page("&status=live")).calls.length;
  const endedCalls = async (count: number, withinMs = 15_000): Promise<ApiCall[]> => {
    for (const deadline = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const ended = (await calls()).filter(({ cdr }) => cdr !== null);
      if (ended.length >= count) return ended;
      if (Date.now() > deadline) throw new Error(`${ended.length} of ${count} calls ended within ${withinMs} ms`);
    }
  };
  return { get, call, calls, allCalls, liveCalls, endedCalls };
}
