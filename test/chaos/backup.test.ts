import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import { AUTHORIZATION, EXOPHONE, reader, workspaceOf } from "../support/platform.ts";
import { rtpRange } from "../support/ports.ts";
import type { ServeProcess } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import type { Sipp } from "../support/sipp.ts";
import { freePort, startSipp } from "../support/sipp.ts";
import { sleep, until } from "../support/wait.ts";
import { expectComplete } from "./complete-call.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const folder = await mkdtemp(join(tmpdir(), "plugboard-restore-"));
const [source, target, copied] = [join(folder, "source"), join(folder, "target"), join(folder, "copied")];
const [backup, workspaceFile] = [join(folder, "backup"), join(folder, "workspace.yaml")];
const FLOW = "/api/accounts/acme/flows/11754";

let customer: Customer;
let callees: Sipp;
let http: number;
let sip: number;
const running: ServeProcess[] = [];

beforeAll(async () => {
  customer = await startCustomer();
  customer.on("/connect", dials(["+919900000012"], { record: true }));
  const trunkPort = await freePort();
  callees = await startSipp({ scenario: "callees.xml", port: trunkPort, args: [] });
  [http, sip] = [await freePort(), await freePort()];
  const connect = { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} };
  await writeFile(workspaceFile, stringify(workspaceOf({ trunkPort, flow: { start: "c", applets: { c: connect } } })));
});
afterAll(async () => {
  for (const { process } of running) process.kill("SIGKILL");
  await callees?.stop();
  await customer?.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(dataDir: string): Promise<ServeProcess> {
  const env = { PLUGBOARD_RTP: await rtpRange(400) };
  const started = startServe({ workspaceFile, dataDir, http, sip, env });
  running.push(started);
  return started;
}

async function serveUntilHealthy(dataDir: string): Promise<ServeProcess> {
  const started = await serve(dataDir);
  await until("healthy", async () => (await fetch(`http://127.0.0.1:${http}/healthz`)).ok, 60_000);
  return started;
}

async function stop({ process, done }: ServeProcess): Promise<void> {
  process.kill("SIGTERM");
  await done;
}

function plugboard(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const done = new Promise<readonly [number | null, string]>((resolve) =>
    child.once("close", (code) => resolve([code, text])),
  );
  return { child, done };
}

async function ask(path: string, method = "GET", body?: unknown, authorization = AUTHORIZATION): Promise<unknown> {
  const headers = {
    authorization,
    accept: "application/json",
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(`http://127.0.0.1:${http}${path}`, request);
  return { status: response.status, body: await response.json() };
}

async function call(talkMs: number): Promise<Sipp> {
  const args = ["-m", "1", "-s", EXOPHONE, `127.0.0.1:${sip}`];
  return startSipp({ scenario: "caller.xml", port: await freePort(), args, values: { talk_ms: talkMs } });
}

const platform = (): ReturnType<typeof reader> => reader(`http://127.0.0.1:${http}`, "acme");

/** What an account sees of itself, apart from live calls. */
async function seen(sid: string, key: string): Promise<readonly unknown[]> {
  const paths = [`/api/accounts/acme/calls/${sid}`, FLOW, `${FLOW}/versions`, `${FLOW}/draft`];
  return Promise.all(paths.map((path) => ask(path, "GET", undefined, key)));
}

async function recordingOf(sid: string): Promise<Buffer> {
  const [recording] = (await platform().call(sid)).recordings;
  const response = await fetch(`http://127.0.0.1:${http}/api/accounts/acme/recordings/${recording?.id}.wav`, {
    headers: { authorization: AUTHORIZATION },
  });
  return Buffer.from(await response.arrayBuffer());
}

/** Starts a restore and kills it between its first file and its end; on a busy machine it may end first, and is started again. */
async function restoreAndKill(): Promise<void> {
  const mark = join(target, "restore-unfinished");
  do {
    await rm(target, { recursive: true, force: true });
    await mkdir(target);
    await copyFile(join(source, "secret"), join(target, "secret"));
    const { child, done } = plugboard("restore", backup, "--data", target);
    while (!existsSync(mark) && child.exitCode === null) await sleep(1);
    child.kill("SIGKILL");
    await done;
  } while (!existsSync(mark));
}

describe("a backup of a platform that runs", () => {
  it("restores the same calls, flows, keys and recordings into an empty folder, even after a restore that was killed", async () => {
    const first = await serveUntilHealthy(source);
    await (
      await call(1500)
    ).done;
    const [ended] = await platform().endedCalls(1);
    if (ended === undefined) throw new Error("no call");
    const made = (await ask("/api/accounts/acme/keys", "POST", { name: "CRM", scopes: ["read", "admin"] })) as {
      readonly body: { readonly key: string; readonly token: string };
    };
    const key = `Basic ${Buffer.from(`${made.body.key}:${made.body.token}`).toString("base64")}`;
    const draft = { flow: "11754", account: "acme", start: "bye", applets: { bye: { type: "hangup" } } };
    expect(await ask(`${FLOW}/draft`, "PUT", draft)).toMatchObject({ status: 200 });
    const before = await seen(ended.call_sid, key);
    const sound = await recordingOf(ended.call_sid);
    const live = await call(60_000);
    await until("a conversation", async () => (await platform().liveCalls()) === 1, 10_000);
    await sleep(500);
    expect(await plugboard("backup", backup, "--data", source).done).toMatchObject([
      0,
      expect.stringContaining("2 calls, 2 recordings"),
    ]);
    const atBackup = (await ask("/api/accounts/acme/events?limit=1000")) as {
      readonly body: { readonly newest: string };
    };
    await live.stop();
    await stop(first);

    await restoreAndKill();
    const refused = await serve(target);
    expect(await refused.done).toEqual({
      code: 1,
      errors: expect.stringMatching(/^plugboard serve: a restore into .+\n$/) as string,
    });
    expect(await plugboard("restore", backup, "--data", target).done).toMatchObject([
      0,
      expect.stringMatching(/^Restored/),
    ]);
    expect(await plugboard("restore", backup, "--data", target).done).toEqual([
      1,
      expect.stringContaining("is not empty"),
    ]);

    const second = await serveUntilHealthy(target);
    expect(await seen(ended.call_sid, key)).toEqual(before);
    expect(sound.length).toBeGreaterThan(8000);
    expect(await recordingOf(ended.call_sid)).toEqual(sound);
    const cut = (await platform().calls()).find(({ call_sid }) => call_sid !== ended.call_sid);
    if (cut === undefined) throw new Error("the live call is missing");
    expectComplete(cut);
    const cursor = Number(atBackup.body.newest) + 1;
    expect(await ask(`/api/accounts/acme/events?after=${cursor}`)).toMatchObject({ status: 409 });
    await (
      await call(200)
    ).done;
    await platform().endedCalls(3);
    await stop(second);
  });

  it("is not the only way: a copy of a stopped platform's folder also starts", async () => {
    await cp(source, copied, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    const third = await serveUntilHealthy(copied);
    expect((await platform().endedCalls(2)).length).toBe(2);
    await stop(third);
  });
});
