import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { query } from "../testing/server.ts";
import type { Embedded } from "./embedded.ts";
import { startEmbedded } from "./embedded.ts";
import { socketDirsOf } from "./place.ts";
import { isAlive } from "./postmaster.ts";
import { mayPass } from "./server-user.ts";

let dataDir: string;
const started: Embedded[] = [];
const start = async (): Promise<Embedded> => {
  const server = await startEmbedded({ dataDir, log: silentLog });
  started.push(server);
  return server;
};
const ask = async (server: Embedded, text: string): Promise<unknown> => (await query(server.url, text))[0];

beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), "plugboard-embedded-"))));
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe("the embedded server", () => {
  it("runs as a user other than root, durably, only on a unix socket, and stops", async () => {
    const server = await start();
    expect(await ask(server, "select current_setting('fsync') f, current_setting('listen_addresses') l")).toEqual({
      f: "on",
      l: "",
    });
    const status = await readFile(`/proc/${server.pid}/status`, "utf8");
    expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).not.toBe(0);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  it("is adopted while it is alive, restarted after it was killed, and keeps its rows either way", async () => {
    const first = await start();
    await ask(first, "create table kept as select 42 as n");
    // The state that a killed process of ours leaves: the server is alive, and the folder is unclaimed.
    const second = await start();
    expect([second.adopted, second.pid]).toEqual([true, first.pid]);
    process.kill(second.pid, "SIGKILL");
    const third = await start();
    expect(third.adopted).toBe(false);
    expect(await ask(third, "select n from kept")).toEqual({ n: 42 });
  });

  it("starts in spite of a postmaster.pid whose number now belongs to another process", async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(dataDir, "cluster", "postmaster.pid"), `${process.pid}\n${dataDir}\n1\n5432\n\n\n\nready\n`);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second, "select 1 as n")).toEqual({ n: 1 });
  });

  it("starts over after a crash while the cluster was being created", async () => {
    await mkdir(join(dataDir, "cluster.new"));
    await writeFile(join(dataDir, "cluster.new", "half"), "");
    expect(await ask(await start(), "select 1 as n")).toEqual({ n: 1 });
  });

  it("refuses a folder that another live process is in charge of", async () => {
    await writeFile(join(dataDir, "owner"), `${process.ppid} ${await stampOf(process.ppid)}\n`);
    await expect(start()).rejects.toThrow(`Process ${process.ppid} is already in charge of`);
    await writeFile(join(dataDir, "owner"), `${process.ppid} 1\n`);
    expect((await start()).adopted).toBe(false);
  });

  it("reports what the server said when it cannot start", async () => {
    const settings = { shared_buffers: "nonsense" };
    await expect(startEmbedded({ dataDir, log: silentLog, settings })).rejects.toThrow("nonsense");
  });
});

describe("folders of the embedded server", () => {
  it("the socket moves to a folder with a short path when its own would be too long", () => {
    expect(socketDirsOf("/srv/data")).toEqual(["/srv/data/socket"]);
    expect(socketDirsOf(`/srv/${"x".repeat(100)}`)).toContainEqual(
      expect.stringMatching(/^\/.{1,60}\/plugboard-[0-9a-f]{12}$/),
    );
  });

  it("a folder that is closed to others is noticed, no matter how deep the path below it is", async () => {
    await mkdir(join(dataDir, "a", "b"), { recursive: true });
    expect(await mayPass(join(dataDir, "a", "b", "c"), { uid: 4711, gid: 4711 })).toBe(false);
  });
});

async function stampOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
