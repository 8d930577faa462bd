import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { TestServer } from "../../src/edges/store/testing/server.ts";
import { startTestServer } from "../../src/edges/store/testing/server.ts";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import { EXOPHONE, workspaceOf } from "../support/platform.ts";
import { rtpRange } from "../support/ports.ts";
import type { ServeProcess } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { sleep, until } from "../support/wait.ts";

const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;
/** Longer than the 5 s after which an orphaned media process used to take over the calls of the new platform. */
const UNDISTURBED_MS = 7000;

let folder: string;
let customer: Customer;
let callees: Sipp;
let database: TestServer;
let databaseUrl: string;
let http: number;
let sip: number;
let rtp: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugboard-supervisor-"));
  customer = await startCustomer();
  customer.on("/connect", dials(["+919900000012"]));
  const trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  [http, sip, rtp] = [await freePort(), await freePort(), await rtpRange(400)];
  const flow = {
    start: "c",
    applets: { c: { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} } },
  };
  await writeFile(join(folder, "workspace.yaml"), stringify(workspaceOf({ trunkPort, flow })));
  database = await startTestServer();
  databaseUrl = await database.database();
});

afterAll(async () => {
  for (const child of running) child.kill("SIGTERM");
  await until(
    "every serve has ended",
    async () => running.every((child) => child.exitCode !== null || child.killed),
    20_000,
  );
  await sleep(2000);
  await callees?.stop();
  await customer?.close();
  await database?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts `plugboard serve`, with other ports if it is the second on the data folder. */
function serve(ports = { http, sip }): ServeProcess {
  const env = { DATABASE_URL: databaseUrl, PLUGBOARD_RTP: rtp };
  const workspaceFile = join(folder, "workspace.yaml");
  const started = startServe({ workspaceFile, dataDir: join(folder, "data"), ...ports, env });
  running.push(started.process);
  return started;
}

function healthy(): Promise<void> {
  return until("healthy", async () => (await fetch(`http://127.0.0.1:${http}/healthz`)).ok, 20_000);
}

async function call(talkMs: number): Promise<Sipp> {
  const args = ["-m", "1", "-s", EXOPHONE, `127.0.0.1:${sip}`];
  return startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: talkMs } });
}

interface Listed {
  readonly calls: readonly {
    readonly ended_at: string | null;
    readonly cdr: { readonly duration_ms: number } | null;
  }[];
}

/** The calls, newest first. */
async function calls(): Promise<Listed["calls"]> {
  const headers = { authorization: AUTHORIZATION };
  const response = await fetch(`http://127.0.0.1:${http}/api/accounts/acme/calls`, { headers });
  return ((await response.json()) as Listed).calls;
}

async function isTalking(): Promise<boolean> {
  const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
  return /^plugboard_media_legs 2$/m.test(text);
}

describe("plugboard serve, killed and started again", () => {
  it("A1, M2: after a kill -9 of the supervisor the next start's calls are not cut", async () => {
    const first = serve();
    await healthy();
    const lost = await call(60_000);
    await until("a conversation", isTalking, 10_000);
    first.process.kill("SIGKILL");
    const second = serve();
    await until("the first call has ended, its record too", async () => (await calls())[0]?.cdr !== null, 30_000);
    await lost.stop();
    // The first one's control process still answers until it has ended, but takes no calls.
    await healthy();
    const caller = await call(UNDISTURBED_MS);
    expect(await caller.done).toEqual({ code: 0, errors: "" });
    await until("the second call has ended", async () => (await calls())[0]?.cdr !== null, 5000);
    expect((await calls())[0]?.cdr?.duration_ms).toBeGreaterThanOrEqual(UNDISTURBED_MS);
    second.process.kill("SIGTERM");
    expect(await second.done).toMatchObject({ code: 0 });
  });

  it("A1, M7: a second serve on the data folder is refused in one sentence and ends no call", async () => {
    const first = serve();
    await healthy();
    const caller = await call(3000);
    await until("a conversation", isTalking, 10_000);
    const { code, errors } = await serve({ http: await freePort(), sip: await freePort() }).done;
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/^plugboard serve: another plugboard serve \(process \d+\) uses the data folder .*\n$/),
    ]);
    expect(await caller.done).toEqual({ code: 0, errors: "" });
    first.process.kill("SIGHUP");
    await sleep(500);
    expect((await fetch(`http://127.0.0.1:${http}/healthz`)).ok, "M2: closing the terminal ends nothing").toBe(true);
    first.process.kill("SIGTERM");
    expect(await first.done).toMatchObject({ code: 0 });
  });
});
