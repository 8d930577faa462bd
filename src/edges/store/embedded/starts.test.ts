import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { systemClock } from "../../../base/system-clock.ts";
import { accessRules } from "./access.ts";
import { query } from "../testing/server.ts";
import type { Embedded, EmbeddedOptions } from "./embedded.ts";
import { startEmbedded } from "./embedded.ts";
import { folderProblem } from "./error-code.ts";
import { findProgramsFor } from "./programs.ts";
import { giveTree, systemUsers } from "./server-user.ts";
import { startProblem } from "./start-problem.ts";

const root = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };
const ONLY_ROOT = "root:x:0:0:root:/root:/bin/sh\n";

let folder: string;
const started: Embedded[] = [];
const start = async (dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<Embedded> => {
  const server = await startEmbedded({ dataDir, log: silentLog, ...more });
  started.push(server);
  return server;
};
const ask = async (server: Embedded, text: string): Promise<unknown> => (await query(server.url, text))[0];
const uidOf = async (pid: number): Promise<number> =>
  Number(/^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "plugboard-starts-"))));
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("the embedded server starts anywhere", () => {
  it.each([
    ["below folders that only we may enter", "closed/data"],
    ["in a folder with spaces, quotes and letters of other scripts", `my "phones", Übung नमस्ते/it's data`],
    ["where its socket's path would be too long", `${"long-name-".repeat(12)}/data`],
  ])("M1: %s, and finds its rows again", async (_, path) => {
    const dataDir = join(folder, path);
    await mkdir(join(dataDir, ".."), { recursive: true, mode: 0o700 });
    await ask(await start(dataDir), "create table numbers as select 42 as n");
    await started.pop()?.stop();
    expect(await ask(await start(dataDir), "select n from numbers")).toEqual({ n: 42 });
    expect((await stat(join(dataDir, "cluster", "PG_VERSION"))).isFile()).toBe(true);
  });

  it("M1: under a restrictive umask", async () => {
    const before = process.umask(0o077);
    try {
      expect(await ask(await start(join(folder, "data")), "select 1 as n")).toEqual({ n: 1 });
    } finally {
      process.umask(before);
    }
  });

  it.runIf(process.platform === "linux")("M1: on another file system", async () => {
    const shm = await mkdtemp("/dev/shm/plugboard-starts-");
    try {
      expect(await ask(await start(join(shm, "data")), "select 1 as n")).toEqual({ n: 1 });
      await started.pop()?.stop();
    } finally {
      await rm(shm, { recursive: true, force: true });
    }
  });

  it("M8: while the machine's clock is being set", async () => {
    let wallMs = Date.now();
    const clock = { ...systemClock, now: () => (wallMs += 3_600_000) };
    expect(await ask(await start(join(folder, "data"), { clock }), "select 1 as n")).toEqual({ n: 1 });
  });

  it("M1: says what is needed for a user without a name", async () => {
    const users = {
      ...systemUsers,
      uid: () => 12_345,
      name: () => {
        throw new Error("ENOENT");
      },
    };
    await expect(start(join(folder, "data"), { users })).rejects.toThrow("User 12345 has no entry in /etc/passwd");
  });
});

describe.runIf(root)("the embedded server of root", () => {
  it("M1: runs as a user of its own, which owns the cluster and has no name", async () => {
    const server = await start(join(folder, "data"));
    const uid = await uidOf(server.pid);
    expect(await readFile("/etc/passwd", "utf8")).not.toContain(`:${uid}:`);
    expect((await stat(join(folder, "data", "cluster"))).uid).toBe(uid);
  });

  it("M1: starts where no user is called nobody, as long as any user has a name", async () => {
    const passwd = async (): Promise<string> => `${ONLY_ROOT}www:x:33:33::/:/bin/false\n`;
    const server = await start(join(folder, "data"), { users: { ...systemUsers, passwd } });
    expect(await ask(server, "select 1 as n")).toEqual({ n: 1 });
    const users = { ...systemUsers, passwd: async () => ONLY_ROOT };
    await expect(start(join(folder, "other"), { users })).rejects.toThrow("/etc/passwd names no other user: add one");
  });

  it("M1: keeps the database elsewhere permanently if the data folder supports no other owner", async () => {
    const dataDir = join(folder, "data");
    const give: typeof systemUsers.give = async (path, user) => {
      if (path.startsWith(`${dataDir}/`)) throw Object.assign(new Error("EPERM"), { code: "EPERM" });
      await systemUsers.give(path, user);
    };
    const options = { users: { ...systemUsers, give }, elsewhere: join(folder, "elsewhere") };
    await ask(await start(dataDir, options), "create table numbers as select 42 as n");
    await started.pop()?.stop();
    // Even once it could move back: two clusters would be two truths.
    expect(await ask(await start(dataDir), "select n from numbers")).toEqual({ n: 42 });
    await started.pop()?.stop();
    const pointer = await readFile(join(dataDir, "cluster-location"), "utf8");
    expect(pointer).toMatch(new RegExp(`^${folder}/elsewhere/[0-9a-f]{12}\n$`));
    await rm(pointer.trim(), { recursive: true });
    await expect(start(dataDir, options)).rejects.toThrow("which is missing: bring it back");
  });

  it("M1: copies the programs to where they can be run, skipping folders that are unsafe or do not work", async () => {
    const [foreign, good] = [join(folder, "foreign"), join(folder, "good")];
    await chmod(folder, 0o755);
    await mkdir(foreign);
    await chown(foreign, NOBODY.uid, NOBODY.gid);
    // That user can read them, whatever our umask is.
    const before = process.umask(0o077);
    const found = await findProgramsFor(NOBODY, [foreign, join(import.meta.filename, "below"), good]).finally(() =>
      process.umask(before),
    );
    expect(found.postgres).toContain(good);
    expect(await readdir(foreign)).toEqual([]);
    await expect(findProgramsFor(NOBODY, [foreign])).rejects.toThrow("belongs to another user");
  });

  it("A13: lets in no process of another user, wherever it finds the socket", async () => {
    const server = await start(join(folder, "data"));
    await open(folder);
    await expect(asUser(NOBODY.uid, () => ask(server, "select 1"))).rejects.toThrow(/peer authentication failed/i);
    await expect(asUser(await uidOf(server.pid), () => ask(server, "select 1"))).rejects.toThrow(/peer/i);
    expect(await ask(server, "select 1 as n")).toEqual({ n: 1 });
  });

  it("A13: takes a cluster of an earlier version over from the user nobody, and closes it to everyone else", async () => {
    const dataDir = join(folder, "data");
    await ask(await start(dataDir), "create table numbers as select 42 as n");
    await started.pop()?.stop();
    await asEarlierVersion(dataDir);
    const server = await start(dataDir);
    expect(await ask(server, "select n from numbers")).toEqual({ n: 42 });
    expect((await stat(join(dataDir, "cluster", "base"))).uid).not.toBe(NOBODY.uid);
    await open(folder);
    await expect(asUser(NOBODY.uid, () => ask(server, "select 1"))).rejects.toThrow(/peer/i);
  });

  it("A13: closes the live server of an earlier version to others when it adopts it", async () => {
    const dataDir = join(folder, "data");
    await (await start(dataDir)).stop();
    await asEarlierVersion(dataDir);
    await chmod(folder, 0o755);
    const { postgres } = await findProgramsFor(NOBODY);
    const [cluster, socket] = [join(dataDir, "cluster"), join(dataDir, "socket")];
    const args = ["-D", cluster, "-c", `unix_socket_directories=${socket}`, "-c", "listen_addresses="];
    const earlier = spawn(postgres, args, { uid: NOBODY.uid, gid: NOBODY.gid, cwd: dataDir, stdio: "ignore" });
    await expect.poll(() => readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).toContain("ready");
    const server = await start(dataDir);
    expect(server).toMatchObject({ adopted: true, pid: earlier.pid });
    await open(folder);
    await expect
      .poll(() => asUser(NOBODY.uid, () => ask(server, "select 1")).then(() => "in", String))
      .toMatch(/peer authentication failed/i);
    await server.stop();
    if (earlier.exitCode === null) await once(earlier, "exit");
  });
});

describe("an embedded server that cannot start", () => {
  const damages: readonly (readonly [string, (cluster: string) => Promise<void>, string])[] = [
    [
      "a damaged control file",
      (cluster) => truncate(join(cluster, "global", "pg_control"), 100),
      "is damaged and was left as it is",
    ],
    [
      "a missing write-ahead log",
      (cluster) => emptyFolder(join(cluster, "pg_wal")),
      "is damaged and was left as it is",
    ],
    [
      "an overwritten write-ahead log",
      (cluster) => overwrite(join(cluster, "pg_wal")),
      "is damaged and was left as it is",
    ],
    ["no PG_VERSION", (cluster) => rm(join(cluster, "PG_VERSION")), "PG_VERSION is missing"],
    ["another major version", (cluster) => writeFile(join(cluster, "PG_VERSION"), "15\n"), "another major version"],
  ];
  it.each(damages)("M7: reports a cluster with %s, and overwrites nothing", async (_, damage, sentence) => {
    const dataDir = join(folder, "data");
    const server = await start(dataDir);
    await ask(server, "create table numbers as select 42 as n");
    await server.stop();
    await damage(join(dataDir, "cluster"));
    const before = await filesOf(join(dataDir, "cluster"));
    await expect(start(dataDir)).rejects.toThrow(sentence);
    expect(await filesOf(join(dataDir, "cluster"))).toEqual(before);
  });

  it("M7: says in one sentence what is wrong with the data folder", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    await expect(start(join(file, "data"))).rejects.toThrow(`The data folder ${file}/data cannot be used`);
    const readOnly = Object.assign(new Error("EROFS"), { code: "EROFS" });
    expect(folderProblem("/srv/data", readOnly)).toMatchObject({
      message: expect.stringContaining("its file system is mounted read-only"),
    });
    const other = new Error("other");
    expect(folderProblem("/srv/data", other)).toBe(other);
  });

  it("M7: tells a full disk from damage", () => {
    const log = 'LOG: x\nFATAL:  could not write lock file "postmaster.pid": No space left on device\n';
    expect(startProblem(log, { cluster: "/srv/c", logFile: "/srv/l" })).toMatch(
      /^The disk that holds \/srv\/c is full/,
    );
  });

  it("M7: of two starts at the same moment one is refused, even if a dead owner left its mark", async () => {
    const dataDir = join(folder, "data");
    await mkdir(dataDir);
    await writeFile(join(dataDir, "owner"), "999999 1\n");
    const script = `import { claimFolder } from ${JSON.stringify(join(import.meta.dirname, "folder-claim.ts"))};
      await claimFolder(process.argv[1]).then(() => console.log("mine"), () => console.log("refused"));
      process.stdin.resume();`;
    const claims = Array.from({ length: 4 }, () => claim(script, dataDir));
    const words = await Promise.all(claims.map(({ word }) => word));
    expect(words.toSorted()).toEqual(["mine", "refused", "refused", "refused"]);
    for (const { end } of claims) await end();
  });
});

it("A13: the rules of access quote our name", () => {
  expect(accessRules('a"b').ident).toContain('plugboard "a""b" plugboard');
});

function claim(script: string, dataDir: string) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, dataDir], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return {
    word: once(child.stdout, "data").then(([data]) => String(data).trim()),
    end: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** The state that earlier versions left: everything belongs to the user nobody, and the socket trusts everyone. */
async function asEarlierVersion(dataDir: string): Promise<void> {
  await giveTree(dataDir, NOBODY, systemUsers);
  await writeFile(join(dataDir, "cluster", "pg_hba.conf"), "local all all trust\n");
}

/** Opens the socket, and the folders above it, to everyone. */
async function open(place: string): Promise<void> {
  const socket = join(place, "data", "socket");
  for (const path of [place, join(place, "data"), socket, join(socket, ".s.PGSQL.5432")]) await chmod(path, 0o777);
}

async function filesOf(place: string): Promise<readonly string[]> {
  const all = await readdir(place, { recursive: true });
  // A server that fails while it starts leaves its own mark.
  return all.filter((file) => file !== "postmaster.pid").toSorted();
}

/** Connects as another user: the kernel tells the server who it was. */
async function asUser<T>(uid: number, act: () => Promise<T>): Promise<T> {
  process.seteuid?.(uid);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

async function emptyFolder(place: string): Promise<void> {
  for (const entry of await readdir(place, { withFileTypes: true }))
    if (entry.isFile()) await rm(join(place, entry.name));
}

async function overwrite(place: string): Promise<void> {
  for (const entry of await readdir(place, { withFileTypes: true }))
    if (entry.isFile()) await writeFile(join(place, entry.name), Buffer.alloc(16 * 1024 * 1024, "x"));
}
