import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { workspaceOf } from "../support/platform.ts";
import { freePort, rtpRange } from "../support/ports.ts";
import type { ServeProcess } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/wait.ts";

const LIMIT_MS = 120_000;
const folder = await mkdtemp(join(tmpdir(), "plugboard-admin-"));
const dataDir = join(folder, "data");
const workspaceFile = join(folder, "workspace.yaml");
const running: ServeProcess[] = [];

afterAll(async () => {
  for (const { process } of running) process.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Starts a platform on the test's data folder; resolves once it has printed its addresses. */
async function start(http: number): Promise<ServeProcess> {
  // As compose.yaml passes a secret that the operator did not set.
  const env = { PLUGBOARD_RTP: await rtpRange(8), PLUGBOARD_SECRET: "" };
  const serve = startServe({ workspaceFile, dataDir, http, sip: await freePort(), env });
  running.push(serve);
  await until("the platform is up", async () => serve.output().includes("first call"), LIMIT_MS / 2);
  return serve;
}

async function stop({ process, done }: ServeProcess): Promise<void> {
  process.kill("SIGTERM");
  await done;
}

it(
  "the first start prints the password of an administrator, who can sign in; the next prints none",
  async () => {
    const flow = { start: "bye", applets: { bye: { type: "hangup" } } };
    await writeFile(workspaceFile, stringify(workspaceOf({ trunkPort: await freePort(), flow })));
    const http = await freePort();
    const first = await start(http);
    const [, login, password] = /sign in +(\S+), password (\S+) \(shown only this once/.exec(first.output()) ?? [];
    expect([login, password?.length]).toEqual(["admin", 23]);
    const body = JSON.stringify({ login, password });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://127.0.0.1:${http}/api/session`, { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([200, { login, role: "admin", must_change: true }]);
    await stop(first);
    const second = await start(http);
    expect(second.output()).not.toContain("password");
    await stop(second);
    const files = (await readdir(dataDir)).filter((name) => name.endsWith(".log") || name === "secret");
    for (const name of files) expect(await readFile(join(dataDir, name), "utf8")).not.toContain(password);
  },
  LIMIT_MS,
);

it("an empty PLUGBOARD_SECRET counts as none: a secret is created and kept", async () => {
  expect((await readFile(join(dataDir, "secret"), "utf8")).trim()).toMatch(/^[0-9a-f]{64}$/);
});
